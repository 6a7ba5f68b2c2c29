"""Answers HTTP requests: checks, carries out, logs, and fails on command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from simulators.binance_futures.faults import Fault, Kind
from simulators.bybit import errors
from simulators.bybit.rest import ROUTES
from simulators.bybit.security import account_of
from simulators.bybit.venue import Asked, Venue
from simulators.exchange.orders import Account

_NOBODY = Account("nobody", "USDT", Decimal(0))


class NoAnswer(Response):
    """Keeps the connection open and says nothing, until whoever asked gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue


class HttpFront:
    """The HTTP API of one simulated venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def answer(self, request: Request) -> Response:
        """Answer one request, as the venue would or as a fault demands."""
        venue, body = self._venue, (await request.body()).decode()
        asked = Asked(at_ms=venue.clock(), method=request.method, path=request.url.path, params=_read(request, body))
        venue.asked.append(asked)
        where = f"{request.method} {asked.path}"
        fault = venue.faults.take(where, asked.client_order_id, late=False)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        headers: dict[str, str] = {}
        no = errors.No(0, "OK")
        result: object = {}
        try:
            result = self._carry_out(request, body, asked, headers)
        except errors.VenueError as error:
            no = error.no
            asked.code = no.code
        fault = venue.faults.take(where, asked.client_order_id, late=True)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        asked.status = no.status
        said = {"retCode": no.code, "retMsg": no.msg, "result": result, "retExtInfo": {}, "time": venue.clock()}
        return Response(json.dumps(said), no.status, headers, "application/json")

    def _carry_out(self, request: Request, body: str, asked: Asked, headers: dict[str, str]) -> object:
        venue, now_ms = self._venue, self._venue.clock()
        venue.limits.knock(now_ms)
        if venue.is_in_maintenance:
            raise errors.VenueError(errors.MAINTENANCE)
        route = ROUTES.get((asked.method, asked.path))
        if route is None:
            raise errors.VenueError(errors.UNKNOWN_PATH)
        account = _NOBODY
        if not route.is_public:
            payload = request.url.query if asked.method == "GET" else body
            account = venue.exchange.accounts[account_of(venue.keys, request.headers, payload, now_ms)]
            limit, name = (
                venue.limits.orders if route.is_order else venue.limits.questions,
                f"{account.name} {asked.path}",
            )
            try:
                venue.limits.use(name, limit, now_ms)
            finally:
                headers |= venue.limits.headers(name, limit, now_ms)
        answer = route.handler(venue, account, asked.params)
        asked.was_carried_out = True
        return answer

    async def _fail(self, fault: Fault, asked: Asked) -> Response | None:
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.delay_ms / 1000)
                return None
            case Kind.ERROR:
                asked.status = fault.status
                return Response(fault.body, fault.status, media_type="application/json")
            case Kind.TEAR:
                return StreamingResponse(_torn(), 200, {"content-length": "1000"}, "application/json")
            case _:
                return NoAnswer()


def _read(request: Request, body: str) -> dict[str, object]:
    if request.method == "GET":
        return dict(request.query_params)
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


async def _torn() -> AsyncIterator[bytes]:
    yield b'{"retCode":0,"retMsg":'
