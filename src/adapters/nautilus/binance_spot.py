"""Binance Spot: pairs of an account that has balances and no positions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from nautilus_trader.adapters.binance.spot.http.account import BinanceSpotAccountHttpAPI
from nautilus_trader.adapters.binance.spot.schemas.account import BinanceSpotBalanceInfo
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_link import BinanceLink, Product
from adapters.nautilus.binance_questions import BinanceQuestions, answer
from adapters.nautilus.binance_settings import BINANCE_SPOT, SPOT_WEIGHT_A_MINUTE, BinanceSpotSettings
from adapters.nautilus.binance_spot_clients import make_clients
from adapters.nautilus.binance_words import Update
from adapters.nautilus.live_session import LiveSession, LiveVenue
from adapters.nautilus.live_words import UnreadableError, decimal, read
from adapters.nautilus.pace import Count, Pace
from adapters.nautilus.venue_rest import VenueRest
from ports.capabilities import Abilities, Capabilities
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import VenueBalance
from ports.requests import SendOrder
from ports.values import Currency, OrderType, TimeInForce

ORDER_UPDATE: Final = "executionReport"
CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
LAG_NS: Final = 2_000_000_000  # the venue allows clocks to differ by one second; another for its own copies


ORDERS: Final = Abilities(
    order_types=(OrderType.MARKET, OrderType.LIMIT),
    times_in_force=(TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK),  # what has an expiry time, the core ends
    post_only=True,
    display_quantity=True,
)


class _Kind(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(name="e", default="")


class _Original(msgspec.Struct, frozen=True):
    client_order_id: str = msgspec.field(name="C", default="")


_KINDS: Final = msgspec.json.Decoder(_Kind)
_UPDATES: Final = msgspec.json.Decoder(Update)
_ORIGINALS: Final = msgspec.json.Decoder(_Original)


def binance_spot_session(
    settings: BinanceSpotSettings, kernel: Callable[[], NautilusKernel], clock: Callable[[], int]
) -> LiveSession:
    """Return a session of one account, not yet connected."""
    rest = VenueRest(Pace(settings.orders_per_10s, 10.0), weight=Count(SPOT_WEIGHT_A_MINUTE, 60.0, "weight"))
    live = LiveVenue(
        venue=BINANCE_SPOT,
        account=settings.account,
        capabilities=Capabilities(
            orders=ORDERS,
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
    if order.time_in_force is TimeInForce.GTD:
        return "has no orders with an expiry time"  # Nautilus's adapter would send one that never expires
    if order.display_quantity is not None and order.time_in_force is not TimeInForce.GTC:
        return "shows a part of orders only that may rest for ever"
    return None


def read_update(raw: bytes) -> Update | None:
    """Read a message of the user stream; None where it tells nothing of an order.

    A cancel is told under the name of its own request; the order's name is beside it. An amend keeps the name.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        if _KINDS.decode(raw).kind != ORDER_UPDATE:
            return None
        update = _UPDATES.decode(raw)
        original = _ORIGINALS.decode(raw).client_order_id if update.execution == "CANCELED" else ""
    except msgspec.MsgspecError as unreadable:
        raise UnreadableError(f"a message of the user stream cannot be read: {unreadable}") from unreadable
    return msgspec.structs.replace(update, client_order_id=original) if original else update


def key_of(each: NautilusInstrument) -> InstrumentKey | None:
    """Return our key of a pair; None where no key can spell it, and nobody can order it here."""
    if not isinstance(each, CurrencyPair):
        return None
    try:
        return InstrumentKey(
            f"{BINANCE_SPOT}:{InstrumentType.SPOT_PAIR}:{each.base_currency.code}-{each.quote_currency.code}"
        )
    except InvalidInputError:
        return None


class SpotQuestions(BinanceQuestions):
    """Direct questions about a spot account."""

    span_ms = 24 * 3_600_000 - 1
    kept_ms = 10 * 365 * 24 * 3_600_000
    newest_are_whole = True
    _http: BinanceSpotAccountHttpAPI

    async def positions(self) -> None:
        """Return None: what a spot account holds are balances, and a pair is no position there."""

    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance of the account that is not zero."""
        account = await answer(self._http.query_spot_account_info())
        return read(_balances, account.balances)


def _balances(listed: Iterable[BinanceSpotBalanceInfo]) -> Sequence[VenueBalance]:
    held = ((one.asset, decimal(one.free), decimal(one.locked)) for one in listed)
    return tuple(
        VenueBalance(currency=Currency(asset), total=free + locked, free=free)
        for asset, free, locked in held
        if free or locked
    )


PRODUCT: Final = Product(
    make_clients=make_clients, key_of=key_of, read_update=read_update, dead_man=lambda *_: None, questions=SpotQuestions
)
