"""The orders of a session as facts tell of them: when each arrived, left, traded and ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ports.commands import OrderTerms
from ports.facts import (
    HeldOrderAmended,
    OrderAmended,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderReleased,
    OrderRouted,
    OrderTriggered,
    ParentStarted,
    QuoteUsed,
    status_after,
)
from ports.instruments import MULTI, InstrumentKey
from ports.journal import Entry
from ports.values import OperationId, OrderStatus, VenueId

_LATE_NS: Final = 1_000_000_000  # how much later we may learn of a trade and still call that its time


@dataclass(slots=True, kw_only=True)
class WorkedOrder:
    """One order: its children's trades are not its own. `arrived_ns` is None while it waits for what it is held for."""

    terms: OrderTerms
    recorded_ns: int
    arrived_ns: int | None
    instrument: InstrumentKey
    quantity: Decimal
    status: OrderStatus = OrderStatus.PENDING
    venue: VenueId | None = None
    is_parent: bool = False
    released_ns: int | None = None
    ended_ns: int | None = None
    fills: list[OrderFilled] = field(default_factory=list)


def worked_orders(entries: Iterable[Entry]) -> dict[OperationId, WorkedOrder]:
    """Return every order that was recorded among `entries`, in that order; one from before is left out."""
    orders: dict[OperationId, WorkedOrder] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, OrderRecorded):
            orders[fact.operation_id] = WorkedOrder(
                terms=fact.terms,
                recorded_ns=fact.recorded_ns,
                arrived_ns=fact.recorded_ns,
                instrument=fact.terms.instrument,
                quantity=fact.terms.quantity,
            )
            continue
        operation_id: OperationId | None = getattr(fact, "operation_id", None)
        order = None if operation_id is None else orders.get(operation_id)
        if order is not None:
            _take(order, entry)
    return orders


def quotes_used(entries: Iterable[Entry]) -> Iterable[QuoteUsed]:
    """Yield every quote that a decision kept with its facts."""
    for entry in entries:
        if isinstance(entry.fact, OrderRouted):
            yield from entry.fact.quotes
        elif isinstance(entry.fact, OrderTriggered) and entry.fact.quote is not None:
            yield entry.fact.quote


def traded_ns(fill: OrderFilled) -> int:
    """Return when a trade happened: when we learnt of it, or by the venue's clock where that was much earlier."""
    is_late = fill.learnt_ns - fill.venue_time_ns > _LATE_NS and fill.venue_time_ns > 0
    return fill.venue_time_ns if is_late else fill.learnt_ns


def _take(order: WorkedOrder, entry: Entry) -> None:
    match entry.fact:
        case OrderRouted() as fact:
            order.venue = fact.venue
            if fact.venue != MULTI:
                order.instrument = fact.instrument
        case OrderHeld():
            order.arrived_ns = None
        case OrderTriggered() as fact:
            order.arrived_ns = fact.triggered_ns
        case OrderReleased() as fact:
            order.released_ns = fact.released_ns if order.released_ns is None else order.released_ns
            order.quantity = fact.quantity or order.quantity
        case OrderAmended() | HeldOrderAmended() as fact:
            order.quantity = fact.quantity
        case ParentStarted():
            order.is_parent = True
        case OrderFilled() as fact:
            order.fills.append(fact)
    _take_status(order, entry)


def _take_status(order: WorkedOrder, entry: Entry) -> None:
    status = status_after(entry.fact)
    if status is None or (order.status.is_terminal and not status.is_terminal):
        return
    if status.is_terminal and order.ended_ns is None:
        order.ended_ns = entry.ts_ns
    order.status = status
