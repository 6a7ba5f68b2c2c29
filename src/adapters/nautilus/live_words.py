"""What sessions of live venues have in common to say: exact numbers, listed instruments, what became of an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import AggressorSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.instruments import Instrument as NautilusInstrument

from ports.errors import VenueUnavailableError
from ports.instruments import Instrument
from ports.market_data import Quote, Trade
from ports.values import Price, Side, VenueOrderId, fits

NANOS_A_MILLI: Final = 1_000_000
_TAKERS: Final = {AggressorSide.BUYER: Side.BUY, AggressorSide.SELLER: Side.SELL}


class UnreadableError(ValueError):
    """The venue said something that cannot be read; what it meant is unknown."""


class NoAnswerError(TimeoutError):
    """The venue did not answer within the bound."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue took the order."""

    venue_order_id: VenueOrderId
    venue_time_ns: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue proved that it did not take the order, or would not do what was asked of it."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The order may be at the venue."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """Nothing of the order was transmitted."""

    reason: str


type Outcome = Accepted | Refused | InDoubt | Unsent


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument in both vocabularies (`adapters.nautilus.orders.Listed`)."""

    instrument: Instrument
    nautilus: NautilusInstrument
    symbol: str  # the venue's
    unit: Decimal = Decimal(1)  # what one of the venue's sizes is, in the instrument's own unit: a contract's value
    newest: Quote | None = None

    @property
    def id(self) -> InstrumentId:
        return self.nautilus.id

    @property
    def price_places(self) -> int:
        return int(self.nautilus.price_precision)

    @property
    def size_places(self) -> int:
        return int(self.nautilus.size_precision)


def decimal(text: str | None) -> Decimal:
    """Read the venue's number exactly.

    Raises:
        UnreadableError: it is no number, or one that cannot be held exactly.
    """
    try:
        value = Decimal(text or "")
    except ArithmeticError:
        raise UnreadableError(f"{text!r} is no number") from None
    if not fits(value):
        raise UnreadableError(f"{text!r} cannot be held exactly")
    return value


def read[Said, Meant](reading: Callable[[Said], Meant], said: Said) -> Meant:
    """Return what an answer to a question means.

    Raises:
        VenueUnavailableError: it cannot be read; nothing was learnt.
    """
    try:
        return reading(said)
    except ValueError as unreadable:
        raise VenueUnavailableError(f"the venue's answer cannot be read: {unreadable}") from unreadable


def quote_of(tick: QuoteTick, one: Listed, received_ns: int) -> Quote:
    """Return the newest best prices."""
    return Quote(
        instrument=one.instrument.key,
        bid=Price(tick.bid_price.as_decimal()),
        ask=Price(tick.ask_price.as_decimal()),
        bid_size=tick.bid_size.as_decimal() * one.unit,
        ask_size=tick.ask_size.as_decimal() * one.unit,
        event_time_ns=tick.ts_event,
        received_ns=received_ns,
    )


def public_trade_of(tick: TradeTick, one: Listed, received_ns: int) -> Trade:
    """Return what somebody traded."""
    return Trade(
        instrument=one.instrument.key,
        price=Price(tick.price.as_decimal()),
        quantity=tick.size.as_decimal() * one.unit,
        aggressor=_TAKERS.get(tick.aggressor_side),
        trade_id=tick.trade_id.value,
        event_time_ns=tick.ts_event,
        received_ns=received_ns,
    )
