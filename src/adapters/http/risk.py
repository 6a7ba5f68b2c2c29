"""`/api/risk/limits` and `/api/exposure`: what may be held, and what is."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from adapters.doors.asking import limits_now, read_at, set_limits
from adapters.doors.exposure import CURRENCY, GROUPS, grouped, read_exposure_filter, total
from adapters.doors.limits import read_approval, read_limits
from adapters.doors.service import Service
from adapters.doors.text import read_count
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_approval_body, read_body, read_limits_body
from adapters.http.models_control import ApproveLimitsBody, ExposureAnswer, LimitsAnswer, SetLimitsAnswer, SetLimitsBody
from adapters.http.openapi import body_of, refusals

MinSequence = Annotated[int, Query(description="Refuse unless the reads have reached it; 0: at once")]
Filter = Annotated[str, Query(description="Empty: any")]


class Risk:
    """The endpoints of limits and exposure."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/risk/limits", answering(self.limits), methods=["GET"], tags=["risk"],
            summary="Read the limits in force", responses={200: {"model": LimitsAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/risk/limits", answering(self.set), methods=["PUT"], tags=["risk"],
            summary="Put a whole document of limits in force", openapi_extra=body_of(SetLimitsBody),
            responses={200: {"model": SetLimitsAnswer}, **refusals(401, 413, 415, 422, 429, 503)},
        )  # fmt: skip
        app.add_api_route(
            "/api/risk/limits/approve", answering(self.approve), methods=["POST"], tags=["risk"],
            summary="Say a second person's word on limits that wait", openapi_extra=body_of(ApproveLimitsBody),
            responses={200: {"model": SetLimitsAnswer}, **refusals(401, 403, 404, 413, 415, 422, 429, 503)},
        )  # fmt: skip
        app.add_api_route(
            "/api/exposure", answering(self.exposure), methods=["GET"], tags=["risk"],
            summary="Read exposure in USD", responses={200: {"model": ExposureAnswer}, **refusals(401, 422, 504)},
        )  # fmt: skip

    async def limits(self, min_sequence: MinSequence = 0) -> Response:
        """The whole document; null where a limit is not set."""
        sequence = read_at(self._service, read_count("min_sequence", min_sequence))
        return answer({**limits_now(self._service), "sequence": sequence})

    async def set(self, request: Request) -> Response:
        """In force from the next order on, and until the next start, which puts the configuration's in force again."""
        draft, reason = read_limits_body(await read_body(request))
        return answer(await set_limits(self._service, read_limits(draft, reason, request.state.principal)))

    async def approve(self, request: Request) -> Response:
        """Where two people are asked for; whoever proposed them cannot approve them."""
        given = read_approval_body(await read_body(request))
        return answer(await set_limits(self._service, read_approval(**given, principal=request.state.principal)))

    async def exposure(self, strategy_id: Filter = "", venue: Filter = "", min_sequence: MinSequence = 0) -> Response:
        """In all, and by strategy, instrument, venue and base asset; what cannot be valued is counted, not guessed."""
        wanted = read_exposure_filter(strategy_id, venue)
        sequence = read_at(self._service, read_count("min_sequence", min_sequence))
        lines, now_ns = wanted.of(self._service), self._service.clock()
        groups = {f"by_{name.lower()}": grouped(lines, name, now_ns) for name in GROUPS}
        return answer({"currency": CURRENCY, "total": total(lines, now_ns), **groups, "sequence": sequence})
