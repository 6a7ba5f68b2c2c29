"""`terminal_on_evidence`: no order ends on our own say, unless it never left."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from core.invariants.run import Finding, RecordedRun, Tally
from ports.facts import (
    AmendWasRefused,
    BreakKind,
    BreakOpened,
    HeldOrderAmended,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderUnseen,
    OrderUnsent,
    ParentEnded,
    ParentProgressed,
    ParentStarted,
    status_after,
)
from ports.journal import Entry
from ports.values import OperationId, OrderStatus

TIMES_UNSEEN: Final = 2
_VENUE_SPOKE: Final = frozenset({"OrderStatusReport", "OrderEvidence"})
_VENUE_DOES_NOT_KNOW: Final = frozenset({"OrderNotFound"})
_NOT_SENT: Final = frozenset({"OrderNotSent"})


@dataclass(slots=True)
class _Known:
    """What the journal says of one order so far."""

    quantity: Fraction
    filled: Fraction = Fraction(0)
    released_ns: int | None = None
    held_by_us: bool = False
    held_by_venue: bool = False
    unseen_asked_ns: list[int] = field(default_factory=list)
    ended_as: OrderStatus | None = None
    is_parent: bool = False  # an algorithm works it: no venue ever knows it
    children: list[_Known] = field(default_factory=list)

    @property
    def is_unseen(self) -> bool:
        """The venue said twice, to two questions asked after the release, that it knows no such order."""
        return self.released_ns is not None and len(set(self.unseen_asked_ns)) >= TIMES_UNSEEN


def terminal_on_evidence(run: RecordedRun) -> Finding:
    """Every end of an order rests on its venue's word, or on never having been sent; examines ends."""
    tally = Tally()
    orders: dict[OperationId, _Known] = {}
    gone = {
        entry.fact.break_id.removeprefix("gone-")
        for entry in run.entries
        if isinstance(entry.fact, BreakOpened) and entry.fact.kind is BreakKind.GONE_FROM_VENUE
    }
    for entry in run.entries:
        fact = entry.fact
        if isinstance(fact, OrderRecorded):
            known = orders[fact.operation_id] = _Known(Fraction(fact.terms.quantity))
            parent = orders.get(fact.terms.parent_operation_id or OperationId(""))
            if parent is not None:
                parent.children.append(known)
            continue
        operation_id = getattr(fact, "operation_id", None)
        order = orders.get(operation_id) if operation_id is not None else None
        if order is None:
            continue
        if isinstance(fact, OrderUnsent):
            proven = entry.cause.partition(":")[0] in _NOT_SENT and not order.held_by_venue
            tally.saw()
            tally.expect(proven, f"seq {entry.seq}: {operation_id} is held again, and not proven never sent")
        _learn(order, entry)
        status = status_after(fact)
        if status is None:
            continue
        if order.ended_as is not None:
            is_trade = isinstance(fact, OrderFilled | ParentProgressed)
            tally.expect(is_trade, f"seq {entry.seq}: {operation_id} moved from {order.ended_as} without a trade")
        if status.is_terminal and status is not order.ended_as:
            tally.saw()
            if order.is_parent:
                lacking = _what_a_parent_lacks(order, entry)
            else:
                lacking = _what_is_lacking(order, entry, operation_id in gone)
            tally.expect(not lacking, f"seq {entry.seq}: {operation_id} became {status} {lacking}")
        order.ended_as = status if status.is_terminal else None
    return tally.finding()


def _learn(order: _Known, entry: Entry) -> None:  # noqa: C901 - the one place that branches
    match entry.fact:
        case OrderHeld():
            order.held_by_us = True
        case HeldOrderAmended() as fact:
            order.quantity = Fraction(fact.quantity)
        case OrderReleased() as fact:
            order.released_ns, order.held_by_us = fact.released_ns, False
            order.quantity = order.quantity if fact.quantity is None else Fraction(fact.quantity)
        case OrderUnsent() as fact:
            order.released_ns, order.held_by_us, order.unseen_asked_ns = None, True, []
            order.quantity = Fraction(fact.quantity)
        case OrderAcknowledged():
            order.held_by_venue, order.unseen_asked_ns = True, []
        case OrderFilled() as fact:
            order.held_by_venue, order.unseen_asked_ns = True, []
            order.filled += Fraction(fact.quantity)
        case OrderAmended() as fact:
            order.quantity, order.held_by_venue = Fraction(fact.quantity), True
        case ParentStarted():
            order.is_parent = True
        case ParentProgressed():
            order.filled = sum([child.filled for child in order.children], Fraction(0))
        case OrderUnseen() as fact if order.released_ns is not None and fact.asked_ns > order.released_ns:
            order.unseen_asked_ns.append(fact.asked_ns)
        case _:
            pass


def _what_is_lacking(order: _Known, entry: Entry, gone: bool) -> str:
    """Return in words why an end is not proven; empty where it is."""
    cause = entry.cause.partition(":")[0]
    match entry.fact:
        case OrderRefused():
            return "" if order.released_ns is None else "by our refusal, and it had been released"
        case _ if order.released_ns is None:
            ours_to_end = order.held_by_us and isinstance(entry.fact, OrderCanceled | OrderExpired)
            return "" if ours_to_end else "and it was never released"
        case OrderFilled() | OrderAmended() | AmendWasRefused():  # an amend settles how much is whole
            return "" if order.filled >= order.quantity else f"with {order.filled} of {order.quantity} filled"
        case OrderExpired():
            return "" if cause in _VENUE_SPOKE else f"on the word of {entry.cause}"
        case OrderCanceled() if cause in _VENUE_DOES_NOT_KNOW:
            proven = order.is_unseen and order.held_by_venue and gone
            return "" if proven else "as gone, without two answers or without a break"
        case OrderCanceled():
            return "" if cause in _VENUE_SPOKE else f"on the word of {entry.cause}"
        case OrderRejected(code="VENUE_REJECTED"):
            return "" if cause in _VENUE_SPOKE else f"on the word of {entry.cause}"
        case OrderRejected(code="NOT_SENT" | "RISK_FUNDS"):  # asked after the release, before anything was sent
            return "" if cause in _NOT_SENT and not order.held_by_venue else "as not sent, which is not proven"
        case OrderRejected(code="NEVER_REACHED_VENUE"):
            proven = cause in _VENUE_DOES_NOT_KNOW and order.is_unseen and not order.held_by_venue
            return "" if proven else "as never seen, without two answers"
        case _:
            return f"by a fact that proves nothing: {entry.fact}"


def _what_a_parent_lacks(order: _Known, entry: Entry) -> str:
    """Return in words why the end of an order that an algorithm worked is not proven: it rests on its children's."""
    match entry.fact:
        case ParentEnded() | ParentProgressed() as fact:
            if any(child.ended_as is None for child in order.children):
                return "while a child of it had not ended"
            if fact.status is OrderStatus.FILLED and order.filled < order.quantity:
                return f"with {order.filled} of {order.quantity} filled"
            return ""
        case _:
            return f"by a fact that proves nothing of a parent: {entry.fact}"
