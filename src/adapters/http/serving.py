"""A web application on a port: opens, serves, and closes within a bound; what it refuses, the one table says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, override

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from adapters.doors.errors import Kind, Refusal, incident, refusal_of
from adapters.doors.tls import Tls
from adapters.http.answers import refused
from adapters.http.guard import App
from adapters.http.patience import PatientProtocol
from ports.errors import InvalidInputError, LivexecError

BACKLOG: Final = 512
MAX_CONNECTIONS: Final = 1_024  # at once; more are answered 503
IDLE_S: Final = 30


class WebServer:
    """Serves one application inside somebody else's loop."""

    def __init__(self, host: str, port: int, tls: Tls | None = None) -> None:
        """Prepare; port 0 means any free one. With `tls`, nothing is answered that is not encrypted."""
        self._host = host
        self._tls = tls
        self._port = port
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, app: App) -> int:
        """Open the port and return it.

        Raises:
            OSError: the port cannot be had.
        """
        listener = listen(self._host, self._port)
        config = uvicorn.Config(
            app,
            http=PatientProtocol,
            ssl_certfile=None if self._tls is None else self._tls.certificate,
            ssl_keyfile=None if self._tls is None else self._tls.key,
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
        """Take no new requests, and give the others `grace_s` seconds. Harmless to repeat."""
        if self._server is None or self._serving is None:
            return
        server, self._server = self._server, None
        server.config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]  # it is handed to wait_for, which takes fractions
        server.should_exit = True
        server.leaving.set()
        await self._serving


def add_refusals(app: FastAPI) -> None:
    """Answer what is refused before an endpoint is reached."""
    app.add_exception_handler(LivexecError, _refused)
    app.add_exception_handler(RequestValidationError, _wrong_query)
    app.add_exception_handler(404, _wrong_path)
    app.add_exception_handler(405, _wrong_path)


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
