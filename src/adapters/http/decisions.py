"""`/api/orders/check` and `/api/decisions`: what risk and routing would say, and what they said."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response

from adapters.doors.command_line import command_line_of
from adapters.doors.decisions import check_order, find_decision
from adapters.doors.explaining import explain
from adapters.doors.service import Service
from adapters.doors.text import read_count
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_body, read_order_body
from adapters.http.models import OrderBody
from adapters.http.models_decisions import CheckAnswer, CommandLineAnswer, DecisionAnswer, ExplainAnswer
from adapters.http.openapi import body_of, refusals
from ports.values import parse_operation_id

DecisionPath = Annotated[str, Path(description="decision_id of an order")]
OperationPath = Annotated[str, Path(description="operation_id of an order")]
MinSequence = Annotated[int, Query(description="Wait, bounded, until the reads have reached it; 0: at once")]


class Decisions:
    """The endpoints of decisions."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        app.add_api_route(
            "/api/orders/check", answering(self.check), methods=["POST"], tags=["risk"],
            summary="What would risk and routing say of an order", openapi_extra=body_of(OrderBody),
            responses={200: {"model": CheckAnswer}, **refusals(401, 413, 415, 422, 429, 503)},
        )  # fmt: skip
        app.add_api_route(
            "/api/orders/{operation_id}/explain", answering(self.explain), methods=["GET"], tags=["orders"],
            summary="Why an order went where it went: every sum of its route",
            responses={200: {"model": ExplainAnswer}, **refusals(401, 404, 422, 504)},
        )  # fmt: skip
        app.add_api_route(
            "/api/orders/command-line", answering(self.command_line), methods=["POST"], tags=["orders"],
            summary="The line of `livexec submit` that places an order", openapi_extra=body_of(OrderBody),
            responses={200: {"model": CommandLineAnswer}, **refusals(401, 413, 415, 422)},
        )  # fmt: skip
        app.add_api_route(
            "/api/decisions/{decision_id}", answering(self.get), methods=["GET"], tags=["risk"],
            summary="Read the decision on an order, rule by rule",
            responses={200: {"model": DecisionAnswer}, **refusals(401, 404, 422, 504)},
        )  # fmt: skip

    async def check(self, request: Request) -> Response:
        """The same path as a submit, and nothing is recorded, reserved or sent; the operation id stays free."""
        draft = read_order_body(await read_body(request))
        return answer(await check_order(self._service, draft, request.state.principal))

    async def explain(self, operation_id: OperationPath, min_sequence: MinSequence = 0) -> Response:
        """`routing` is the first decision, `rerouted` the later ones; costs are in USD and basis points."""
        known = parse_operation_id("operation_id", operation_id)
        return answer(await explain(self._service, known, read_count("min_sequence", min_sequence)))

    async def command_line(self, request: Request) -> Response:
        """What is given, in the words of the command; nothing is judged, recorded or sent."""
        return answer({"command_line": command_line_of(read_order_body(await read_body(request)))})

    async def get(self, decision_id: DecisionPath, min_sequence: MinSequence = 0) -> Response:
        """Every rule that was asked, with what it saw, its limit and its headroom; of a refusal, what would pass."""
        return answer(await find_decision(self._service, decision_id, read_count("min_sequence", min_sequence)))
