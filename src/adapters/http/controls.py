"""`/api/control`: the kill switch."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from adapters.doors.asking import control
from adapters.doors.controls import read_flatten, read_halt, read_resume
from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_body, read_halt_body, read_resume_body
from adapters.http.models import ControlAnswer, HaltBody, ResumeBody
from adapters.http.openapi import body_of, refusals


class Controls:
    """The endpoints of halts."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        answers = {200: {"model": ControlAnswer}, **refusals(401, 403, 413, 415, 422, 429, 503)}
        app.add_api_route(
            "/api/control/halt", answering(self.halt), methods=["POST"], tags=["control"], summary="Halt a scope",
            openapi_extra=body_of(HaltBody), responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/control/flatten", answering(self.flatten), methods=["POST"], tags=["control"],
            summary="Halt a scope, and close its positions", openapi_extra=body_of(ResumeBody), responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/control/resume", answering(self.resume), methods=["POST"], tags=["control"],
            summary="Resume a scope", openapi_extra=body_of(ResumeBody), responses=answers,
        )  # fmt: skip

    async def halt(self, request: Request) -> Response:
        """It holds through restarts until resumed, and never blocks a cancel."""
        given = read_halt_body(await read_body(request))
        return answer(await control(self._service, read_halt(**given, principal=request.state.principal)))

    async def flatten(self, request: Request) -> Response:
        """What is open is taken back, and positions are closed by market orders, until the scope is resumed."""
        given = read_resume_body(await read_body(request))
        command = read_flatten(**given, algorithm="", params={}, principal=request.state.principal)
        return answer(await control(self._service, command))

    async def resume(self, request: Request) -> Response:
        """Only that scope: a wider or narrower halt stays."""
        given = read_resume_body(await read_body(request))
        return answer(await control(self._service, read_resume(**given, principal=request.state.principal)))
