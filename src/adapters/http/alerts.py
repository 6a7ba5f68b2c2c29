"""`/api/alerts`: what somebody has to know now, and who looks after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from fastapi import FastAPI, Request, Response

from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_body, read_fields
from adapters.http.models_alerts import AcknowledgeBody, AlertAnswer, AlertsAnswer
from adapters.http.openapi import body_of, refusals
from adapters.http.strict_json import parse_object, text

_FIELDS: Final = {"name": text, "subject": text}


class Alerts:
    """The endpoints of alerts; they are of this process, and nothing of them is in the journal."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/alerts", answering(self.active), methods=["GET"], tags=["status"],
            summary="List the alerts that hold, the gravest first",
            responses={200: {"model": AlertsAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/alerts/acknowledge", answering(self.acknowledge), methods=["POST"], tags=["status"],
            summary="Say that you look after an alert: it is not told again", openapi_extra=body_of(AcknowledgeBody),
            responses={200: {"model": AlertAnswer}, **refusals(401, 404, 413, 415, 422)},
        )  # fmt: skip

    async def active(self) -> Response:
        """Each with its runbook; one that is over is not there any more."""
        return answer({"alerts": [asdict(one) for one in self._service.alerts.active()]})

    async def acknowledge(self, request: Request) -> Response:
        """An alert is known by its name and what it is about."""
        given = {"name": "", "subject": ""} | read_fields(parse_object(await read_body(request)), _FIELDS)
        noted = self._service.alerts.acknowledge(
            given["name"], given["subject"], request.state.principal, self._service.clock()
        )
        if noted is None:
            raise RefusedError(_unknown(given["name"]))
        return answer(asdict(noted))


def _unknown(name: str) -> Refusal:
    shown = repr(name[:80])
    remedy = "see GET /api/alerts for those that hold, each with its subject"
    return Refusal(Kind.NOT_FOUND, f"name: {shown} is no alert that holds: {remedy}", "name", shown, remedy)
