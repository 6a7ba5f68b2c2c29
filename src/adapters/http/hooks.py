"""`/api/hooks/{venue}`: where venues call back."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response

from adapters.doors.hooks import HookDesk
from adapters.doors.service import Service
from adapters.http.answers import answering, refused
from adapters.http.bodies import read_body
from adapters.http.openapi import refusals
from ports.values import VenueId
from ports.webhooks import Hook

PREFIX: Final = "/api/hooks/"  # needs no token: each call carries its venue's signature


class Hooks:
    """The endpoint of venues."""

    def __init__(self, service: Service) -> None:
        self._desk = HookDesk(service.hooks)
        self._clock = service.clock

    def add_to(self, app: FastAPI) -> None:
        """Register the endpoint."""
        app.add_api_route(
            f"{PREFIX}{{venue}}", answering(self.take), methods=["POST"], tags=["venues"],
            summary="A venue calls back; its plugin checks the signature",
            responses={204: {"description": "Taken"}, **refusals(401, 404, 409, 413, 429)}, status_code=204,
        )  # fmt: skip

    async def take(self, venue: str, request: Request) -> Response:
        """Each call is taken once; a repeat is refused."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        hook = Hook(headers=headers, body=await read_body(request), received_ns=self._clock())
        refusal = self._desk.take(VenueId(venue), hook)
        return refused(refusal) if refusal is not None else Response(status_code=204)
