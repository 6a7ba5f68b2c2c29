"""The four venues of the matrix: what each calls its messages, lists and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from chaos.grounds import GROUNDS

from simulators.process import SimulatedVenue
from simulators.sites import Site

type Answer = Mapping[str, object]  # fields of a fault of kind `error`: what a request is answered
GARBAGE = "<html>busy</html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One venue. `topics` are its messages about orders, trades first; `trades` is its list of trades.

    The last four are how it answers an order that it took all the same: in trouble, bound to its limits, turning this
    address away, and not knowing itself. Orders that go by websocket have no status, so that their cancels, which go
    by HTTP, get it (`cancel_...`).
    """

    site: Site
    symbol: str
    topics: tuple[str, ...]
    trades: str
    trouble: Answer
    limited: Answer
    unknown: Answer
    banned: int

    @property
    def venue(self) -> str:
        """The venue's name, as everywhere."""
        return str(self.site.btc.venue)

    @property
    def orders_by_http(self) -> bool:
        """Whether new orders are HTTP requests."""
        return not self.site.place.startswith("WS ")

    async def start(self) -> SimulatedVenue:
        """Start its simulator, with limits that keep no order waiting."""
        running = await SimulatedVenue.start(self.site.name)
        weights = {"weight_1m": 10_000_000} if self.site.name.startswith("binance") else {}
        await running.command("limits", **self.site.time_limits, **weights)
        return running


def _binance(status: int, code: int, msg: str) -> Answer:
    return {"status": status, "body": json.dumps({"code": code, "msg": msg}), "retry_after_s": 1}


def _bybit(code: int, msg: str) -> Answer:
    return {"body": json.dumps({"retCode": code, "retMsg": msg, "data": {}})}


def _okx(code: str, msg: str) -> Answer:
    data = [{"ordId": "", "clOrdId": "$NAME", "tag": "", "sCode": code, "sMsg": msg}]
    return {"body": json.dumps({"id": "$ID", "op": "order", "code": "1", "msg": "", "data": data})}


_BINANCE = {
    "trouble": _binance(503, -1000, "Unknown error, please check your request or try again later."),
    "limited": _binance(429, -1003, "Too many requests."),
    "unknown": _binance(504, -1007, "Timeout waiting for response from backend server."),
}
BINANCE_SPOT = Place(
    site=GROUNDS["binance_spot"].site,
    symbol="BTCUSDT",
    topics=("executionReport", "outboundAccountPosition"),
    trades="/api/v3/myTrades",
    banned=418,
    **_BINANCE,
)
BINANCE_FUTURES = Place(
    site=GROUNDS["binance_futures"].site,
    symbol="BTCUSDT",
    topics=("ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"),
    trades="/fapi/v1/userTrades",
    banned=418,
    **_BINANCE,
)
BYBIT = Place(
    site=GROUNDS["bybit"].site,
    symbol="BTCUSDT",
    topics=("execution", "order"),
    trades="/v5/execution/list",
    trouble=_bybit(10016, "Internal server error."),
    limited=_bybit(10006, "Too many visits. Exceeded the API Rate Limit."),
    unknown=_bybit(10000, "Server Timeout"),
    banned=403,
)
OKX = Place(
    site=GROUNDS["okx"].site,
    symbol="BTC-USDT-SWAP",
    topics=("orders",),
    trades="/api/v5/trade/fills",
    trouble=_okx("50001", "Service temporarily unavailable. Try again later"),
    limited=_okx("50011", "Rate limit reached."),
    unknown=_okx("50004", "API endpoint request timeout"),
    banned=403,
)
PLACES: Mapping[str, Place] = {one.venue: one for one in (BINANCE_SPOT, BINANCE_FUTURES, BYBIT, OKX)}
