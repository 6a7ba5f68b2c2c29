"""Taking orders back: one, many, or a halted scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from core.orders.order import Order
from core.reconciliation.patience import Patience
from core.reconciliation.steps import await_word
from core.risk.halts import Whereabouts
from core.turn import Turn
from ports.commands import CancelAll, CancelOrder, RaiseHalt
from ports.facts import CancelRequested, OrderCanceled, OrderExpired, OrderTombstoned
from ports.instruments import SMART
from ports.replies import CancelAllReply, CancelReply
from ports.requests import SendCancel
from ports.values import OperationId, OrderStatus, Principal, StrategyId

_STAY: Final = frozenset({OrderStatus.UNCONFIRMED, OrderStatus.HELD})  # what it is while its cancel is under way


def cancel_one(turn: Turn, message: CancelOrder, patience: Patience) -> None:
    """Ask the venue to cancel; repeat the question where it was asked before; lay a tombstone for an unknown id."""
    oms = turn.book.oms
    order = oms.get(message.operation_id)
    if order is None:
        if not oms.is_tombstoned(message.operation_id):
            turn.fact(
                OrderTombstoned(
                    operation_id=message.operation_id,
                    principal=message.principal,
                    reason=message.reason,
                    requested_ns=turn.now_ns,
                )
            )
        turn.reply(CancelReply(operation_id=message.operation_id, order=None))
        return
    take_back(turn, order, message.principal, message.reason, patience)
    turn.reply(CancelReply(operation_id=message.operation_id, order=order.view()))


def cancel_all(turn: Turn, message: CancelAll, patience: Patience) -> None:
    """Take back every open order that matches."""

    def matches(order: Order) -> bool:
        return (
            (message.strategy_id is None or order.terms.strategy_id == message.strategy_id)
            and (message.venue is None or order.venue == message.venue)
            and (message.instrument is None or message.instrument in (order.instrument, order.instrument.at(SMART)))
            and (message.account is None or order.account == message.account)
            and (message.side is None or order.terms.side is message.side)
        )

    turn.reply(CancelAllReply(operation_ids=_take_all_back(turn, matches, message.principal, message.reason, patience)))


def take_all_of(
    turn: Turn, strategy: StrategyId, principal: Principal, reason: str, patience: Patience
) -> list[OperationId]:
    """Take back every open order of a strategy, and return which."""
    return _take_all_back(turn, lambda order: order.terms.strategy_id == strategy, principal, reason, patience)


def cancel_scope(turn: Turn, halt: RaiseHalt, patience: Patience) -> list[OperationId]:
    """Take back every open order that a halt covers, and return which."""

    def covered(order: Order) -> bool:
        if order.account is None or order.venue is None:
            return False  # never routed: it is neither open nor held
        terms = order.terms
        where = Whereabouts(
            terms.strategy_id,
            order.instrument,
            order.account,
            order.venue,
            terms.operation_id,
            terms.parent_operation_id,
        )
        return (halt.scope, halt.value) in where.scopes()

    return _take_all_back(turn, covered, halt.principal, halt.reason, patience)


def take_back(turn: Turn, order: Order, principal: Principal, reason: str, patience: Patience) -> None:
    """Take back an order that works or is held; one that has ended stays as it is.

    Its venue is asked to cancel it: asking again is harmless, and the first asker stays on record.
    """
    _take_back(turn, order, principal, reason, patience, expired=False)


def expire(turn: Turn, order: Order, principal: Principal, reason: str, patience: Patience) -> None:
    """Take back an order whose time has come; it ends EXPIRED."""
    _take_back(turn, order, principal, reason, patience, expired=True)


def _take_back(
    turn: Turn, order: Order, principal: Principal, reason: str, patience: Patience, *, expired: bool
) -> None:
    if not (order.is_open or order.is_held or order.is_worked):
        return
    if not order.cancel_requested:
        asked = CancelRequested(
            operation_id=order.terms.operation_id,
            status=order.status if order.status in _STAY else OrderStatus.PENDING_CANCEL,
            principal=principal,
            reason=reason,
            requested_ns=turn.now_ns,
            expired=expired,
        )
        if not order.is_open:
            turn.fact(asked)
        else:
            await_word(turn, order, asked, patience)
    if order.is_held:  # no venue knows it: it ends at once
        end = OrderExpired if expired else OrderCanceled
        turn.fact(end(operation_id=order.terms.operation_id, reason=reason, venue_time_ns=0, learnt_ns=turn.now_ns))
    elif order.is_open:
        ask_to_cancel(turn, order)  # (a parent's algorithm takes its children back)


def ask_to_cancel(turn: Turn, order: Order) -> None:
    """Send the cancel of an order that somebody wants back."""
    released = order.released()
    turn.request(
        SendCancel(
            account=released.account,
            instrument=released.instrument,
            client_order_id=released.client_order_id,
            venue_order_id=order.venue_order_id,
        )
    )


def _take_all_back(
    turn: Turn, wanted: Callable[[Order], bool], principal: Principal, reason: str, patience: Patience
) -> list[OperationId]:
    oms = turn.book.oms
    everything = (*oms.contingent.all_parents(), *oms.open_orders(), *oms.contingent.all_held())
    orders = [order for order in everything if wanted(order)]
    for order in orders:
        take_back(turn, order, principal, reason, patience)
    return [order.terms.operation_id for order in orders]
