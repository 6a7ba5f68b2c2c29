"""`/api/events`: every fact of the journal as server-sent events, resumable by their ids."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import FastAPI, Header, Query, Response
from fastapi.responses import StreamingResponse

from adapters.doors.pacing import HEARTBEAT_S, Streams, paced, start_of
from adapters.doors.service import Service
from adapters.http.answers import answering, json_bytes
from adapters.http.openapi import refusals
from ports.errors import InvalidInputError
from ports.facts import kind_of
from ports.journal import Entry

_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_ALIVE: Final = b": nothing new\n\n"


class Events:
    """The endpoint of facts."""

    def __init__(self, service: Service, streams: Streams, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._service = service
        self._streams = streams
        self._heartbeat_s = heartbeat_s

    def add_to(self, app: FastAPI) -> None:
        """Register the endpoint."""
        example = 'id: 42\nevent: OrderFilled\ndata: {"sequence": 42, "kind": "OrderFilled", ...}\n\n'
        app.add_api_route(
            "/api/events", answering(self.follow), methods=["GET"], tags=["events"], summary="Follow every fact",
            responses={
                200: {"description": "For ever", "content": {"text/event-stream": {"example": example}}},
                **refusals(401, 422, 429),
            },
        )  # fmt: skip

    async def follow(
        self,
        after: Annotated[str, Query(description="The last sequence you have; 0: all there is; empty: from now")] = "",
        last_event_id: Annotated[str, Header(description="As browsers send it; stronger than `after`")] = "",
    ) -> Response:
        """Each event's id is its sequence; comments are signs of life."""
        field, given = ("last-event-id", last_event_id) if last_event_id else ("after", after)
        start = start_of(self._service.feed, _sequence(field, given), field)
        self._streams.check()
        return StreamingResponse(self.stream(start), media_type="text/event-stream", headers=_HEADERS)

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
