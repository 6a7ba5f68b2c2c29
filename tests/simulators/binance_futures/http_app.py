"""Answers HTTP requests: checks, carries out, logs, and fails on command."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from simulators.binance_futures import errors
from simulators.binance_futures.faults import Fault, Kind
from simulators.binance_futures.rest import Route, Security
from simulators.binance_futures.security import check_signature, check_time, read_params
from simulators.binance_futures.venue import Asked, Front
from simulators.exchange.orders import Account, Reason, Refused

METHODS = ["GET", "POST", "PUT", "DELETE"]
_NOBODY = Account("nobody", "USDT", Decimal(0))


class NoAnswer(Response):
    """Keeps the connection open and says nothing, until whoever asked gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue


class HttpFront:
    """The HTTP API of one product: what each path answers, and how it says no to what the exchange refuses."""

    def __init__(
        self, venue: Front[Any, Any], routes: Mapping[tuple[str, str], Route], no: Mapping[Reason, errors.No]
    ) -> None:
        self._venue = venue
        self._routes = routes
        self._no = no

    async def answer(self, request: Request) -> Response:
        """Answer one request, as the venue would or as a fault demands."""
        arrived_ns = time.perf_counter_ns()
        venue, path = self._venue, request.url.path
        params, signed, signature = read_params(request.url.query, (await request.body()).decode())
        asked = Asked(at_ms=venue.clock(), method=request.method, path=path, params=params, arrived_ns=arrived_ns)
        venue.asked.append(asked)
        where = f"{request.method} {path}"
        fault = venue.faults.take(where, asked.client_order_id, late=False)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        try:
            body, status = self._carry_out(request, asked, signed, signature), 200
        except Refused as refusal:
            body, status = self._error(self._no[refusal.reason], asked)
        except errors.VenueError as error:
            body, status = self._error(error.no, asked)
        fault = venue.faults.take(where, asked.client_order_id, late=True)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        asked.status = status
        headers = venue.limits.headers(venue.clock())
        if asked.retry_after_s:
            headers["Retry-After"] = str(asked.retry_after_s)
        return Response(json.dumps(body), status, headers, "application/json")

    def _carry_out(self, request: Request, asked: Asked, signed: str, signature: str) -> object:
        venue = self._venue
        if venue.is_in_maintenance:
            raise errors.VenueError(errors.MAINTENANCE)
        route = self._routes.get((asked.method, asked.path))
        if route is None:
            raise errors.VenueError(errors.UNKNOWN_PATH)
        venue.limits.use_weight(route.weighs(asked.params), venue.clock())
        account = self._account(route, request, asked, signed, signature)
        answer = route.handler(venue, account, asked.params)
        asked.was_carried_out = True
        return answer

    def _account(self, route: Route, request: Request, asked: Asked, signed: str, signature: str) -> Account:
        venue = self._venue
        if route.security is Security.NONE:
            return _NOBODY
        given = request.headers.get("X-MBX-APIKEY", "")
        if not given:
            raise errors.VenueError(errors.BAD_KEY_FORMAT)
        if given not in venue.keys:
            raise errors.VenueError(errors.BAD_KEY)
        key = venue.keys[given]
        if route.security is Security.SIGNED:
            check_signature(key, signed, signature)
            check_time(asked.params, venue.clock())
        return venue.exchange.accounts[key.account]

    def _error(self, error: errors.No, asked: Asked) -> tuple[object, int]:
        asked.code, asked.retry_after_s = error.code, error.retry_after_s
        return {"code": error.code, "msg": error.msg}, error.status

    async def _fail(self, fault: Fault, asked: Asked) -> Response | None:
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.delay_ms / 1000)
                return None
            case Kind.ERROR:
                asked.status = fault.status
                headers = {"Retry-After": str(fault.retry_after_s)} if fault.retry_after_s else {}
                return Response(fault.body, fault.status, headers, "application/json")
            case Kind.TEAR:
                return StreamingResponse(_torn(), 200, {"content-length": "1000"}, "application/json")
            case _:
                return NoAnswer()


async def _torn() -> AsyncIterator[bytes]:
    yield b'{"orderId":'
