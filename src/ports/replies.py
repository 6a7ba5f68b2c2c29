"""What a caller is told. A refusal is a value here; failures are exceptions of `ports.errors`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ports.facts import QuoteUsed, RouteDecided, Verdict
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, OperationId, VenueId
from ports.views import OrderView


@record
class OrderReply:
    """The order as it now is. `repeated`: this operation id and content were known before."""

    order: OrderView
    repeated: bool = False


@record
class OperationConflict:
    """The operation id belongs to an order with other content; nothing was recorded."""

    operation_id: OperationId
    reason: str


@record
class InvalidOrder:
    """The terms cannot be an order of that instrument; nothing was recorded."""

    field: str
    value: str
    remedy: str


@record
class CancelReply:
    """What the cancel found: `order` is None where the operation id is not known (its submit is now refused)."""

    operation_id: OperationId
    order: OrderView | None


@record
class AmendReply:
    """What became of an amend: `code` is empty where it was asked of the venue (or was before, by the same id).

    `order` is None where the operation id is not known. Where `code` says why not, nothing was recorded.
    """

    operation_id: OperationId
    order: OrderView | None
    code: str = ""
    reason: str = ""


@record
class CheckReply:
    """What would become of an order now; `code` is empty where it would go. Empty route fields: it has none.

    `price` is what it would be valued at (None: no price is known), `notional_usd` its value then.
    """

    allowed: bool
    code: str
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    price: Decimal | None = None
    notional_usd: Decimal | None = None
    venue: VenueId | None = None
    account: AccountId | None = None
    instrument: InstrumentKey | None = None
    route_reason: str = ""
    quotes: tuple[QuoteUsed, ...] = ()
    routed: RouteDecided | None = None  # the sums, where the smart router chose


@record
class CancelAllReply:
    """The orders whose cancel was requested by this command, oldest first; empty means none was open."""

    operation_ids: Sequence[OperationId]


@record
class ControlReply:
    """A halt, resume, limit, position or break is as was asked. `changed` is False where it already was.

    A halt says which orders it takes back, and which orders of its own close positions; and whether its scope is one
    that nobody has heard of yet: then it stands, and covers nothing so far.
    """

    changed: bool
    cancelled: Sequence[OperationId] = ()
    closing: Sequence[OperationId] = ()
    is_unheard_of: bool = False  # of a halt or resume
    waits_as: str = ""  # of limits: the proposal that waits for a second person; they are not in force


@record
class NotPermitted:
    """Somebody may not do that: another person has to. Nothing was recorded."""

    field: str
    value: str
    remedy: str


@record
class UnknownSubject:
    """What a command is about (a break, a trade) is not there; nothing was recorded."""

    field: str
    value: str
    remedy: str


type Reply = (
    OrderReply
    | OperationConflict
    | InvalidOrder
    | CancelReply
    | AmendReply
    | CancelAllReply
    | CheckReply
    | ControlReply
    | UnknownSubject
    | NotPermitted
)
