"""`/api/streams`: which strategies are there, and which are awaited before their orders are cancelled."""

from __future__ import annotations

from fastapi import FastAPI, Response
from pydantic import Field

from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.models import Exact
from adapters.http.openapi import refusals


class StreamAnswer(Exact):
    """A strategy whose orders are cancelled when its streams are gone."""

    strategy_id: str
    open_streams: int
    grace_ms: int = Field(description="The shortest of its open streams; 0: none is open")
    cancel_at_ns: int = Field(description="When its orders are cancelled, unless it comes back; 0: a stream is open")


class StreamsAnswer(Exact):
    """Every such strategy, by name."""

    streams: list[StreamAnswer]


class AttendanceCalls:
    """The endpoint of streams."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register it."""
        app.add_api_route(
            "/api/streams", answering(self.find), methods=["GET"], tags=["control"],
            summary="List strategies whose orders are cancelled on disconnect",
            responses={200: {"model": StreamsAnswer}, **refusals(401)},
        )  # fmt: skip

    async def find(self) -> Response:
        """Those that have such a stream open, and those that are awaited."""
        found = [
            {
                "strategy_id": one.strategy_id,
                "open_streams": one.open_streams,
                "grace_ms": one.grace_ms,
                "cancel_at_ns": one.cancel_at_ns or 0,
            }
            for one in self._service.streams()
        ]
        return answer({"streams": found})
