"""Between a planner's words and those of a Nautilus order that an execution algorithm was given."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide, order_status_to_str
from nautilus_trader.model.enums import OrderStatus as NautilusStatus
from nautilus_trader.model.enums import TimeInForce as NautilusTimeInForce
from nautilus_trader.model.events import OrderRejected
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.model.orders import Order

from ports.algorithms import Market, OrderRules
from ports.errors import InvalidInputError
from ports.values import OrderStatus, Price, Quantity, Side, TimeInForce, plain

TIMES: Final = {TimeInForce.GTC: NautilusTimeInForce.GTC, TimeInForce.IOC: NautilusTimeInForce.IOC}
_STATUSES: Final = {
    NautilusStatus.INITIALIZED: OrderStatus.PENDING,
    NautilusStatus.DENIED: OrderStatus.REJECTED,
    NautilusStatus.EMULATED: OrderStatus.HELD,
    NautilusStatus.RELEASED: OrderStatus.PENDING,
    NautilusStatus.SUBMITTED: OrderStatus.SUBMITTED,
    NautilusStatus.ACCEPTED: OrderStatus.ACCEPTED,
    NautilusStatus.TRIGGERED: OrderStatus.ACCEPTED,
    NautilusStatus.PENDING_UPDATE: OrderStatus.PENDING_AMEND,
    NautilusStatus.PENDING_CANCEL: OrderStatus.PENDING_CANCEL,
    NautilusStatus.PARTIALLY_FILLED: OrderStatus.PARTIALLY_FILLED,
    NautilusStatus.FILLED: OrderStatus.FILLED,
    NautilusStatus.CANCELED: OrderStatus.CANCELED,
    NautilusStatus.REJECTED: OrderStatus.REJECTED,
    NautilusStatus.EXPIRED: OrderStatus.EXPIRED,
}
_NOBODY_KNOWS: Final = ("UNKNOWN", "INFLIGHT_TIMEOUT")  # what Nautilus calls rejected where no answer came


def status_of(order: Order) -> OrderStatus:
    """Return a child's status; UNCONFIRMED where Nautilus calls it rejected only because nobody answered.

    Raises:
        InvalidInputError: a status that this program does not know.
    """
    status = _STATUSES.get(order.status)
    if status is None:
        raise InvalidInputError("order.status", order_status_to_str(order.status), "is no status that we know")
    if status is OrderStatus.REJECTED and isinstance(order.last_event, OrderRejected):
        return OrderStatus.UNCONFIRMED if order.last_event.reason in _NOBODY_KNOWS else status
    return status


def side_of(order: Order) -> Side:
    """Return which way an order goes."""
    return Side.BUY if order.side == OrderSide.BUY else Side.SELL


def rules_of(instrument: NautilusInstrument) -> OrderRules:
    """Return what the venue asks of orders, as Nautilus has it; the least value counts for linear instruments only."""
    lot = instrument.size_increment.as_decimal()
    least, most, value = instrument.min_quantity, instrument.max_quantity, instrument.min_notional
    return OrderRules(
        tick_size=Price(instrument.price_increment.as_decimal()),
        lot_size=Quantity(lot),
        min_quantity=Quantity(lot if least is None else max(lot, least.as_decimal())),
        max_quantity=None if most is None else Quantity(most.as_decimal()),
        min_notional=None if value is None or instrument.is_inverse else value.as_decimal(),
    )


def market_of(quote: QuoteTick | None, traded: Decimal | None) -> Market:
    """Return the market as a planner sees it; the age of a quote counts from when Nautilus had it."""
    if quote is None:
        return Market(traded=traded)
    return Market(
        bid=Price(quote.bid_price.as_decimal()),
        ask=Price(quote.ask_price.as_decimal()),
        bid_size=quote.bid_size.as_decimal(),
        ask_size=quote.ask_size.as_decimal(),
        quoted_ns=quote.ts_init,
        traded=traded,
    )


def texts_of(params: Mapping[str, object] | None) -> dict[str, str]:
    """Return parameters as text: a strategy may give numbers."""
    return {name: _text(value) for name, value in (params or {}).items()}


def _text(value: object) -> str:
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    return plain(value) if isinstance(value, Decimal) else str(value)
