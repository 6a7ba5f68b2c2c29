"""Positions that should have been closed and are not: a stop that came to nothing, closing orders refused in a row.

Both lose money while nobody looks, so each is a break: open until the position is closed, or a person settles it.
"""

from __future__ import annotations

from core.orders.order import Order
from core.positions.ledger import PositionKey
from core.reconciliation.patience import MOST_CLOSINGS_IN_VAIN
from core.reconciliation.steps import open_break
from core.turn import Turn
from ports.facts import (
    BreakKind,
    BreakSettled,
    Fact,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRefused,
    OrderRejected,
    PositionAdjusted,
)
from ports.values import SYSTEM, plain


def tell_of_unclosed(turn: Turn, fact: Fact) -> None:
    """Open a break where an end of an order leaves open what it was to close; settle it where that is closed."""
    match fact:
        case OrderRejected() | OrderRefused() | OrderCanceled() | OrderExpired():
            _ended(turn, fact)
        case OrderFilled() | PositionAdjusted() if turn.book.breaks:
            _moved(turn, (fact.account, fact.strategy_id, fact.instrument))
        case _:
            pass


def _ended(turn: Turn, fact: OrderRejected | OrderRefused | OrderCanceled | OrderExpired) -> None:
    order = turn.book.oms.recorded(fact.operation_id)
    if order.account is None or order.cancel_requested or not (order.principal == SYSTEM or _is_met_stop(order)):
        return
    key = (order.account, order.terms.strategy_id, order.instrument)
    held = -order.terms.side.sign * turn.book.positions.quantity(*key)
    if held <= 0:
        return
    if order.principal == SYSTEM:
        times = turn.book.closings.times(key)
        if times >= MOST_CLOSINGS_IN_VAIN:
            said = f"{times} orders in a row to close {plain(held)} came to nothing, the last one {order.status}"
            _open(turn, BreakKind.CLOSING_REFUSED, key, f"{said}: {order.reason}")
    elif order.release is not None or isinstance(fact, OrderRefused):  # else we ended it, because it had no use left
        said = f"{order.terms.operation_id} was met and ended {order.status}, and {plain(held)} is open still"
        _open(turn, BreakKind.STOP_FAILED, key, f"{said}: {order.reason}")


def _is_met_stop(order: Order) -> bool:
    return order.triggered is not None and order.terms.order_type.is_stop


def _moved(turn: Turn, key: PositionKey) -> None:
    if turn.book.positions.quantity(*key):
        return
    for kind in (BreakKind.CLOSING_REFUSED, BreakKind.STOP_FAILED):
        break_id = _name(kind, key)
        if break_id in turn.book.breaks:
            how = "the position is closed"
            turn.fact(BreakSettled(break_id=break_id, how=how, principal=None, settled_ns=turn.now_ns))


def _open(turn: Turn, kind: BreakKind, key: PositionKey, detail: str) -> None:
    account, _, instrument = key
    open_break(turn, _name(kind, key), kind, account, instrument, detail)


def _name(kind: BreakKind, key: PositionKey) -> str:
    return "|".join((kind.lower().replace("_", "-"), *key))
