"""Orders that must not work on, whatever their venue says to the first cancel."""

from __future__ import annotations

from core.orders.order import Order
from core.risk.halts import Whereabouts
from core.turn import Turn
from ports.commands import HaltMode


def must_go(turn: Turn, order: Order) -> bool:
    """Say whether an open order must be taken back for what has become of everything else, and not by a wish alone.

    Its time is over, its OCO group has traded, it is to reduce only and could open, or a halt that cancels covers it.
    """
    return order.expiring or _is_replaced(turn, order) or _could_open(turn, order) or _is_halted(turn, order)


def _is_replaced(turn: Turn, order: Order) -> bool:
    return any(one.filled_quantity for one in turn.book.oms.contingent.siblings(order))


def _could_open(turn: Turn, order: Order) -> bool:
    terms = order.terms
    if not terms.reduce_only or order.account is None:
        return False
    position = turn.book.positions.quantity(order.account, terms.strategy_id, order.instrument)
    return order.reserved > -terms.side.sign * position


def _is_halted(turn: Turn, order: Order) -> bool:
    if order.account is None or order.venue is None:
        return False
    terms = order.terms
    where = Whereabouts(
        terms.strategy_id, order.instrument, order.account, order.venue, terms.operation_id, terms.parent_operation_id
    )
    return any(halt.mode in (HaltMode.CANCEL, HaltMode.FLATTEN) for halt in turn.book.halts.covering(where))
