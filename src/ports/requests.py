"""What an actor wants done in the world, after its facts are durable."""

from __future__ import annotations

from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import (
    AccountId,
    ClientOrderId,
    OrderType,
    Price,
    Quantity,
    Side,
    TimeInForce,
    VenueOrderId,
)


@record
class SendOrder:
    """Hand one new order to its venue, at most once for ever (`client_order_id` names it there).

    Order types, times in force and the rest are those of the venue's own `Capabilities`: what it cannot do, the core
    does itself or has refused. `trigger_price` is set exactly for the types that have one. With `asks_margin` it leaves
    only after the venue has said that the account's margin covers it. `ended_by_us_ns` is when the core takes the order
    back, where the venue is not asked to end it then: a venue may be told to end it later still.
    """

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    side: Side
    quantity: Quantity
    order_type: OrderType
    price: Price | None
    time_in_force: TimeInForce
    expire_time_ns: int | None
    post_only: bool
    trigger_price: Price | None = None
    trailing_offset: Price | None = None
    display_quantity: Quantity | None = None
    asks_margin: bool = False
    ended_by_us_ns: int | None = None


@record
class SendCancel:
    """Ask the venue to take one order back; harmless to repeat, only reduces risk."""

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId | None


@record
class SendAmend:
    """Ask the venue to work one order with this whole quantity and price from now on."""

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId | None
    side: Side
    quantity: Quantity
    price: Price


@record
class QueryOrder:
    """Ask the venue itself, not a cache, what became of one order.

    A venue that keeps orders for a while only can prove that it never had one alone where `released_ns` (UTC; 0: not
    known) is within that while.
    """

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    released_ns: int = 0


@record
class AskStatement:
    """Ask the venue for the whole account: open orders, fills since a time (UTC, included), positions, balances."""

    account: AccountId
    fills_since_ns: int


@record
class WakeAt:
    """Deliver `WakeUp(token)` at or after `at_ns` (UTC)."""

    at_ns: int
    token: str


@record
class WakeUp:
    """The time an actor asked for has come."""

    token: str


type OrderRequest = SendOrder | SendCancel | SendAmend | QueryOrder
type VenueRequest = OrderRequest | AskStatement
type Request = VenueRequest | WakeAt
