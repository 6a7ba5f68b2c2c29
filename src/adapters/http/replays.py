"""The backtest service over REST: replays started, watched, listed and read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, FastAPI, Path, Query, Request, Response

from adapters.doors.auth import Authenticator
from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.render import Plain, algorithm_plain
from adapters.doors.service import AlgorithmView
from adapters.doors.text import read_count
from adapters.doors.tls import Tls
from adapters.http import strict_json
from adapters.http.answers import answer, answering
from adapters.http.bodies import Reader, read_body, read_fields
from adapters.http.guard import Guard
from adapters.http.models import AlgorithmsAnswer
from adapters.http.models_replays import (
    ReplayAnswer,
    ReplayBody,
    ReplayHealthAnswer,
    ReplayRowsAnswer,
    ReplayRowsQuery,
    ReplaysAnswer,
    ReplaySummaryAnswer,
)
from adapters.http.neighbours import Origin, readable_nearby
from adapters.http.openapi import body_of, refusals
from adapters.http.pages import add_backtest_pages
from adapters.http.queries import check_query
from adapters.http.serving import WebServer, add_refusals
from adapters.http.times import read_time
from ports.errors import InvalidInputError, ObjectMissingError

TABLES: Final = ("orders", "fills", "positions", "equity", "tca", "quotes", "volumes")
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

Wait = Annotated[int, Query(description=f"Answer when something has changed, at the latest then: 0 to {MAX_WAIT_S}")]
RunPath = Annotated[str, Path(description="The replay's run id")]
TablePath = Annotated[str, Path(description=", ".join(TABLES))]


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

    async def summary(self, run_id: str) -> Plain:
        """Return what `summary.json` says.

        Raises:
            ObjectMissingError: its results are not written yet.
        """

    async def read(
        self, run_id: str, table: str, *, instrument_key: str, from_ns: int, to_ns: int, after: int, limit: int
    ) -> Plain:
        """Return `limit` rows of a table after so many, of an instrument and a time (empty, 0: of any).

        Raises:
            ObjectMissingError: its results are not written yet.
        """

    async def file(self, run_id: str, table: str) -> bytes:
        """Return a table's parquet file.

        Raises:
            ObjectMissingError: its results are not written yet.
        """


class ReplayDoor:
    """The replays on one port, behind the same guard as the live service."""

    def __init__(
        self,
        replays: Replays,
        auth: Authenticator,
        host: str,
        port: int,
        hosts: Iterable[str] = (),
        version: str = "0",
        tls: Tls | None = None,
        algorithms: Sequence[AlgorithmView] = (),
    ) -> None:
        """Prepare a door; port 0 means any free one.

        Raises:
            InvalidInputError: `host` is not a loopback address, and no tokens or no certificate are configured.
        """
        auth.check_host(host, is_encrypted=tls is not None)
        self._replays = replays
        self._auth = auth
        self._hosts = [host, *hosts]
        self._version = version
        self._algorithms = algorithms
        self._server = WebServer(host, port, tls)

    async def start(self) -> int:
        """Open the door and return its port.

        Raises:
            OSError: the port cannot be had.
        """
        return await self._server.start(Guard(self.application(), self._auth, self._hosts))

    async def stop(self, grace_s: float) -> None:
        """Take no new requests, and give the others `grace_s` seconds. Harmless to repeat."""
        await self._server.stop(grace_s)

    def application(self) -> FastAPI:
        """Return the application behind the guard."""
        app = FastAPI(
            title="livexec backtests", version=self._version, openapi_url=None, docs_url=None, redoc_url=None,
            dependencies=[Depends(check_query)],
        )  # fmt: skip
        add_refusals(app)
        replay = {"model": ReplayAnswer}
        app.add_api_route(
            "/api/health", answering(self.health), methods=["GET"], tags=["status"], summary="Is it healthy?",
            responses={200: {"model": ReplayHealthAnswer}},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays", answering(self.begin), methods=["POST"], tags=["replays"], summary="Begin a replay",
            status_code=201, openapi_extra=body_of(ReplayBody),
            responses={201: replay, 200: replay, **refusals(401, 413, 415, 422, 429)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays", answering(self.listed), methods=["GET"], tags=["replays"], summary="List replays",
            responses={200: {"model": ReplaysAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}", answering(self.find), methods=["GET"], tags=["replays"],
            summary="Read how far a replay is", responses={200: replay, **refusals(401, 404, 422)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}/summary", answering(self.summary), methods=["GET"], tags=["results"],
            summary="Read a run's summary", responses={200: {"model": ReplaySummaryAnswer}, **refusals(401, 404)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}/{table}", answering(self.read), methods=["GET"], tags=["results"],
            summary="Read rows of a run's table",
            responses={200: {"model": ReplayRowsAnswer}, **refusals(401, 404, 422)},
        )  # fmt: skip
        app.add_api_route(
            "/api/replays/{run_id}/{table}/file", answering(self.file), methods=["GET"], tags=["results"],
            summary="Read a run's table as the parquet file that it is",
            responses={
                200: {"description": "A parquet file", "content": {"application/vnd.apache.parquet": {}}},
                **refusals(401, 404, 422),
            },
        )  # fmt: skip
        app.add_api_route(
            "/api/algorithms", answering(self.algorithms), methods=["GET"], tags=["replays"],
            summary="List the execution algorithms and their parameters",
            responses={200: {"model": AlgorithmsAnswer}, **refusals(401)},
        )  # fmt: skip
        add_backtest_pages(app)
        return app

    async def health(self, origin: Origin = "") -> Response:
        """Whether it serves, and how many replays there are of every state."""
        states = [each["state"] for each in self._replays.listed()]
        counts = {state: states.count(state) for state in sorted(set(states))}
        told = {"status": "healthy", "service": "backtest", "version": self._version, "replays": counts}
        return readable_nearby(answer(told), origin)

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

    async def summary(self, run_id: RunPath) -> Response:
        """Its figures are in USD."""
        self._known(run_id)
        try:
            return answer(await self._replays.summary(run_id))
        except ObjectMissingError:
            raise _unwritten(run_id) from None

    async def read(self, run_id: RunPath, table: TablePath, asked: Annotated[ReplayRowsQuery, Query()]) -> Response:
        """In the order of their files, which is that of time."""
        self._table(run_id, table)
        limit = read_count("limit", asked.limit, MAX_ROWS)
        try:
            found = await self._replays.read(
                run_id,
                table,
                instrument_key=asked.instrument_key,
                from_ns=read_time("from", asked.from_),
                to_ns=read_time("to", asked.to),
                after=read_count("after", asked.after),
                limit=limit,
            )
        except ObjectMissingError:
            raise _unwritten(run_id) from None
        return answer(found)

    async def file(self, run_id: RunPath, table: TablePath) -> Response:
        """As it is in the bucket."""
        self._table(run_id, table)
        try:
            content = await self._replays.file(run_id, table)
        except ObjectMissingError:
            raise _unwritten(run_id) from None
        return Response(content, media_type="application/vnd.apache.parquet")

    async def algorithms(self) -> Response:
        """Those that `exec_algorithm` takes besides NORMAL."""
        return answer({"algorithms": [algorithm_plain(each) for each in self._algorithms]})

    def _table(self, run_id: str, table: str) -> None:
        self._known(run_id)
        if table not in TABLES:
            raise InvalidInputError("path", table, f"read {', '.join(TABLES)}, or summary")

    def _known(self, run_id: str) -> Plain:
        found = self._replays.find(run_id)
        if found is None:
            raise RefusedError(_missing(run_id, "GET /api/replays lists those there are"))
        return found


def _unwritten(run_id: str) -> RefusedError:
    return RefusedError(_missing(run_id, "its results are not written yet: look at its state"))


def _missing(run_id: str, remedy: str) -> Refusal:
    shown = repr(run_id[:80])
    return Refusal(Kind.NOT_FOUND, f"run_id: {shown} is not there: {remedy}", "run_id", shown, remedy)
