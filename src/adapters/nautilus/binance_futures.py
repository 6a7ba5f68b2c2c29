"""Binance USDT-M Futures: perpetuals and dated futures of an account in one-way mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.adapters.binance.futures.schemas.account import (
    BinanceFuturesBalanceInfo,
    BinanceFuturesPositionRisk,
)
from nautilus_trader.adapters.binance.http.account import BinanceAccountHttpAPI
from nautilus_trader.core.nautilus_pyo3 import HttpMethod
from nautilus_trader.model.instruments import CryptoFuture, CryptoPerpetual
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_funding import funding_since
from adapters.nautilus.binance_futures_clients import make_clients
from adapters.nautilus.binance_link import BinanceLink, Product
from adapters.nautilus.binance_questions import BinanceQuestions, answer
from adapters.nautilus.binance_settings import BINANCE_FUTURES, FUTURES_WEIGHT_A_MINUTE, BinanceFuturesSettings
from adapters.nautilus.binance_wire import FAILURES, words
from adapters.nautilus.binance_words import Update
from adapters.nautilus.dead_man import DeadMan
from adapters.nautilus.live_session import LiveSession, LiveVenue
from adapters.nautilus.live_words import NANOS_A_MILLI, UnreadableError, decimal, read
from adapters.nautilus.pace import Count, Pace
from adapters.nautilus.venue_rest import VenueRest
from ports.capabilities import PLAIN_ORDERS, Capabilities
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import FundingReport, VenueBalance, VenuePosition
from ports.requests import SendOrder
from ports.values import Currency, TimeInForce

ORDER_UPDATE: Final = "ORDER_TRADE_UPDATE"
CLIENT_ORDER_ID: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
LAG_NS: Final = 2_000_000_000  # the venue allows clocks to differ by one second; another for its own copies


class _Kind(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="e", default="")


class _Message(msgspec.Struct, frozen=True):
    order: Update | None = msgspec.field(name="o", default=None)


_KINDS: Final = msgspec.json.Decoder(_Kind)
_MESSAGES: Final = msgspec.json.Decoder(_Message)


def binance_futures_session(
    settings: BinanceFuturesSettings, kernel: Callable[[], NautilusKernel], clock: Callable[[], int]
) -> LiveSession:
    """Return a session of one account, not yet connected."""
    weight = Count(FUTURES_WEIGHT_A_MINUTE, 60.0, "weight")
    rest = VenueRest(Pace(settings.orders_per_10s, 10.0), Pace(settings.orders_per_minute, 60.0), weight=weight)
    live = LiveVenue(
        venue=BINANCE_FUTURES,
        account=settings.account,
        capabilities=Capabilities(
            orders=PLAIN_ORDERS,
            is_paper=False,
            # Later the venue refuses what is still under way.
            query_lag_ns=settings.recv_window_ms * 1_000_000 + LAG_NS,
        ),
        client_order_id=CLIENT_ORDER_ID,
        objection=objection,
        link=lambda owner: BinanceLink(PRODUCT, settings, rest, kernel(), owner, clock),
        orders_left=rest.orders_left,
        budgets=rest.budgets,
    )
    return LiveSession(live, clock)


def objection(order: SendOrder) -> str | None:
    """Say why the venue could not take an order as it is; None where nothing is known against it."""
    if order.post_only and order.time_in_force is not TimeInForce.GTC:
        return "has post-only orders that are good till canceled, and no others"
    if order.expire_time_ns is not None and order.expire_time_ns % 1_000_000_000:
        return "lets orders expire at whole seconds only"
    return None


def read_update(raw: bytes) -> Update | None:
    """Read a message of the user stream; None where it tells nothing of an order.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        if _KINDS.decode(raw).kind != ORDER_UPDATE:
            return None
        return _MESSAGES.decode(raw).order
    except msgspec.MsgspecError as unreadable:
        raise UnreadableError(f"a message of the user stream cannot be read: {unreadable}") from unreadable


def key_of(each: NautilusInstrument) -> InstrumentKey | None:
    """Return our key of an instrument; None where no key can spell it, and nobody can order it here."""
    try:
        if isinstance(each, CryptoPerpetual):
            pair = f"{each.base_currency.code}-{each.quote_currency.code}"
            return InstrumentKey(f"{BINANCE_FUTURES}:{InstrumentType.PERPETUAL}:{pair}@LIN")
        if isinstance(each, CryptoFuture):  # BTCUSDT_260327
            pair, expiry = f"{each.underlying.code}-{each.quote_currency.code}", each.raw_symbol.value.partition("_")[2]
            return InstrumentKey(f"{BINANCE_FUTURES}:{InstrumentType.FUTURE}:{pair}-{expiry}@LIN")
    except InvalidInputError:
        return None
    return None


class FuturesQuestions(BinanceQuestions):
    """Direct questions about a futures account."""

    span_ms = 7 * 24 * 3_600_000 - 1
    kept_ms = 180 * 24 * 3_600_000
    newest_are_whole = False
    _http: BinanceFuturesAccountHttpAPI

    async def funding_since(self, since_ns: int, now_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments at or after `since_ns`, oldest first."""
        listed = funding_since(self._http, self._interpreter, since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI)
        return [one for one in await answer(listed) if one.venue_time_ns >= since_ns]

    async def positions(self) -> Sequence[VenuePosition]:
        """Return every position of the account that is not flat."""
        return read(self._positions, await answer(self._http.query_futures_position_risk()))

    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance of the account that is not zero."""
        account = await answer(self._http.query_futures_account_info())
        return read(_balances, account.assets)

    def _positions(self, listed: Iterable[BinanceFuturesPositionRisk]) -> Sequence[VenuePosition]:
        held = ((one.symbol, decimal(one.positionAmt)) for one in listed)
        return tuple(
            VenuePosition(instrument=self._interpreter.key(symbol), quantity=amount)
            for symbol, amount in held
            if amount and self._interpreter.names(symbol)
        )


def _balances(listed: Iterable[BinanceFuturesBalanceInfo]) -> Sequence[VenueBalance]:
    held = ((one, decimal(one.walletBalance)) for one in listed)
    return tuple(
        VenueBalance(currency=Currency(one.asset), total=total, free=decimal(one.availableBalance))
        for one, total in held
        if total
    )


def _dead_man(settings: BinanceFuturesSettings, http: BinanceAccountHttpAPI, symbols: Sequence[str]) -> DeadMan | None:
    if not settings.dead_man_s:
        return None

    async def arm(within_s: int) -> None:
        for symbol in symbols:
            asked = {"symbol": symbol, "countdownTime": str(within_s * 1_000), "timestamp": http._timestamp()}
            await http.client.sign_request(HttpMethod.POST, "/fapi/v1/countdownCancelAll", asked)

    return DeadMan(settings.dead_man_s, arm, FAILURES, words)


PRODUCT: Final = Product(
    make_clients=make_clients,
    key_of=key_of,
    read_update=read_update,
    questions=FuturesQuestions,
    dead_man=_dead_man,
)
