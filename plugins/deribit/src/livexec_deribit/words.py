"""What Deribit says, in our words: exactly its numbers, its trade ids and its states.

Amounts are the venue's own `amount`: USD for inverse perpetuals and futures, the base coin for linear ones and for
options. Its `contracts` are never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from livexec_deribit.names import key_of
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Book, FundingRate, Level, Quote, Trade
from ports.reports import FillReport, OrderStatusReport, VenueBalance, VenueOrderStatus, VenuePosition
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
    fits,
)

NANOS_A_MILLI: Final = 1_000_000
_FUNDING_NS: Final = 8 * 3_600 * 1_000_000_000
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_LIQUIDITY: Final = {"M": Liquidity.MAKER, "T": Liquidity.TAKER}
UNTRIGGERED: Final = "untriggered"
TRIGGERED: Final = "triggered"  # a trigger order whose work another order of its label does from now on
_STATUSES: Final = {
    "open": VenueOrderStatus.ACCEPTED,
    UNTRIGGERED: VenueOrderStatus.ACCEPTED,
    "filled": VenueOrderStatus.FILLED,
    "cancelled": VenueOrderStatus.CANCELED,
    "rejected": VenueOrderStatus.REJECTED,
}

type Message = Mapping[str, Any]


class UnreadableError(ValueError):
    """The venue said something that cannot be read; what it meant is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """One order as the venue shows it at one moment. `client_order_id` None: it has no label."""

    order_id: str
    client_order_id: ClientOrderId | None
    instrument: InstrumentKey
    side: Side
    state: str
    amount: Decimal
    filled: Decimal
    price: Price | None  # None: a market order
    post_only: bool
    shown: Decimal | None  # at a time; None: all of it
    trigger_price: Price | None  # None: it waits for nothing, or follows the market
    reason: str
    updated_ms: int

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        return self.state in ("open", UNTRIGGERED)

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing more to be told of it; one that is triggered may still be rejected."""
        return not self.is_open and self.state != TRIGGERED


def number(said: Message, name: str) -> Decimal:
    """Return a number of a message exactly.

    Raises:
        UnreadableError: it is not there, no number, or one that cannot be held exactly.
    """
    return exact_number(name, said.get(name))


def exact_number(name: str, value: object) -> Decimal:
    """Return a number exactly; `name` is what it is called where it cannot be.

    Raises:
        UnreadableError: it is no number, or one that cannot be held exactly.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UnreadableError(f"{name} is {value!r}, and no number")
    exact = Decimal(value)
    if not fits(exact):
        raise UnreadableError(f"{name} is {value!r}, which cannot be held exactly")
    return exact


def text(said: Message, name: str) -> str:
    """Return a text of a message that is not empty.

    Raises:
        UnreadableError: it is not there.
    """
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{name} is {value!r}, and no text")
    return value


def time_ms(said: Message, name: str) -> int:
    """Return a time of a message, UTC.

    Raises:
        UnreadableError: it is not there.
    """
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UnreadableError(f"{name} is {value!r}, and no time")
    return value


def side_of(said: Message) -> Side:
    """Return the side of an order or trade of ours.

    Raises:
        UnreadableError: it is none.
    """
    return _one_of(_SIDES, text(said, "direction"))


def readable[Meaning](reading: Callable[[], Meaning]) -> Meaning:
    """Return what an answer means.

    Raises:
        VenueUnavailableError: it cannot be read, and nothing was learnt.
    """
    try:
        return reading()
    except (ValueError, TypeError, KeyError, AttributeError) as unreadable:
        raise VenueUnavailableError(f"the venue's answer cannot be read: {unreadable!r}") from unreadable


def key(said: Message) -> InstrumentKey | None:
    """Return the instrument of a message; None for what no key names (a combo, a spot pair)."""
    return key_of(text(said, "instrument_name"))


def order_of(said: Message) -> OrderState | None:
    """Return an order; None where it is of an instrument that no key names."""
    instrument = key(said)
    if instrument is None:
        return None
    is_market = "market" in (said.get("order_type"), said.get("original_order_type"))  # what it shows is its bound
    price = None if is_market else said.get("price")
    return OrderState(
        order_id=text(said, "order_id"),
        client_order_id=ClientOrderId(said["label"]) if said.get("label") else None,
        instrument=instrument,
        side=side_of(said),
        state=text(said, "order_state"),
        amount=number(said, "amount"),
        filled=number(said, "filled_amount") if "filled_amount" in said else Decimal(0),
        price=None if price is None or isinstance(price, str) or price == 0 else Price(number(said, "price")),
        post_only=said.get("post_only") is True,
        shown=number(said, "refresh_amount") if said.get("refresh_amount") is not None else None,
        trigger_price=None if said.get("trigger_price") is None else Price(number(said, "trigger_price")),
        reason=str(said.get("cancel_reason") or said.get("reject_reason") or ""),
        updated_ms=time_ms(said, "last_update_timestamp"),
    )


def status_of(account: AccountId, order: OrderState) -> OrderStatusReport:
    """Return where an order is; one without label goes by the venue's own id, which is no id of ours."""
    return OrderStatusReport(
        account=account,
        instrument=order.instrument,
        client_order_id=order.client_order_id or ClientOrderId(order.order_id),
        status=_one_of(_STATUSES, order.state),
        venue_order_id=VenueOrderId(order.order_id),
        filled_quantity=order.filled,
        quantity=Quantity(order.amount),
        price=order.price,
        reason=order.reason,
        venue_time_ns=order.updated_ms * NANOS_A_MILLI,
    )


def fills_of(account: AccountId, trades: Iterable[Message]) -> Sequence[FillReport]:
    """Return trades of the account in their order; a combo's trade is told by its legs."""
    fills = []
    for trade in trades:
        instrument = key(trade)
        if instrument is not None:
            fills.append(_fill(account, instrument, trade))
        else:
            fills.extend(fills_of(account, trade.get("legs") or ()))
    return fills


def _fill(account: AccountId, instrument: InstrumentKey, trade: Message) -> FillReport:
    return FillReport(
        account=account,
        instrument=instrument,
        client_order_id=ClientOrderId(trade["label"]) if trade.get("label") else None,
        venue_order_id=VenueOrderId(trade["order_id"]) if trade.get("order_id") else None,
        trade_id=TradeId(text(trade, "trade_id")),
        side=_one_of(_SIDES, text(trade, "direction")),
        quantity=Quantity(number(trade, "amount")),
        price=Price(number(trade, "price")),
        fee=Money(number(trade, "fee"), Currency(text(trade, "fee_currency"))),
        liquidity=_LIQUIDITY.get(str(trade.get("liquidity"))),
        venue_time_ns=time_ms(trade, "timestamp") * NANOS_A_MILLI,
    )


def instrument_of(said: Message) -> Instrument | None:
    """Return an instrument as it is listed; None where no key names it, or it is not what its name says."""
    listed = key(said)
    if listed is None or said.get("is_active") is False:
        return None
    if (said.get("instrument_type") == "reversed") is not (listed.suffix == "INV"):
        return None
    steps = said.get("tick_size_steps") or ()
    tick = min([number(said, "tick_size"), *(number(step, "tick_size") for step in steps)])
    least = number(said, "min_trade_amount")
    return Instrument(
        key=listed,
        tick_size=Price(tick),
        lot_size=Quantity(_lot(listed, said, least)),
        min_quantity=Quantity(least),
        maker_fee_rate=number(said, "maker_commission"),
        taker_fee_rate=number(said, "taker_commission"),
    )


def _lot(listed: InstrumentKey, said: Message, least: Decimal) -> Decimal:
    """Return the step of amounts: a contract, but options are traded in parts of theirs."""
    size = number(said, "contract_size")
    return min(size, least) if listed.type == "OPTION" else size


def positions_of(listed: Iterable[Message]) -> Sequence[VenuePosition]:
    """Return the positions that are not flat; `size` counts as `amount` does, negative where short."""
    held = ((key(one), number(one, "size")) for one in listed)
    return tuple(VenuePosition(instrument=one, quantity=size) for one, size in held if one is not None and size)


def balances_of(summaries: Iterable[Message]) -> Sequence[VenueBalance]:
    """Return the balances that are not zero; `free` is what may be used for margin."""
    held = ((text(one, "currency"), number(one, "balance"), number(one, "available_funds")) for one in summaries)
    return tuple(
        VenueBalance(currency=Currency(currency), total=total, free=free) for currency, total, free in held if total
    )


def quote_of(said: Message, instrument: InstrumentKey, received_ns: int) -> Quote:
    """Return the best prices of a `quote.*` notification that has both sides."""
    return Quote(
        instrument=instrument,
        bid=Price(number(said, "best_bid_price")),
        ask=Price(number(said, "best_ask_price")),
        bid_size=number(said, "best_bid_amount"),
        ask_size=number(said, "best_ask_amount"),
        event_time_ns=time_ms(said, "timestamp") * NANOS_A_MILLI,
        received_ns=received_ns,
    )


def public_trades_of(said: Iterable[Message], instrument: InstrumentKey, received_ns: int) -> Sequence[Trade]:
    """Return the trades of a `trades.*` notification, as everybody sees them."""
    return tuple(
        Trade(
            instrument=instrument,
            price=Price(number(one, "price")),
            quantity=number(one, "amount"),
            aggressor=_one_of(_SIDES, text(one, "direction")),
            trade_id=text(one, "trade_id"),
            event_time_ns=time_ms(one, "timestamp") * NANOS_A_MILLI,
            received_ns=received_ns,
        )
        for one in said
    )


def book_of(said: Message, instrument: InstrumentKey, received_ns: int) -> Book:
    """Return the depth of a notification of a grouped `book.*` channel, which is whole each time."""
    return Book(
        instrument=instrument,
        bids=_levels(said["bids"]),
        asks=_levels(said["asks"]),
        event_time_ns=time_ms(said, "timestamp") * NANOS_A_MILLI,
        received_ns=received_ns,
    )


def funding_of(said: Message, instrument: InstrumentKey, received_ns: int) -> FundingRate:
    """Return the funding that a `ticker.*` notification tells of.

    Deribit takes funding all the time, and states it for eight hours: as what is due when they are over.
    """
    return FundingRate(
        instrument=instrument,
        rate=number(said, "current_funding"),
        due_ns=received_ns + _FUNDING_NS,
        received_ns=received_ns,
    )


def _levels(said: Iterable[Sequence[Any]]) -> tuple[Level, ...]:
    return tuple(Level(exact_number("price", price), exact_number("amount", amount)) for price, amount in said)


def _one_of[Meaning](known: Mapping[str, Meaning], word: str) -> Meaning:
    if word not in known:
        raise UnreadableError(f"{word!r} is a word that is not known here")
    return known[word]
