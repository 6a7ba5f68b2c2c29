"""`/api/health`, `/api/live/health` and `/metrics`."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.models import HealthAnswer
from adapters.http.openapi import refusals

SERVICE: Final = "live"


class Status:
    """The endpoints of those who watch over the service."""

    def __init__(self, service: Service, registry: CollectorRegistry) -> None:
        self._service = service
        self._registry = registry

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint."""
        unhealthy = {"model": HealthAnswer, "description": "A part does not do its work; the answer names it"}
        for path in ("/api/health", "/api/live/health"):
            app.add_api_route(
                path, answering(self.health), methods=["GET"], tags=["status"], summary="Is it healthy?",
                responses={200: {"model": HealthAnswer}, 503: unhealthy},
            )  # fmt: skip
        app.add_api_route(
            "/metrics", answering(self.metrics), methods=["GET"], tags=["status"], summary="Metrics for Prometheus",
            responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text"}, **refusals(401)},
        )  # fmt: skip

    async def health(self) -> Response:
        """Needs no token: probes have none."""
        parts = [{"name": part.name, "healthy": part.healthy, "detail": part.detail} for part in self._service.health()]
        healthy = all(part["healthy"] for part in parts)
        found = {
            "status": "healthy" if healthy else "unhealthy",
            "service": SERVICE,
            "sequence": self._service.feed.sequence,
            "parts": parts,
        }
        return answer(found, 200 if healthy else 503)

    async def metrics(self) -> Response:
        """In the text format."""
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
