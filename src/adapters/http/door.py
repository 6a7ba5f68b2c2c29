"""The REST door: opens, serves, and closes within a bound."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry

from adapters.doors.pacing import HEARTBEAT_S, Streams
from adapters.doors.service import Service
from adapters.http.alerts import Alerts
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
from adapters.http.serving import WebServer, add_refusals
from adapters.http.status import Status
from adapters.http.strategies import Strategies


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
            InvalidInputError: `host` is not a loopback address, and no tokens or no certificate are configured.
        """
        service.auth.check_host(host, is_encrypted=service.tls is not None)
        self._service = service
        self._registry = registry or CollectorRegistry()
        self._hosts = [host, *hosts]
        self._version = version
        self._heartbeat_s = heartbeat_s
        self._server = WebServer(host, port, service.tls)
        self._streams: Streams | None = None

    async def start(self) -> int:
        """Open the door and return its port.

        Raises:
            OSError: the port cannot be had.
        """
        self._streams = Streams()
        service = self._service
        guarded = Guard(self.application(self._streams), service.auth, self._hosts, service.meter, service.clients)
        return await self._server.start(guarded)

    async def stop(self, grace_s: float) -> None:
        """Take no new requests, end the streams, and give the others `grace_s` seconds. Harmless to repeat."""
        if self._streams is not None:
            self._streams.closing.set()
        await self._server.stop(grace_s)

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
        add_refusals(app)
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
        Alerts(self._service).add_to(app)
        Strategies(self._service).add_to(app)
        Hooks(self._service).add_to(app)
        add_pages(app)
        return app
