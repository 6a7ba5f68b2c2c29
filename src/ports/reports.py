"""What a venue said, before we believe it: a plugin's words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from ports.capabilities import Abilities
from ports.instruments import Instrument, InstrumentKey
from ports.records import record
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
    VenueId,
    VenueOrderId,
)


class VenueOrderStatus(StrEnum):
    """The states a venue can report. `ACCEPTED` covers a partly filled order: fills say how far it is."""

    ACCEPTED = "ACCEPTED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@record
class OrderStatusReport:
    """The venue says where an order is.

    `REJECTED` is said only where the venue answered so with a definitive code; a time-out, a 5xx, or an answer
    that the adapter cannot read is `OrderOutcomeUnknown`. An end (CANCELED, EXPIRED, REJECTED of an order that worked)
    says how much was filled: one that does not is asked about before it is believed, because trades may be missing.
    """

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    status: VenueOrderStatus
    venue_order_id: VenueOrderId | None = None
    filled_quantity: Decimal | None = None  # None: the venue did not say, which is no end
    quantity: Quantity | None = None  # the whole quantity it works with; None: the venue did not say
    price: Price | None = None  # None: the venue did not say, or it is a market order
    reason: str = ""
    venue_time_ns: int = 0


class FillCause(StrEnum):
    """What made a trade happen."""

    ORDER = "ORDER"  # somebody's order
    LIQUIDATION = "LIQUIDATION"  # the venue closed a position for want of margin
    DELEVERAGING = "DELEVERAGING"  # the venue closed a winner's position against a loser's (ADL)


@record
class FillReport:
    """The venue says that one trade happened. A repeat carries the same `trade_id`.

    So does a correction, whole and with a higher `revision`: what the venue says of the trade from then on, a fee that
    came late included; with a `quantity` of zero it is annulled.
    """

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId | None  # None: placed by hand, or by another program
    venue_order_id: VenueOrderId | None
    trade_id: TradeId
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    liquidity: Liquidity | None  # None: the venue did not say
    venue_time_ns: int
    cause: FillCause = FillCause.ORDER
    revision: int = 1
    corrects_only: bool = False  # older than what was asked for, and told for its correction: nothing where not counted


@record
class FundingReport:
    """The venue says that funding was paid on a position. A repeat carries the same `payment_id`.

    `amount` is what the account received (negative: paid). `position` is what the venue reckoned it on, signed; None
    where it does not say.
    """

    account: AccountId
    instrument: InstrumentKey
    payment_id: TradeId
    amount: Money
    position: Decimal | None
    venue_time_ns: int


@record
class VenueMargin:
    """What a venue says an account must keep as margin: as it is, with one more order, and what there is for it."""

    currency: Currency
    before: Decimal
    needed: Decimal
    has: Decimal

    @property
    def is_enough(self) -> bool:
        """Whether the order leaves no more needed than there is, or at least no more than before."""
        return self.needed <= max(self.has, self.before)


@record
class OrderNotSent:
    """The worker proves that nothing of this order was transmitted; `margin`: because its venue says that it lacks."""

    account: AccountId
    client_order_id: ClientOrderId
    reason: str
    margin: VenueMargin | None = None


@record
class OrderOutcomeUnknown:
    """The order may be at the venue; nobody knows (time-out, disconnect, 5xx, unreadable answer)."""

    account: AccountId
    client_order_id: ClientOrderId
    reason: str


@record
class CancelRefused:
    """The venue would not cancel (too late, unknown order); the order's own state is not settled by this."""

    account: AccountId
    client_order_id: ClientOrderId
    reason: str


@record
class AmendReport:
    """The venue works the order with this whole quantity and price from now on."""

    account: AccountId
    instrument: InstrumentKey
    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId | None
    quantity: Quantity
    price: Price
    venue_time_ns: int = 0


@record
class AmendRefused:
    """The venue would not amend, or cannot; the order works on as it was, or has ended."""

    account: AccountId
    client_order_id: ClientOrderId
    reason: str


@record
class OrderEvidence:
    """The venue's answer to a direct question about one order: its state and all its fills.

    `asked_ns` is when the question left (the worker says so); what happened after it, the answer may not know.
    """

    status: OrderStatusReport
    fills: Sequence[FillReport] = ()
    asked_ns: int = 0


@record
class OrderNotFound:
    """The venue answered a direct question: it knows no such order."""

    account: AccountId
    client_order_id: ClientOrderId
    asked_ns: int


@record
class QueryUnanswered:
    """A direct question got no answer; nothing was learnt."""

    account: AccountId
    client_order_id: ClientOrderId
    reason: str


@record
class VenuePosition:
    """What an account holds of an instrument, as its venue says; negative where short, zero where flat."""

    instrument: InstrumentKey
    quantity: Decimal


@record
class VenueBalance:
    """What an account has of a currency, as its venue says."""

    currency: Currency
    total: Decimal
    free: Decimal


@record
class AccountStatement:
    """The venue's whole word on an account, every part of it asked at or after `asked_ns`.

    `fills` and `funding` are those at or after the time that was asked for. `positions` (those that are not listed are
    flat) and `balances` are None where the venue keeps none.
    """

    account: AccountId
    asked_ns: int
    open_orders: Sequence[OrderStatusReport]
    fills: Sequence[FillReport]
    positions: Sequence[VenuePosition] | None
    balances: Sequence[VenueBalance] | None
    funding: Sequence[FundingReport] = ()


@record
class StatementUnanswered:
    """At least one part of a statement got no answer; nothing was learnt."""

    account: AccountId
    reason: str


@record
class SessionUp:
    """A venue session is connected and its reports arrive. `instruments` is what it lists, whole."""

    account: AccountId
    venue: VenueId
    instruments: Sequence[Instrument]
    abilities: Abilities


@record
class SessionDown:
    """A venue session is gone or silent; what it was told since its last report is unknown."""

    account: AccountId
    venue: VenueId
    reason: str


type Report = (
    OrderStatusReport
    | FillReport
    | FundingReport
    | OrderNotSent
    | OrderOutcomeUnknown
    | CancelRefused
    | AmendReport
    | AmendRefused
    | OrderEvidence
    | OrderNotFound
    | QueryUnanswered
    | AccountStatement
    | StatementUnanswered
    | SessionUp
    | SessionDown
)
