"""The backtest service over REST: replays started, watched, listed and read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, FastAPI, Query, Request, Response

from adapters.doors.auth import Authenticator
from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.render import Plain
from adapters.doors.text import read_count
from adapters.http import strict_json
from adapters.http.answers import answer, answering
from adapters.http.bodies import Reader, read_body, read_fields
from adapters.http.guard import Guard
from adapters.http.models_replays import (
    ReplayAnswer,
    ReplayBody,
    ReplayHealthAnswer,
    ReplayRowsAnswer,
    ReplaysAnswer,
)
from adapters.http.openapi import body_of, refusals
from adapters.http.pages import add_backtest_pages
from adapters.http.queries import check_query
from adapters.http.serving import WebServer, add_refusals
from ports.errors import InvalidInputError, ObjectMissingError

TABLES: Final = ("orders", "fills", "positions", "equity", "summary")
MAX_ROWS: Final = 10_000  # in one answer
MAX_WAIT_S: Final = 30
FIELDS: Final[Mapping[str, Reader]] = {
    "signals": strict_json.text,
    "ticks": strict_json.text,
    "out": strict_json.text,
    "definitions": strict_json.text,
    "days": strict_json.text,
    "strategies": strict_json.names,
    "instruments": strict_json.names,
    "size": strict_json.number,
    "exec_algorithm": strict_json.text,
    "exec_algorithm_params": strict_json.text_map,
    "seed": strict_json.whole,
    "workers": strict_json.whole,
}
_BUSY: Final = Refusal(Kind.MAILBOX_FULL, "replays: as many wait as may; repeat when one of them is done")

Limit = Annotated[int, Query(description=f"How many rows: 1 to {MAX_ROWS}")]
Wait = Annotated[int, Query(description=f"Answer when something has changed, at the latest then: 0 to {MAX_WAIT_S}")]
After = Annotated[int, Query(description="How many rows to pass over")]


class Replays(Protocol):
    """The replays of a service; each is known by its run id."""

    async def begin(self, given: Mapping[str, Any]) -> tuple[Plain, bool] | None:
        """Begin a replay, and say whether it is new; one that is there is told, and begun again where it failed.

        None: as many wait as may.

        Raises:
            InvalidInputError: a field cannot be used.
            ObjectMissingError: there are no signals.
        """

    def listed(self) -> Sequence[Plain]:
        """Return every replay, the newest first."""

    def find(self, run_id: str) -> Plain | None:
        """Return one replay; None: there is none."""

    async def changed(self, within_s: float) -> None:
        """Return when any replay has changed, or the time is up."""

    async def read(self, run_id: str, table: str, after: int, limit: int) -> Plain:
        """Return the summary, or `limit` rows of a table after so many.

        Raises:
            ObjectMissingError: its results are not written yet.
        """


class ReplayDoor:
    """The replays on one port, behind the same guard as the live service."""

    def __init__(
        self, replays: Replays, auth: Authenticator, host: str, port: int, hosts: Iterable[str] = (), version: str = "0"
    ) -> None:
        """Prepare a door; port 0 means any free one.

        Raises:
            InvalidInputError: `host` is not a loopback address and no tokens are configured.
        """
        auth.check_host(host)
        self._replays = replays
        self._auth = auth
        self._hosts = [host, *hosts]
        self._version = version
        self._server = WebServer(host, port)

    async def start(self) -> int:
        """Open the door and return its port.

        Raises:
            OSError: the port cannot be had.
        """
        return await self._server.start(Guard(self._application(), self._auth, self._hosts))

    async def stop(self, grace_s: float) -> None:
        """Take no new requests, and give the others `grace_s` seconds. Harmless to repeat."""
        await self._server.stop(grace_s)

    def _application(self) -> FastAPI:
        app = FastAPI(
            title="livexec backtests", version=self._version, openapi_url=None, docs_url=None, redoc_url=None,
            dependencies=[Depends(check_query)],
        )  # fmt: skip
        add_refusals(app)
        app.add_api_route(
            "/api/health", answering(self.health), methods=["GET"], tags=["service"],
            summary="Is it well", responses={200: {"model": ReplayHealthAnswer}},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays", answering(self.begin), methods=["POST"], tags=["replays"],
            summary="Begin a replay", openapi_extra=body_of(ReplayBody),
            responses={
                201: {"model": ReplayAnswer, "description": "A new one"},
                200: {"model": ReplayAnswer, "description": "The same replay again"},
                **refusals(401, 413, 415, 422, 429, 503),
            },
        )  # fmt: skip
        app.add_api_route(
            "/api/replays", answering(self.listed), methods=["GET"], tags=["replays"],
            summary="List every replay", responses={200: {"model": ReplaysAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}", answering(self.find), methods=["GET"], tags=["replays"],
            summary="Watch a replay", responses={200: {"model": ReplayAnswer}, **refusals(401, 404, 422)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}/{table}", answering(self.read), methods=["GET"], tags=["replays"],
            summary="Read orders, fills, positions, equity or summary of a replay",
            responses={200: {"model": ReplayRowsAnswer}, **refusals(401, 404, 422, 503)},
        )  # fmt: skip
        add_backtest_pages(app)
        return app

    async def health(self) -> Response:
        """Whether it serves, and how many replays there are of every state."""
        states = [each["state"] for each in self._replays.listed()]
        counts = {state: states.count(state) for state in sorted(set(states))}
        return answer({"status": "healthy", "service": "backtest", "version": self._version, "replays": counts})

    async def begin(self, request: Request) -> Response:
        """201: a new one; 200: the same replay again."""
        given = read_fields(strict_json.parse_object(await read_body(request)), FIELDS)
        try:
            begun = await self._replays.begin(given)
        except ObjectMissingError as missing:
            raise InvalidInputError("signals", given.get("signals", ""), str(missing)) from None
        if begun is None:
            raise RefusedError(_BUSY)
        told, is_new = begun
        return answer(told, 201 if is_new else 200)

    async def listed(self) -> Response:
        """The newest first."""
        return answer({"replays": self._replays.listed()})

    async def find(self, run_id: str, wait_secs: Wait = 0) -> Response:
        """How far it is, and what there is to tell of it when it is done; with `wait_secs`, when that has changed."""
        before, left_s = self._known(run_id), float(read_count("wait_secs", wait_secs, MAX_WAIT_S))
        loop = asyncio.get_running_loop()
        until_s = loop.time() + left_s
        while self._known(run_id) == before and (left_s := until_s - loop.time()) > 0:
            await self._replays.changed(left_s)
        return answer(self._known(run_id))

    async def read(self, run_id: str, table: str, limit: Limit = 1_000, after: After = 0) -> Response:
        """Rows of one of its result files, or its summary."""
        self._known(run_id)
        if table not in TABLES:
            raise InvalidInputError("path", table, f"read {', '.join(TABLES)}")
        rows = read_count("limit", limit, MAX_ROWS)
        try:
            return answer(await self._replays.read(run_id, table, read_count("after", after), rows))
        except ObjectMissingError:
            remedy = "its results are not written yet: look at its state"
            raise RefusedError(_missing(run_id, remedy)) from None

    def _known(self, run_id: str) -> Plain:
        found = self._replays.find(run_id)
        if found is None:
            raise RefusedError(_missing(run_id, "GET /api/replays lists those there are"))
        return found


def _missing(run_id: str, remedy: str) -> Refusal:
    shown = repr(run_id[:80])
    return Refusal(Kind.NOT_FOUND, f"run_id: {shown} is not there: {remedy}", "run_id", shown, remedy)
