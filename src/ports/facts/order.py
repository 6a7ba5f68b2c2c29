"""Facts of one order's life. Every one names its operation id; times are UTC nanoseconds.

A fact says what status the order has from then on (`status_after`), and a trade says what the position is after it,
so that whoever follows the journal copies and never has to decide.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from ports.commands import OrderTerms
from ports.instruments import InstrumentKey
from ports.records import brief_record, record
from ports.values import (
    AccountId,
    AmendId,
    ClientOrderId,
    DecisionId,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TradeId,
    VenueId,
    VenueOrderId,
)


@record
class OrderRecorded:
    """An operation id was seen for the first time, with this content."""

    operation_id: OperationId
    order_id: OrderId
    content_hash: str
    terms: OrderTerms
    principal: Principal
    received_ns: int
    recorded_ns: int


@brief_record
class Verdict:
    """What one rule says: passed or not, what it saw, what its limit is, and in which unit.

    `seen` is what the value was reckoned from, where the order alone does not tell; `remedy` says of a refusal
    what would have passed.
    """

    rule: str
    passed: bool
    value: str
    limit: str
    unit: str
    seen: str = ""
    remedy: str = ""


@record
class RiskDecided:
    """Risk judged an order; `verdicts` holds every rule that was asked, in order.

    `price` is what the order was valued at, the dearer of its own price and the one it would meet (None: neither was
    known); `notional_usd` is its value then.
    """

    operation_id: OperationId
    decision_id: DecisionId
    allowed: bool
    verdicts: tuple[Verdict, ...]
    price: Decimal | None
    notional_usd: Decimal | None


@record
class QuoteUsed:
    """A best quote as it was when a decision used it."""

    instrument: InstrumentKey
    bid: Price
    ask: Price
    received_ns: int


@record
class OrderRouted:
    """The router chose one venue's account for an order."""

    operation_id: OperationId
    venue: VenueId
    account: AccountId
    instrument: InstrumentKey
    reason: str
    quotes: tuple[QuoteUsed, ...] = ()


@record
class OrderHeld:
    """The order is kept by us, and nothing of it reserved, until what it waits for has come; `waits_for` in words."""

    operation_id: OperationId
    waits_for: str
    held_ns: int


@record
class TriggerMoved:
    """A trailing stop's trigger has followed the market to this price."""

    operation_id: OperationId
    trigger_price: Price
    moved_ns: int


@record
class OrderTriggered:
    """What a held order waited for has come: it goes out as soon as the orders that it replaces are out of the way.

    `quote` is what met its trigger; None where it waited for another order alone.
    """

    operation_id: OperationId
    trigger_price: Price | None
    quote: QuoteUsed | None
    triggered_ns: int


@record
class HeldOrderAmended:
    """A held order or a parent was changed; no venue knows it, so that it is so at once."""

    operation_id: OperationId
    amend_id: AmendId
    quantity: Quantity
    price: Price | None
    trigger_price: Price | None
    principal: Principal
    reason: str
    amended_ns: int


@record
class OrderReleased:
    """The order may leave for its venue as soon as this fact is durable; its worst case is reserved.

    `quantity` is what leaves where that is less than was asked (the order it comes after, or one of its OCO group,
    traded less or more); None: all of it.
    """

    operation_id: OperationId
    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    released_ns: int
    quantity: Quantity | None = None


@record
class OrderUnsent:
    """A send of the order is proven never to have left: it waits with us again, and `reason` says why.

    `times` counts such sends, `quantity` is what the order is for again, and no send is tried before `try_again_ns`.
    The client order id of that send is never used again.
    """

    operation_id: OperationId
    reason: str
    times: int
    quantity: Quantity
    try_again_ns: int
    learnt_ns: int


@record
class OrderRefused:
    """We refused the order, and it was never sent. Terminal: REJECTED."""

    operation_id: OperationId
    code: str
    reason: str
    refused_ns: int


@record
class OrderAcknowledged:
    """The venue said that it holds the order."""

    operation_id: OperationId
    status: OrderStatus
    venue_order_id: VenueOrderId | None
    venue_time_ns: int
    learnt_ns: int


class FoundBy(StrEnum):
    """How a trade came to be known."""

    STREAM = "STREAM"  # the venue told it as it happened
    QUESTION = "QUESTION"  # it was missing, and found by asking


@record
class OrderFilled:
    """One trade. `operation_id` and `status` are None for a trade that no order of ours explains (UNATTRIBUTED).

    `filled_quantity` and `average_price` are the order's, this trade included.
    """

    operation_id: OperationId | None
    status: OrderStatus | None
    filled_quantity: Decimal
    average_price: Decimal
    strategy_id: StrategyId
    account: AccountId
    instrument: InstrumentKey
    trade_id: TradeId
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    liquidity: Liquidity | None
    venue_order_id: VenueOrderId | None
    found_by: FoundBy
    venue_time_ns: int
    learnt_ns: int
    revision: int = 1  # of what the venue said of it, as it was first counted


@record
class OrderRejected:
    """The order is not at the venue and never will be: the venue said so, or it is proven never sent."""

    operation_id: OperationId
    code: str
    reason: str
    learnt_ns: int


@record
class OrderCanceled:
    """The venue said that the order is canceled, or it was held by us and never left (`venue_time_ns` is 0 then)."""

    operation_id: OperationId
    reason: str
    venue_time_ns: int
    learnt_ns: int


@record
class OrderExpired:
    """The order's time ran out: its venue said so, took it back at our word, or it was held and never left."""

    operation_id: OperationId
    reason: str
    venue_time_ns: int
    learnt_ns: int


@record
class OrderUnconfirmed:
    """Released, outcome unknown; its reservation stays until the venue gives evidence."""

    operation_id: OperationId
    reason: str
    since_ns: int


@record
class OrderUnseen:
    """The venue answered that it knows no such order; twice, late enough, is evidence."""

    operation_id: OperationId
    asked_ns: int
    learnt_ns: int


@record
class CancelRequested:
    """Somebody asked to take the order back, or (`expired`) its time has come where its venue does not end it."""

    operation_id: OperationId
    status: OrderStatus  # an UNCONFIRMED order stays so
    principal: Principal
    reason: str
    requested_ns: int
    expired: bool = False


@record
class CancelWasRefused:
    """The venue would not cancel; the order works on until it says otherwise."""

    operation_id: OperationId
    status: OrderStatus
    reason: str
    learnt_ns: int


@record
class AmendRequested:
    """Somebody asked to amend; until the venue's word the larger of both quantities stays reserved."""

    operation_id: OperationId
    status: OrderStatus
    amend_id: AmendId
    quantity: Quantity
    price: Price
    principal: Principal
    reason: str
    requested_ns: int


@record
class OrderAmended:
    """The venue works the order with this whole quantity and price from here on."""

    operation_id: OperationId
    status: OrderStatus
    quantity: Quantity
    price: Price
    venue_order_id: VenueOrderId | None
    venue_time_ns: int
    learnt_ns: int


@record
class AmendWasRefused:
    """The venue did not amend: the order is as it was, or its trades have ended it."""

    operation_id: OperationId
    status: OrderStatus
    reason: str
    learnt_ns: int


@record
class OrderTombstoned:
    """A cancel came before its submit: a submit with this operation id is refused."""

    operation_id: OperationId
    principal: Principal
    reason: str
    requested_ns: int
