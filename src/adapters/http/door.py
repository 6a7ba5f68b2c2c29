"""The REST door: opens, serves, and closes within a bound."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, override

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry

from adapters.doors.errors import Kind, Refusal, incident, refusal_of
from adapters.doors.pacing import HEARTBEAT_S, Streams
from adapters.doors.service import Service
from adapters.http.answers import refused
from adapters.http.attendance import AttendanceCalls
from adapters.http.breaks import Breaks
from adapters.http.controls import Controls
from adapters.http.corrections import Corrections
from adapters.http.decisions import Decisions
from adapters.http.events import Events
from adapters.http.guard import Guard
from adapters.http.hooks import Hooks
from adapters.http.orders import Orders
from adapters.http.pages import add_pages
from adapters.http.queries import check_query
from adapters.http.reads import Reads
from adapters.http.risk import Risk
from adapters.http.status import Status
from adapters.http.strategies import Strategies
from ports.errors import InvalidInputError, LivexecError

BACKLOG: Final = 512
MAX_CONNECTIONS: Final = 1_024  # at once; more are answered 503
IDLE_S: Final = 30


class HttpDoor:
    """REST, events, metrics and a plain page on one port; a body is at most 1 MB."""

    def __init__(
        self,
        service: Service,
        host: str = "127.0.0.1",
        port: int = 8001,
        *,
        registry: CollectorRegistry | None = None,
        hosts: Iterable[str] = (),
        version: str = "0",
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        """Prepare a door; port 0 means any free one. `hosts` are names it may be called by, beside loopback ones.

        Raises:
            InvalidInputError: `host` is not a loopback address and no tokens are configured.
        """
        service.auth.check_host(host)
        self._service = service
        self._host = host
        self._port = port
        self._registry = registry or CollectorRegistry()
        self._hosts = [host, *hosts]
        self._version = version
        self._heartbeat_s = heartbeat_s
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._streams: Streams | None = None

    async def start(self) -> int:
        """Open the door and return its port.

        Raises:
            OSError: the port cannot be had.
        """
        self._streams = Streams()
        listener = listen(self._host, self._port)
        config = uvicorn.Config(
            Guard(self.application(self._streams), self._service.auth, self._hosts),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=IDLE_S,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="http-door")
        await self._server.up.wait()
        port: int = listener.getsockname()[1]
        return port

    async def stop(self, grace_s: float) -> None:
        """Take no new requests, end the streams, and give the others `grace_s` seconds. Harmless to repeat."""
        if self._server is None or self._serving is None or self._streams is None:
            return
        server, self._server = self._server, None
        self._streams.closing.set()
        server.config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]  # it is handed to wait_for, which takes fractions
        server.should_exit = True
        server.leaving.set()
        await self._serving

    def application(self, streams: Streams) -> FastAPI:
        """Return the application behind the guard."""
        app = FastAPI(
            title="livexec",
            version=self._version,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            dependencies=[Depends(check_query)],
        )
        app.add_exception_handler(LivexecError, _refused)
        app.add_exception_handler(RequestValidationError, _wrong_query)
        app.add_exception_handler(404, _wrong_path)
        app.add_exception_handler(405, _wrong_path)
        Orders(self._service).add_to(app)
        Reads(self._service).add_to(app)
        Controls(self._service).add_to(app)
        Breaks(self._service).add_to(app)
        AttendanceCalls(self._service).add_to(app)
        Corrections(self._service).add_to(app)
        Decisions(self._service).add_to(app)
        Risk(self._service).add_to(app)
        Events(self._service, streams, self._heartbeat_s).add_to(app)
        Status(self._service, self._registry, self._version).add_to(app)
        Strategies(self._service).add_to(app)
        Hooks(self._service).add_to(app)
        add_pages(app)
        return app


class _Server(uvicorn.Server):
    """A server inside somebody else's loop and process: it says when it listens, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.leaving = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @override
    async def main_loop(self) -> None:
        seconds = 0
        while not await self.on_tick(seconds * 10):  # the server's own loop ticks ten times a second, to no use here
            seconds = (seconds + 1) % 86_400
            with suppress(TimeoutError):
                await asyncio.wait_for(self.leaving.wait(), 1.0)

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take a port.

    Raises:
        OSError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the socket says that it is TCP; else they wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


async def _refused(_: Request, error: Exception) -> Response:
    """Answer what is refused before its endpoint is reached."""
    return refused(refusal_of(error) if isinstance(error, LivexecError) else incident(error))


async def _wrong_query(_: Request, error: Exception) -> Response:
    """Say which parameter cannot be read; only whole numbers and flags come here."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    for problem in problems:
        field = str(problem["loc"][-1])
        return refused(refusal_of(InvalidInputError(field, problem.get("input"), problem["msg"])))
    return refused(refusal_of(InvalidInputError("query", "", "a parameter cannot be read")))


async def _wrong_path(request: Request, error: Exception) -> Response:
    kind = Kind.WRONG_METHOD if getattr(error, "status_code", 404) == 405 else Kind.NOT_FOUND
    remedy = "see /docs for what there is"
    asked = repr(f"{request.method} {request.url.path}"[:80])
    return refused(Refusal(kind, f"path: {asked} is not usable: {remedy}", "path", asked, remedy))
