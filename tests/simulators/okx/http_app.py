"""Answers HTTP requests: checks, carries out, logs, and fails on command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from simulators.binance_futures.faults import Fault, Kind
from simulators.binance_futures.http_app import NoAnswer
from simulators.exchange.orders import Account
from simulators.okx import errors
from simulators.okx.rest import ROUTES, refused
from simulators.okx.security import check_request
from simulators.okx.venue import Asked, Venue

_NOBODY = Account("nobody", "USDT", Decimal(0))
_TRADE = "/api/v5/trade/"
_LIMITED_BY_ORDER = tuple(_TRADE + name for name in ("order", "batch-orders", "cancel-order", "amend-order"))


class HttpFront:
    """The HTTP API of one simulated venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def answer(self, request: Request) -> Response:
        """Answer one request, as the venue would or as a fault demands."""
        venue, path = self._venue, request.url.path
        body = (await request.body()).decode()
        asked = Asked(at_ms=venue.clock(), method=request.method, path=path, params=_params(request, body))
        venue.asked.append(asked)
        where = f"{request.method} {path}"
        fault = venue.faults.take(where, asked.client_order_id, late=False)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        answer, status = self._carry_out(request, asked, body)
        fault = venue.faults.take(where, asked.client_order_id, late=True)
        if fault is not None and (response := await self._fail(fault, asked)) is not None:
            return response
        asked.status = status
        return Response(json.dumps(answer), status, media_type="application/json")

    def _carry_out(self, request: Request, asked: Asked, body: str) -> tuple[object, int]:
        venue = self._venue
        try:
            if venue.is_in_maintenance:
                raise errors.VenueError(errors.MAINTENANCE)
            route = ROUTES.get((asked.method, asked.path))
            if route is None:
                raise errors.VenueError(errors.UNKNOWN_PATH)
            account = _NOBODY
            if route.is_private:
                query = f"?{request.url.query}" if request.url.query else ""
                signed = f"{asked.method}{asked.path}{query}{body}"
                key = check_request(venue.keys, request.headers, signed, venue.clock())
                account = venue.exchange.accounts[key.account]
            by_order = asked.method == "POST" and asked.path in _LIMITED_BY_ORDER  # counted with those by websocket
            limit = route.limit * venue.limits.factor
            if not by_order and not venue.limits.use(asked.path, limit, venue.clock(), account.name):
                raise errors.VenueError(errors.TOO_OFTEN)
            data = route.handler(venue, account, asked.params)
        except errors.OrderError as error:
            asked.code = error.no.code
            told = refused(asked.client_order_id, error, venue)
            return {"code": "1", "msg": "All operations failed", "data": [told]}, 200
        except errors.VenueError as error:
            asked.code = error.no.code
            return {"code": error.no.code, "msg": error.no.msg, "data": []}, error.no.status
        asked.was_carried_out = True
        failed = [one for one in data if isinstance(one, dict) and one.get("sCode", "0") != "0"]
        if failed:
            return {"code": "1" if len(failed) == len(data) else "2", "msg": "", "data": data}, 200
        return {"code": "0", "msg": "", "data": data}, 200

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


def _params(request: Request, body: str) -> dict[str, Any]:
    params: dict[str, Any] = dict(request.query_params)
    if "expTime" in request.headers:
        params["expTime"] = request.headers["expTime"]
    try:
        given = json.loads(body) if body else {}
    except json.JSONDecodeError:
        return params
    if isinstance(given, list):
        return {**params, **(given[0] if given else {}), "all": given}
    return {**params, **given}


async def _torn() -> AsyncIterator[bytes]:
    yield b'{"code":'
