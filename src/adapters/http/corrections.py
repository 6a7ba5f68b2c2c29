"""`/api/positions/adjust`, `/api/positions/transfer` and `/api/trades/bust`: what people put right."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from adapters.doors.asking import change
from adapters.doors.corrections import read_adjust, read_bust, read_transfer
from adapters.doors.service import Service
from adapters.http.answers import answer, answering
from adapters.http.bodies import read_body, read_correction
from adapters.http.models_control import AdjustBody, BustBody, ChangeAnswer, TransferBody
from adapters.http.openapi import body_of, refusals


class Corrections:
    """The endpoints that change positions without a trade."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        answers = {200: {"model": ChangeAnswer}, **refusals(401, 413, 415, 422, 429, 503)}
        app.add_api_route(
            "/api/positions/adjust", answering(self.adjust), methods=["POST"], tags=["positions"],
            summary="Adjust a position that no trade explains", openapi_extra=body_of(AdjustBody), responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/positions/transfer", answering(self.transfer), methods=["POST"], tags=["positions"],
            summary="Move a position to another strategy", openapi_extra=body_of(TransferBody), responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/trades/bust", answering(self.bust), methods=["POST"], tags=["positions"],
            summary="Take back a trade that its venue annulled", openapi_extra=body_of(BustBody),
            responses=answers | refusals(404),
        )  # fmt: skip

    async def adjust(self, request: Request) -> Response:
        """Once for ever by `adjustment_id`: a repeat changes nothing."""
        given = read_correction("adjust", await read_body(request))
        command = read_adjust(self._service, given, request.state.principal)
        return answer(await change(self._service, command))

    async def transfer(self, request: Request) -> Response:
        """Once for ever by `transfer_id`: a repeat changes nothing. The account's position stays as it is."""
        given = read_correction("transfer", await read_body(request))
        command = read_transfer(self._service, given, request.state.principal)
        return answer(await change(self._service, command))

    async def bust(self, request: Request) -> Response:
        """Position and fee are reversed, the order stays as it ended; a repeat changes nothing."""
        given = read_correction("bust", await read_body(request))
        return answer(await change(self._service, read_bust(given, request.state.principal)))
