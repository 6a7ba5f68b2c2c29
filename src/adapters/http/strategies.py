"""`/api/strategies`: strategies whose signals are traded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request, Response

from adapters.doors.permits import demand_trade
from adapters.doors.service import Service
from adapters.doors.strategies import StrategyDraft, checked, configure, list_strategies, read_strategy, set_running
from adapters.http import strict_json
from adapters.http.answers import answer, answering
from adapters.http.bodies import Reader, read_body, read_fields
from adapters.http.models_strategies import StrategiesAnswer, StrategyAnswer, StrategyBody
from adapters.http.openapi import body_of, refusals

_FIELDS: Final[Mapping[str, Reader]] = {
    "strategy_id": strict_json.text,
    "size": strict_json.number,
    "instruments": strict_json.names,
    "exec_algorithm": strict_json.text,
    "exec_algorithm_params": strict_json.text_map,
    "max_age_secs": strict_json.whole,
}


class Strategies:
    """The endpoints of strategies."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def add_to(self, app: FastAPI) -> None:
        """Register every endpoint, with what it takes and what it answers."""
        answers = {200: {"model": StrategyAnswer}, **refusals(401, 404, 409, 413, 415, 422, 503)}
        app.add_api_route(
            "/api/strategies", answering(self.listed), methods=["GET"], tags=["strategies"],
            summary="List the strategies whose signals are traded",
            responses={200: {"model": StrategiesAnswer}, **refusals(401)},
        )  # fmt: skip
        app.add_api_route(
            "/api/strategies", answering(self.configure), methods=["POST"], tags=["strategies"],
            summary="Add a strategy, or change one that is stopped", openapi_extra=body_of(StrategyBody),
            responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/strategies/{strategy_id}/start", answering(self.start), methods=["POST"], tags=["strategies"],
            summary="Follow a strategy's signals", responses=answers,
        )  # fmt: skip
        app.add_api_route(
            "/api/strategies/{strategy_id}/stop", answering(self.stop), methods=["POST"], tags=["strategies"],
            summary="Follow a strategy's signals no more", responses=answers,
        )  # fmt: skip

    async def listed(self) -> Response:
        """Whether each runs, and what became of its newest signal."""
        return answer(list_strategies(self._service))

    async def configure(
        self,
        request: Request,
        check: Annotated[bool, Query(description="Say whether it would do; keep nothing")] = False,
    ) -> Response:
        """Kept over restarts. A new one is stopped."""
        given = read_fields(strict_json.parse_object(await read_body(request)), _FIELDS)
        demand_trade(self._service, request.state.principal, given.get("strategy_id"))
        strategy = read_strategy(StrategyDraft(**given))
        if check:
            return answer(checked(self._service, strategy))
        return answer(await configure(self._service, strategy, request.state.principal))

    async def start(self, strategy_id: str, request: Request) -> Response:
        """It runs over restarts, until it is stopped."""
        demand_trade(self._service, request.state.principal, strategy_id)
        return answer(await set_running(self._service, strategy_id, request.state.principal, running=True))

    async def stop(self, strategy_id: str, request: Request) -> Response:
        """Its orders and positions stay as they are."""
        if not self._service.auth.grant(request.state.principal).may_control:
            demand_trade(self._service, request.state.principal, strategy_id)
        return answer(await set_running(self._service, strategy_id, request.state.principal, running=False))
