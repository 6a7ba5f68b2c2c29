"""The standard health service, answering from the service's own parts at the moment it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from adapters.doors.service import HealthSource
from adapters.grpc.wire import Context

POLL_S: Final = 1.0
type _Answer = health_pb2.HealthCheckResponse


class Health(health_pb2_grpc.HealthServicer):
    """SERVING while every part is healthy and the door is open; every service of the door shares one answer."""

    def __init__(
        self, source: HealthSource, services: Sequence[str], closing: asyncio.Event, poll_s: float = POLL_S
    ) -> None:
        self._source = source
        self._services = frozenset(["", *services])
        self._closing = closing
        self._poll_s = poll_s

    async def Check(self, request: health_pb2.HealthCheckRequest, context: Context) -> _Answer:  # noqa: N802, the protocol's name
        """Answer once."""
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"service: {request.service!r} is not one of this door")
        return self._now()

    async def Watch(self, request: health_pb2.HealthCheckRequest, _: Context) -> AsyncIterator[_Answer]:  # noqa: N802
        """Answer now and whenever the answer changes, until the door closes."""
        if request.service not in self._services:
            yield health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
            return
        said: _Answer | None = None
        while True:
            answer = self._now()
            if answer != said:
                yield answer
                said = answer
            if self._closing.is_set():
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._poll_s)

    def _now(self) -> _Answer:
        healthy = not self._closing.is_set() and all(part.healthy for part in self._source())
        response = health_pb2.HealthCheckResponse
        return response(status=response.SERVING if healthy else response.NOT_SERVING)
