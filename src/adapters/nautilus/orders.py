"""Requests of ours as Nautilus's orders and commands."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Protocol

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import CancelOrder as NautilusCancel
from nautilus_trader.execution.messages import ModifyOrder as NautilusModify
from nautilus_trader.execution.messages import SubmitOrder as NautilusSubmit
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.enums import TimeInForce as NautilusTimeInForce
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.identifiers import InstrumentId, StrategyId, TraderId
from nautilus_trader.model.identifiers import VenueOrderId as NautilusVenueOrderId
from nautilus_trader.model.orders import LimitOrder, MarketOrder, Order

from adapters.nautilus.translate import UnholdableError, check_notional, nautilus_price, nautilus_quantity
from ports.instruments import Instrument
from ports.market_data import Quote
from ports.requests import SendAmend, SendOrder
from ports.values import ClientOrderId, OrderType, Side, TimeInForce, VenueOrderId, is_multiple

TRADER: Final = TraderId("LIVEXEC-001")
# One strategy for all: events are published on a topic per strategy, and topics must not multiply.
STRATEGY: Final = StrategyId("LIVEXEC-PAPER")
_SIDES: Final = {Side.BUY: OrderSide.BUY, Side.SELL: OrderSide.SELL}
_TIMES: Final = {
    TimeInForce.GTC: NautilusTimeInForce.GTC,
    TimeInForce.IOC: NautilusTimeInForce.IOC,
    TimeInForce.FOK: NautilusTimeInForce.FOK,
    TimeInForce.GTD: NautilusTimeInForce.GTD,
}


class Listed(Protocol):
    """What an order has to know of its instrument."""

    @property
    def instrument(self) -> Instrument: ...

    @property
    def id(self) -> InstrumentId: ...

    @property
    def price_places(self) -> int: ...

    @property
    def size_places(self) -> int: ...

    @property
    def newest(self) -> Quote | None: ...


def nautilus_order(order: SendOrder, listing: Listed, now_ns: int, strategy: StrategyId = STRATEGY) -> Order:
    """Return the order in Nautilus's words, not yet submitted.

    Raises:
        UnholdableError: a number, an id or a combination that Nautilus or the instrument cannot hold.
    """
    _check(order, listing)
    fields = {
        "trader_id": TRADER,
        "strategy_id": strategy,
        "instrument_id": listing.id,
        "client_order_id": NautilusClientOrderId(order.client_order_id),
        "order_side": _SIDES[order.side],
        "quantity": nautilus_quantity(order.quantity, listing.size_places),
        "init_id": UUID4(),
        "ts_init": now_ns,
        "time_in_force": _TIMES[order.time_in_force],
    }
    if order.price is None:
        return MarketOrder(**fields)
    return LimitOrder(
        **fields,
        price=nautilus_price(order.price, listing.price_places),
        expire_time_ns=order.expire_time_ns or 0,
        post_only=order.post_only,
        display_qty=None
        if order.display_quantity is None
        else nautilus_quantity(order.display_quantity, listing.size_places),
    )


def _check(order: SendOrder, listing: Listed) -> None:
    client_order_id = order.client_order_id
    if not client_order_id.strip() or not client_order_id.isascii():
        raise UnholdableError(f"{client_order_id!r} is no client order id: it must be ASCII and not blank")
    if (order.order_type is OrderType.MARKET) != (order.price is None):
        raise UnholdableError("a market order has no price, and a limit order has one")
    if (order.time_in_force is TimeInForce.GTD) != (order.expire_time_ns is not None):
        raise UnholdableError("an order has an expiry time exactly when it is GTD")
    if order.price is None and (order.post_only or order.time_in_force is TimeInForce.GTD):
        raise UnholdableError("a market order is neither post-only nor GTD")
    if order.post_only and order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        raise UnholdableError("a post-only order must be able to rest")
    if order.quantity <= 0 or not is_multiple(order.quantity, listing.instrument.lot_size):
        raise UnholdableError(f"{order.quantity} is not a whole number of lots of {listing.instrument.lot_size}")
    if order.price is not None and not (order.price > 0 and is_multiple(order.price, listing.instrument.tick_size)):
        raise UnholdableError(f"{order.price} is not a whole number of ticks of {listing.instrument.tick_size}")
    reference = order.price if order.price is not None else _last_price(listing, order.side)
    check_notional(order.quantity, reference, listing.instrument.key.is_inverse)


def _last_price(listing: Listed, side: Side) -> Decimal:
    return listing.newest.touch(side) if listing.newest is not None else Decimal(0)


def submit_command(order: Order, now_ns: int) -> NautilusSubmit:
    """Return the command that submits `order`."""
    return NautilusSubmit(
        trader_id=TRADER, strategy_id=order.strategy_id, order=order, command_id=UUID4(), ts_init=now_ns
    )


def amend_command(amend: SendAmend, listing: Listed, now_ns: int) -> NautilusModify:
    """Return the command that asks for an amend.

    Raises:
        UnholdableError: a quantity or price that Nautilus cannot hold exactly, or off its lot or tick.
    """
    instrument = listing.instrument
    if not is_multiple(amend.quantity, instrument.lot_size) or not is_multiple(amend.price, instrument.tick_size):
        raise UnholdableError(f"{amend.quantity} at {amend.price} is not on the lots and ticks of {instrument.key}")
    check_notional(amend.quantity, amend.price, instrument.key.is_inverse)
    return NautilusModify(
        trader_id=TRADER,
        strategy_id=STRATEGY,
        instrument_id=listing.id,
        client_order_id=NautilusClientOrderId(amend.client_order_id),
        venue_order_id=None if amend.venue_order_id is None else NautilusVenueOrderId(amend.venue_order_id),
        quantity=nautilus_quantity(amend.quantity, listing.size_places),
        price=nautilus_price(amend.price, listing.price_places),
        trigger_price=None,
        command_id=UUID4(),
        ts_init=now_ns,
    )


def cancel_command(
    instrument: InstrumentId, client_order_id: ClientOrderId, venue_order_id: VenueOrderId | None, now_ns: int
) -> NautilusCancel:
    """Return the command that asks for a cancel."""
    return NautilusCancel(
        trader_id=TRADER,
        strategy_id=STRATEGY,
        instrument_id=instrument,
        client_order_id=NautilusClientOrderId(client_order_id),
        venue_order_id=None if venue_order_id is None else NautilusVenueOrderId(venue_order_id),
        command_id=UUID4(),
        ts_init=now_ns,
    )
