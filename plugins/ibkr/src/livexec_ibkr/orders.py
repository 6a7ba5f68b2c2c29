"""An order of ours in TWS's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from ib_async.order import Order

from livexec_ibkr.contracts import Listed
from livexec_ibkr.exact import stated
from ports.capabilities import Abilities
from ports.errors import NotSentError
from ports.requests import SendAmend, SendOrder
from ports.values import OrderType, Side, TimeInForce, plain

_LONGEST_REFERENCE: Final = 40
_NANOS: Final = 1_000_000_000
_ORDER_TYPES: Final[Mapping[OrderType, str]] = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP_MARKET: "STP",
    OrderType.STOP_LIMIT: "STP LMT",
    OrderType.MARKET_IF_TOUCHED: "MIT",
    OrderType.LIMIT_IF_TOUCHED: "LIT",
}
_TIMES: Final[Mapping[TimeInForce, str]] = {
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.GTD: "GTD",
}
# TWS's DAY ends with the exchange's session and not with the UTC day, its trailing stops follow prices of its own, and
# it has no post-only for shares: these the core does itself, or refuses.
ABILITIES: Final = Abilities(
    order_types=tuple(_ORDER_TYPES),
    times_in_force=tuple(_TIMES),
    post_only=False,
    display_quantity=True,
    states_margin=True,
)


def check(order: SendOrder) -> None:
    """Make sure that an order is one that TWS has.

    Raises:
        NotSentError: it is not; says why.
    """
    name = order.client_order_id
    if not 1 <= len(name) <= _LONGEST_REFERENCE or not name.isascii() or not name.isprintable():
        raise NotSentError(f"{name!r} is no order reference: 1 to {_LONGEST_REFERENCE} printable characters")
    if order.order_type not in _ORDER_TYPES:
        raise NotSentError(f"{order.order_type} orders are not handed to Interactive Brokers")
    if order.time_in_force not in _TIMES:
        raise NotSentError(f"{order.time_in_force} orders are not handed to Interactive Brokers")
    if order.post_only:
        raise NotSentError("Interactive Brokers has no post-only orders")


def written(order: SendOrder, listed: Listed, account_id: str) -> Order:
    """Return a new order; its numbers are written in their own digits.

    Raises:
        NotSentError: amount or price is none that the contract has.
    """
    made = _order(order.side, listed.contracts_of(order.quantity), _ORDER_TYPES[order.order_type], account_id)
    made.orderRef, made.tif = order.client_order_id, _TIMES[order.time_in_force]
    _set(made, "lmtPrice", None if order.price is None else listed.price_of(order.price))
    _set(made, "auxPrice", None if order.trigger_price is None else listed.price_of(order.trigger_price))
    if order.display_quantity is not None:
        made.displaySize = int(listed.contracts_of(order.display_quantity))
    if order.expire_time_ns is not None:
        ends = datetime.fromtimestamp(order.expire_time_ns // _NANOS, UTC)  # a second is the finest there is
        made.goodTillDate = f"{ends:%Y%m%d-%H:%M:%S}"
    return made


def changed(amend: SendAmend, known: Order, listed: Listed) -> Order:
    """Return an order that works, with another whole amount and price; everything else is said again as it is.

    Raises:
        NotSentError: amount or price is none that the contract has, or the order has no price.
    """
    if known.orderType not in ("LMT", "STP LMT", "LIT"):
        raise NotSentError(f"{known.orderType} orders have no limit price that could be changed")
    quantity = listed.contracts_of(amend.quantity)
    made = _order(amend.side, quantity, known.orderType, known.account)
    made.orderRef, made.tif, made.goodTillDate = known.orderRef, known.tif, known.goodTillDate
    made.displaySize, made.outsideRth = known.displaySize, known.outsideRth
    trigger = stated(known.auxPrice)
    _set(made, "auxPrice", None if trigger is None else plain(trigger))
    _set(made, "lmtPrice", listed.price_of(amend.price))
    return made


def _order(side: Side, quantity: str, kind: str, account_id: str) -> Order:
    made = Order(action=side.value, orderType=kind, account=account_id, transmit=True)
    _set(made, "totalQuantity", quantity)
    return made


def _set(order: Order, name: str, digits: Any) -> None:
    """Give a number its own digits: the client writes text as it is, and a float as Python would round it."""
    if digits is not None:
        setattr(order, name, digits)
