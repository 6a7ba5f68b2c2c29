"""One order as the book holds it; it changes only by its facts."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ports.commands import NORMAL, OrderTerms
from ports.facts import (
    AmendRequested,
    HeldOrderAmended,
    OrderFilled,
    OrderReleased,
    OrderTriggered,
    ParentStarted,
    RouteDecided,
)
from ports.instruments import InstrumentKey
from ports.records import maker
from ports.values import (
    ZERO,
    AccountId,
    AmendId,
    ClientOrderId,
    DecisionId,
    OrderId,
    OrderStatus,
    Price,
    Principal,
    Quantity,
    TimeInForce,
    VenueId,
    VenueOrderId,
    divide,
    plain,
)
from ports.views import FillView, OrderView

_new_order_view: Final = maker(OrderView)
_new_fill_view: Final = maker(FillView)

_DAY_NS: Final = 24 * 60 * 60 * 1_000_000_000


class Order:
    """The state of one order. `filled_value` is the sum of quantity times price of its trades, exact."""

    __slots__ = (
        "account", "acknowledged", "amended_ns", "amending", "amends", "awaited_since_ns", "cancel_asked_ns",
        "cancel_may_outrun", "cancel_reason", "cancel_requested",
        "children", "content_hash",
        "created_ns",
        "decision_id", "expiring", "filled_quantity", "filled_value", "fills", "instrument", "notices",
        "order_id", "parent", "price",
        "principal", "quantity",
        "reason", "reason_code", "release", "route", "started", "status", "terms", "times_unseen", "times_unsent",
        "trigger_price", "triggered",
        "try_again_ns", "unseen_asked_ns", "updated_ns",
        "valued_at", "venue", "venue_order_id", "volume_seen", "wanted",
    )  # fmt: skip

    def __init__(
        self, terms: OrderTerms, order_id: OrderId, content_hash: str, principal: Principal, created_ns: int
    ) -> None:
        self.terms = terms
        self.order_id = order_id
        self.content_hash = content_hash
        self.principal = principal
        self.created_ns = self.updated_ns = created_ns
        self.instrument: InstrumentKey = terms.instrument
        self.venue: VenueId | None = None
        self.account: AccountId | None = None
        self.venue_order_id: VenueOrderId | None = None
        self.decision_id = DecisionId("")
        self.valued_at: Decimal | None = None  # what a unit was valued at when risk decided
        self.status = OrderStatus.PENDING
        self.reason_code = self.reason = ""
        self.release: OrderReleased | None = None
        self.route: RouteDecided | None = None  # the smart router's newest decision on it
        self.awaited_since_ns = 0  # when it was released, last asked to be canceled, or came into doubt
        self.acknowledged = False
        self.cancel_requested = False
        self.cancel_asked_ns: int | None = None  # when it was last asked for, whatever became of that
        self.cancel_may_outrun = False  # it was asked for before its venue was known to hold the order
        self.cancel_reason = ""  # of the newest cancel
        self.expiring = False  # its cancel was asked for because its time had come
        self.times_unseen = 0
        self.unseen_asked_ns = 0  # when the last question was asked to which the venue said that it knows no such order
        self.times_unsent = self.try_again_ns = 0  # sends proven never to have left; none is tried before that time
        self.filled_quantity = self.filled_value = ZERO
        self.fills: list[OrderFilled] = []
        self.quantity: Quantity = terms.quantity  # what its venue works it with: as asked, or as amended since
        self.wanted: Quantity = terms.quantity  # what it is for while it waits with us, of which less may leave
        self.price: Price | None = terms.price
        self.trigger_price: Price | None = terms.trigger_price  # as asked, as amended, or as it has trailed
        self.triggered: OrderTriggered | None = None  # what a held order waited for has come
        self.parent: Order | None = None  # the order that an algorithm works by this one
        self.children: list[Order] = []  # in the order of their numbers
        self.started: ParentStarted | None = None  # an algorithm works it
        self.volume_seen: Decimal | None = None  # of a parent: public volume since its start, as its plan last used it
        self.notices: tuple[str, ...] = ()  # codes of what is not as one would expect of its plan, each once
        self.amending: AmendRequested | None = None  # an amend that the venue has not answered
        self.amends: dict[AmendId, AmendRequested | HeldOrderAmended] = {}  # all that were asked for, the newest last
        self.amended_ns: int | None = None  # when an amend was last asked for or learnt: older answers lack it

    @property
    def is_open(self) -> bool:
        """True where the order was released and may still trade, as far as we know."""
        return self.release is not None and not self.status.is_terminal

    @property
    def is_held(self) -> bool:
        """True where it waits with us: nothing of it is reserved, and no venue knows it."""
        return self.status is OrderStatus.HELD

    @property
    def is_parent(self) -> bool:
        """True where an algorithm works it, or has."""
        return self.started is not None

    @property
    def is_split(self) -> bool:
        """True where the smart router works it by legs, or has."""
        return self.started is not None and self.terms.exec_algorithm == NORMAL

    @property
    def is_worked(self) -> bool:
        """True where an algorithm works it still."""
        return self.started is not None and not self.status.is_terminal

    @property
    def expires_ns(self) -> int | None:
        """When its time in force ends; None where it has no end of its own."""
        if self.terms.time_in_force is TimeInForce.DAY:
            return (self.created_ns // _DAY_NS + 1) * _DAY_NS
        return self.terms.expire_time_ns

    @property
    def client_order_id(self) -> ClientOrderId | None:
        """What its venue knows it by; None until it was released."""
        return None if self.release is None else self.release.client_order_id

    def released(self) -> OrderReleased:
        """Return how an open order was released.

        Raises:
            LookupError: it never was; only open orders may be asked.
        """
        if self.release is None:
            raise LookupError(f"{self.terms.operation_id} was never released")
        return self.release

    @property
    def remaining(self) -> Decimal:
        """What is not filled of it; zero where the venue overfilled."""
        return max(self.quantity - self.filled_quantity, ZERO)

    @property
    def reserved(self) -> Decimal:
        """What it may still trade at its worst, an unanswered amend counted; zero where it is not open."""
        if not self.is_open:
            return ZERO
        if self.amending is None:
            return self.remaining
        return max(self.amending.quantity - self.filled_quantity, self.remaining)

    @property
    def average_price(self) -> Decimal | None:
        """Quantity-weighted average price of its trades; None where there is none."""
        return divide(self.filled_value, self.filled_quantity) if self.filled_quantity else None

    @property
    def working_status(self) -> OrderStatus:
        """The status of an order that its venue holds: by what is filled and what is asked of the venue."""
        return self.status_with(self.quantity, amending=self.amending is not None)

    def status_with(self, quantity: Quantity, *, amending: bool) -> OrderStatus:
        """Return the status of an open order that is worked with `quantity`; one that is not confirmed stays so."""
        if self.filled_quantity >= quantity and not amending:
            return OrderStatus.FILLED
        if self.cancel_requested:
            return OrderStatus.PENDING_CANCEL
        if amending:
            return OrderStatus.PENDING_AMEND
        return OrderStatus.PARTIALLY_FILLED if self.filled_quantity else OrderStatus.ACCEPTED

    def view(self) -> OrderView:
        """Return the order as callers read it."""
        terms = self.terms
        return _new_order_view(
            operation_id=terms.operation_id,
            order_id=self.order_id,
            strategy_id=terms.strategy_id,
            instrument=self.instrument,
            venue=self.venue,
            account=self.account,
            side=terms.side,
            order_type=terms.order_type,
            time_in_force=terms.time_in_force,
            quantity=self.quantity,
            price=self.price,
            status=self.status,
            filled_quantity=self.filled_quantity,
            average_price=self.average_price,
            fills=[_fill_view(fill) for fill in self.fills],
            reason_code=self.reason_code,
            reason=self.reason,
            decision_id=self.decision_id,
            client_order_id=self.client_order_id,
            venue_order_id=self.venue_order_id,
            exec_algorithm=terms.exec_algorithm,
            created_ns=self.created_ns,
            updated_ns=self.updated_ns,
            tags=terms.tags,
            trigger_price=self.trigger_price,
            trailing_offset=terms.trailing_offset,
            reduce_only=terms.reduce_only,
            display_quantity=terms.display_quantity,
            oco_group=terms.oco_group,
            after_operation_id=terms.after_operation_id,
            parent_operation_id=terms.parent_operation_id,
        )

    def canonical(self) -> tuple[object, ...]:
        """Return everything that facts made of this order, in one fixed shape, for byte-for-byte comparison."""
        return (
            self.terms.operation_id, self.order_id, self.content_hash, str(self.status), self.instrument, self.venue,
            self.account, self.client_order_id, self.venue_order_id, self.decision_id, self.reason_code, self.reason,
            self.created_ns, self.updated_ns, self.is_open, self.awaited_since_ns, self.acknowledged,
            self.cancel_requested, self.times_unseen, self.unseen_asked_ns, plain(self.filled_quantity),
            plain(self.quantity),
            None if self.price is None else plain(self.price), tuple(self.amends), self.amending is not None,
            None if self.trigger_price is None else plain(self.trigger_price), self.triggered is not None,
            self.times_unsent, self.try_again_ns, plain(self.wanted),
            self.expiring, self.amended_ns, self.cancel_asked_ns, self.cancel_may_outrun, self.is_parent, self.notices,
            None if self.volume_seen is None else plain(self.volume_seen), self.cancel_reason,
            None if self.route is None else (self.route.decided_ns, plain(self.route.reference_price)),
            tuple([child.terms.operation_id for child in self.children]),
            plain(self.filled_value), tuple([fill.trade_id for fill in self.fills]),
        )  # fmt: skip


def _fill_view(fill: OrderFilled) -> FillView:
    return _new_fill_view(
        trade_id=fill.trade_id,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        liquidity=fill.liquidity,
        venue=fill.instrument.venue,
        venue_order_id=fill.venue_order_id,
        venue_time_ns=fill.venue_time_ns,
    )
