"""`/api/events` and `/api/executions`: every fact, and every change of an order, as server-sent events to resume."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Annotated, Final

from fastapi import FastAPI, Header, Query, Response
from fastapi.responses import StreamingResponse

from adapters.doors.pacing import HEARTBEAT_S, Streams, paced, start_of
from adapters.doors.service import Service
from adapters.doors.text import read_name
from adapters.doors.updates import Update
from adapters.doors.watch import Watch
from adapters.http.answers import answering, json_bytes, order_json
from adapters.http.openapi import refusals
from ports.errors import InvalidInputError, NotYetVisibleError
from ports.facts import kind_of
from ports.journal import Entry

_AN_EXECUTION: Final = 'event: OrderFilled\ndata: {"operation_id": "OP-1", "status": "FILLED", ...}\n\nid: 42\n\n'
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_ALIVE: Final = b": nothing new\n\n"

After = Annotated[str, Query(description="The last sequence you have; 0: all there is; empty: from now")]
LastEventId = Annotated[str, Header(description="As browsers send it; stronger than `after`")]


class Events:
    """The endpoints that are followed."""

    def __init__(self, service: Service, streams: Streams, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._service = service
        self._streams = streams
        self._heartbeat_s = heartbeat_s
        self._watch = Watch(service.queries, service.feed)

    def add_to(self, app: FastAPI) -> None:
        """Register both."""
        example = 'id: 42\nevent: OrderFilled\ndata: {"sequence": 42, "kind": "OrderFilled", ...}\n\n'
        app.add_api_route(
            "/api/events", answering(self.follow), methods=["GET"], tags=["events"], summary="Follow every fact",
            responses={
                200: {"description": "For ever", "content": {"text/event-stream": {"example": example}}},
                **refusals(401, 422, 429),
            },
        )  # fmt: skip
        app.add_api_route(
            "/api/executions", answering(self.executions), methods=["GET"], tags=["events"],
            summary="Follow every change of an order",
            responses={
                200: {"description": "For ever", "content": {"text/event-stream": {"example": _AN_EXECUTION}}},
                **refusals(401, 422, 429),
            },
        )  # fmt: skip

    async def follow(self, after: After = "", last_event_id: LastEventId = "") -> Response:
        """Each event's id is its sequence; comments are signs of life."""
        return self._followed(self.stream(self._start(after, last_event_id)))

    async def executions(
        self,
        after: After = "",
        strategy_id: Annotated[str, Query(description="Empty: any")] = "",
        last_event_id: LastEventId = "",
    ) -> Response:
        """Each event is the order after a change, its `fills` that change's trade alone; ids and comments as above."""
        strategy = read_name("strategy_id", strategy_id) if strategy_id else ""
        return self._followed(self.changes(self._start(after, last_event_id), strategy))

    def _start(self, after: str, last_event_id: str) -> int:
        field, given = ("last-event-id", last_event_id) if last_event_id else ("after", after)
        return start_of(self._service.feed, _sequence(field, given), field)

    def _followed(self, events: AsyncGenerator[bytes]) -> Response:
        self._streams.check()
        return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)

    async def stream(self, start: int) -> AsyncGenerator[bytes]:
        """Yield events after `start`, holding one of the door's places for as long as anybody reads.

        Raises:
            RefusedError: every place is taken.
        """
        with self._streams:
            yield b"id: %d\n\n" % start  # a reader that is cut off before the first fact resumes from here
            async with aclosing(paced(self._service.feed, start, self._streams.closing, self._heartbeat_s)) as batches:
                async for batch in batches:
                    yield b"".join([_event(entry) for entry in batch]) or _ALIVE

    async def changes(self, start: int, strategy_id: str) -> AsyncGenerator[bytes]:
        """Yield the changes after `start`; where nothing concerns the watcher, how far the journal has been read.

        Raises:
            RefusedError: every place is taken.
        """
        with self._streams:
            yield b"id: %d\n\n" % start
            told = self._watch.follow(start, self._streams.closing, self._heartbeat_s, strategy_id)
            async with aclosing(told) as batches:
                with suppress(NotYetVisibleError):  # the stream ends, and its reader resumes from the last id it has
                    async for covered, updates in batches:
                        changed = b"".join([_change(update) for update in updates])
                        yield changed + b"id: %d\n\n" % covered


def _change(update: Update) -> bytes:
    data = json_bytes(order_json(update.result) if update.operation_id is not None else update.result)
    return b"event: %s\ndata: %s\n\n" % (update.kind.encode(), data)


def _event(entry: Entry) -> bytes:
    kind = kind_of(entry.fact)
    data = {
        "sequence": entry.seq,
        "timestamp_ns": entry.ts_ns,
        "kind": kind,
        "actor": entry.actor,
        "cause": entry.cause,
        "epoch": entry.epoch,
        "fact": entry.fact,
    }
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.seq, kind.encode(), json_bytes(data))


def _sequence(field: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise InvalidInputError(field, text, "write the sequence of the last event that you have")
    return int(text)
