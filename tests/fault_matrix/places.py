"""The six venues of the matrix: what each calls its messages, lists and refusals."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from adapters.nautilus.live import LiveNode, LiveSettings, session_of
from chaos.grounds import GROUNDS
from livexec_deribit.factory import DeribitFactory
from livexec_ibkr.factory import IbkrFactory
from ports.instruments import InstrumentKey
from ports.venue import VenueSession

from simulators.deribit.ground import settings_of
from simulators.deribit.trader import PERPETUAL
from simulators.ibkr.ground import settings_of as ibkr_settings
from simulators.ibkr.trader import SHARE
from simulators.process import SimulatedVenue
from simulators.sites import Site

type Answer = Mapping[str, object]  # fields of a fault of kind `error`: what a request is answered
GARBAGE = "<html>busy</html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One venue: what it calls its requests, and how it answers an order that it took all the same.

    `topics` are its messages about orders, trades first; `trades` is its list of trades. `trouble`, `limited` and
    `unknown` are answers to an order, `cancel_trouble` and `cancel_limited` to a cancel: where orders go by websocket
    and cancels by HTTP, they are not the same. `banned` is a request, and how it is told that this address is turned
    away. `scale` makes the venue's amounts of those in bitcoin.
    """

    simulator: str
    btc: InstrumentKey
    symbol: str
    speak: Callable[[SimulatedVenue, LiveNode], VenueSession]
    node: Callable[[SimulatedVenue], LiveSettings] | None  # how Nautilus's node is told of it; None: a plugin's venue
    limits: Mapping[str, object]
    order: str
    cancel: str
    query: str
    open_orders: str
    topics: tuple[str, ...]
    trades: str
    trouble: Answer
    limited: Answer
    unknown: Answer
    cancel_trouble: Answer
    cancel_limited: Answer | None  # None: the connection is gone by then
    banned: tuple[str, Answer]
    unheard_of: Mapping[str, object] | Sequence[object] | None  # a message; None: what nobody asked for is not told
    expired_key: tuple[str, Answer] | None = None  # logins last as long as their connections; None: they are ended
    skew_ms: int = 6_000
    times_ns: int = 1  # what it tells times in
    checks_time: bool = True  # its requests carry times, and it refuses those that it takes for old
    tick: str = "0.1"
    scale: int = 1
    has_positions: bool = True
    answers_tell_trades: bool = False  # those to new orders: nobody need hear of these, or ask

    @property
    def venue(self) -> str:
        """The venue's name, as everywhere."""
        return str(self.btc.venue)

    @property
    def lists(self) -> tuple[str, ...]:
        """Its requests for lists."""
        trades = f"GET {self.trades}" if self.trades.startswith("/") else self.trades
        return tuple(sorted({self.open_orders, self.query, trades}))

    def amount(self, bitcoin: str) -> Decimal:
        """Return an amount of bitcoin as it is counted there."""
        return Decimal(bitcoin) * self.scale

    async def start(self) -> SimulatedVenue:
        """Start its simulator, with limits that keep no order waiting."""
        running = await SimulatedVenue.start(self.simulator)
        await running.command("limits", **self.limits)
        return running


def _at(site: Site) -> dict[str, Any]:
    """Return what is known of a venue of Nautilus's already."""

    def speak(venue: SimulatedVenue, node: LiveNode) -> VenueSession:
        return session_of(site.settings(venue, {"probe_s": 1.0}), lambda: node.kernel, time.time_ns)

    weights = {"weight_1m": 10_000_000} if site.name.startswith("binance") else {}
    return {
        "simulator": site.name,
        "btc": site.btc,
        "speak": speak,
        "node": lambda venue: site.settings(venue, {}),
        "limits": {**site.time_limits, **weights},
        "order": site.place,
        "cancel": site.cancel,
        "query": site.query,
        "open_orders": site.open_orders,
        "cancel_trouble": {"status": 503, "body": "Service Unavailable."},
        "has_positions": site.has_positions,
    }


def _deribit(venue: SimulatedVenue, _: LiveNode) -> VenueSession:
    given = {**settings_of(venue), "answer_s": "2", "throttle_s": "2", "probe_s": "1"}
    return DeribitFactory().session(given)


def _ibkr(venue: SimulatedVenue, _: LiveNode) -> VenueSession:
    given = {"instruments": SHARE, "answer_s": "2", "throttle_s": "2", "probe_s": "1", "commission_s": "1"}
    return IbkrFactory().session(ibkr_settings(venue, **given, messages_a_second="1000"))


def _binance_answer(status: int, code: int, msg: str) -> Answer:
    return {"status": status, "body": json.dumps({"code": code, "msg": msg}), "retry_after_s": 1}


def _bybit_answer(code: int, msg: str) -> Answer:
    return {"body": json.dumps({"retCode": code, "retMsg": msg, "data": {}})}


def _okx_answer(code: str, msg: str) -> Answer:
    data = [{"ordId": "", "clOrdId": "$NAME", "tag": "", "sCode": code, "sMsg": msg}]
    return {"body": json.dumps({"id": "$ID", "op": "order", "code": "1", "msg": "", "data": data})}


def _binance(name: str, topics: tuple[str, ...], trades: str) -> Place:
    site = GROUNDS[name].site
    return Place(
        symbol="BTCUSDT",
        topics=topics,
        trades=trades,
        trouble=_binance_answer(503, -1000, "Unknown error, please check your request or try again later."),
        limited=_binance_answer(429, -1003, "Too many requests."),
        unknown=_binance_answer(504, -1007, "Timeout waiting for response from backend server."),
        cancel_limited=None,
        banned=(site.place, _binance_answer(418, -1003, "Way too many requests; IP banned.")),
        unheard_of={"e": "SOMETHING_NEW", "E": 1, "x": [1, 2]},
        **_at(site),
    )


_LIMITED: Final = {"status": 429, "body": "{}"}
_FORBIDDEN: Final = {"status": 403, "body": "Forbidden", "retry_after_s": 1}
BINANCE_SPOT = _binance("binance_spot", ("executionReport", "outboundAccountPosition"), "/api/v3/myTrades")
BINANCE_FUTURES = _binance("binance_futures", ("ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"), "/fapi/v1/userTrades")
BYBIT = Place(
    symbol="BTCUSDT",
    topics=("execution", "order"),
    trades="/v5/execution/list",
    trouble=_bybit_answer(10016, "Internal server error."),
    limited=_bybit_answer(10006, "Too many visits. Exceeded the API Rate Limit."),
    unknown=_bybit_answer(10000, "Server Timeout"),
    cancel_limited=_LIMITED,
    banned=(GROUNDS["bybit"].site.cancel, _FORBIDDEN),
    unheard_of=None,
    expired_key=(
        GROUNDS["bybit"].site.connect_steps[0],
        {"status": 200, "body": json.dumps({"retCode": 33004, "retMsg": "Your api key has expired."})},
    ),
    **_at(GROUNDS["bybit"].site),
)
OKX = Place(
    symbol="BTC-USDT-SWAP",
    topics=("orders",),
    trades="/api/v5/trade/fills",
    trouble=_okx_answer("50001", "Service temporarily unavailable. Try again later"),
    limited=_okx_answer("50011", "Rate limit reached."),
    unknown=_okx_answer("50004", "API endpoint request timeout"),
    cancel_limited=_LIMITED,
    banned=(GROUNDS["okx"].site.cancel, _FORBIDDEN),
    unheard_of={"arg": {"channel": "something-new"}, "data": [{"x": [1, 2]}]},
    skew_ms=40_000,
    **_at(GROUNDS["okx"].site),
)
_BUSY: Final = {"status": 11094, "body": "internal_server_error"}
DERIBIT = Place(
    simulator="deribit",
    btc=PERPETUAL,
    symbol="BTC-PERPETUAL",
    speak=_deribit,
    node=None,
    limits=dict.fromkeys(("matching", "general", "subscriptions", "listings"), (1e6, 1e6)),
    order="private/buy",
    cancel="private/cancel_by_label",
    query="private/get_order_state_by_label",
    open_orders="private/get_open_orders",
    topics=("user.trades", "user.orders"),
    trades="private/get_user_trades_by_currency_and_time",
    trouble=_BUSY,
    limited={"status": 10028, "body": "too_many_requests"},
    unknown={"status": 13888, "body": "timed_out"},
    cancel_trouble=_BUSY,
    cancel_limited=None,
    banned=("private/buy", _FORBIDDEN),
    unheard_of={"jsonrpc": "2.0", "method": "something_new", "params": {"x": [1, 2]}},
    tick="0.5",
    scale=10_000,  # amounts are in USD
    answers_tell_trades=True,
)
_NOT_CONNECTED: Final = {"status": 504, "body": "Not connected"}
IBKR = Place(
    simulator="ibkr",
    btc=SHARE,  # at the prices of the script
    symbol="265598",
    speak=_ibkr,
    node=None,
    limits={"messages_a_second": 1_000_000},
    order="placeOrder",
    cancel="cancelOrder",
    query="reqAllOpenOrders",
    open_orders="reqAllOpenOrders",
    topics=("execDetails", "commissionReport", "openOrder", "orderStatus"),
    trades="reqExecutions",
    trouble=_NOT_CONNECTED,
    limited={"status": 100, "body": "Max rate of messages per second has been exceeded"},
    unknown={"status": 322, "body": "Server error when processing an API client request."},
    cancel_trouble=_NOT_CONNECTED,
    cancel_limited=None,
    banned=("placeOrder", {"status": 1300, "body": "TWS socket port has been reset.", "retry_after_s": 1}),
    unheard_of=(999, 1, "something new"),
    times_ns=1_000_000_000,
    checks_time=False,
    tick="0.01",
    scale=1_000,  # amounts are shares
)
PLACES: Mapping[str, Place] = {one.venue: one for one in (BINANCE_SPOT, BINANCE_FUTURES, BYBIT, OKX, DERIBIT, IBKR)}
