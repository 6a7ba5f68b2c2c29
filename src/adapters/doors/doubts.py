"""What is not known of an UNCONFIRMED order, and how its venue was asked, from the facts of its life."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from adapters.doors.render import Plain
from ports.facts import CancelRequested, OrderAcknowledged, OrderFilled, OrderUnconfirmed, OrderUnseen
from ports.projections import OrderHistory, Queries
from ports.values import OrderStatus
from ports.views import OrderView

_DOUBT: Final = OrderUnconfirmed.__name__
_UNSEEN: Final = OrderUnseen.__name__
_CANCEL: Final = CancelRequested.__name__
_WORDS: Final = frozenset({OrderAcknowledged.__name__, OrderFilled.__name__})  # after which nobody doubts any more


async def doubts(queries: Queries, orders: Iterable[OrderView], now_ns: int) -> dict[str, Plain]:
    """Return the doubt about every UNCONFIRMED order of a page by its operation id; usually there is none.

    Raises:
        NotYetVisibleError: as the queries.
    """
    found: dict[str, Plain] = {}
    for order in orders:
        if order.status is OrderStatus.UNCONFIRMED:
            history = await queries.order(order.operation_id)
            doubt = None if history is None else doubt_of(history, now_ns)
            if doubt is not None:
                found[order.operation_id] = doubt
    return found


def doubt_of(history: OrderHistory, now_ns: int) -> Plain | None:
    """Return since when and why an order is UNCONFIRMED, and what its venue was asked; None where it is not."""
    if history.order.status is not OrderStatus.UNCONFIRMED:
        return None
    doubt: dict[str, Any] = {}
    times_unseen = asked_ns = 0
    cancel: dict[str, Any] = {}
    for event in history.timeline:
        if event.kind == _DOUBT:
            doubt = dict(event.body)
        elif event.kind == _UNSEEN:
            times_unseen, asked_ns = times_unseen + 1, int(event.body["asked_ns"])
        elif event.kind == _CANCEL:
            cancel = dict(event.body)
        elif event.kind in _WORDS:
            times_unseen = asked_ns = 0
    if not doubt:
        return None
    return {
        "since_ns": doubt["since_ns"],
        "age_ns": max(now_ns - int(doubt["since_ns"]), 0),
        "reason": doubt["reason"],
        "times_unseen": times_unseen,
        "unseen_asked_ns": asked_ns,
        "cancel_requested_ns": cancel.get("requested_ns", 0),
    }
