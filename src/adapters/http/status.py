"""`/api/health`, `/api/live/health`, `/api/status` and `/metrics`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from adapters.doors.render import Plain, halt_plain, venue_plain
from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.models import HealthAnswer, StatusAnswer
from adapters.http.neighbours import Origin, readable_nearby
from adapters.http.openapi import refusals

SERVICE: Final = "live"
HEALTHY: Final = "healthy"


class Status:
    """The endpoints of those who watch over the service."""

    def __init__(self, service: Service, registry: CollectorRegistry, version: str) -> None:
        self._service = service
        self._registry = registry
        self._version = version

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint."""
        unhealthy = {"model": HealthAnswer, "description": "A part does not do its work; the answer names it"}
        for path in ("/api/health", "/api/live/health"):
            app.add_api_route(
                path, answering(self.health), methods=["GET"], tags=["status"], summary="Is it healthy?",
                responses={200: {"model": HealthAnswer}, 503: unhealthy},
            )  # fmt: skip
        app.add_api_route(
            "/api/status", answering(self.status), methods=["GET"], tags=["status"], summary="Everything at a glance",
            responses={200: {"model": StatusAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/metrics", answering(self.metrics), methods=["GET"], tags=["status"], summary="Metrics for Prometheus",
            responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text"}, **refusals(401)},
        )  # fmt: skip

    async def health(self, origin: Origin = "") -> Response:
        """Needs no token: probes have none."""
        found = self._health()
        return readable_nearby(answer(found, 200 if found["status"] == HEALTHY else 503), origin)

    async def status(self) -> Response:
        """Health, venues and halts as of one instant; answered with 200 in trouble too, for whoever wants to see it."""
        venues = sorted(self._service.venues(), key=lambda venue: venue.venue)
        return answer(
            {
                **self._health(),
                "version": self._version,
                "now_ns": self._service.clock(),
                "venues": [venue_plain(venue) for venue in venues],
                "halts": [halt_plain(halt) for halt in self._service.halts()],
                "open_breaks": len(self._service.breaks()),
                "stores": [asdict(store) for store in self._service.stores()],
                "versions": {"livexec": self._version, **self._service.versions},
            }
        )

    def _health(self) -> Plain:
        parts = [{"name": part.name, "healthy": part.healthy, "detail": part.detail} for part in self._service.health()]
        return {
            "status": HEALTHY if all(part["healthy"] for part in parts) else "unhealthy",
            "service": SERVICE,
            "sequence": self._service.feed.sequence,
            "parts": parts,
        }

    async def metrics(self) -> Response:
        """In the text format."""
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
