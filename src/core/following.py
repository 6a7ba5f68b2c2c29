"""What one order's news means for the orders that depend on it."""

from __future__ import annotations

from typing import Final

from core.cancelling import take_back
from core.flattening import flatten
from core.holding import consider
from core.orders.order import Order
from core.parents.waiting_legs import watch_legs
from core.parents.working import progressed, work
from core.positions.ledger import PositionKey
from core.reconciliation.patience import Patience
from core.routing.verdict import judge_route
from core.turn import Turn
from core.unclosed import tell_of_unclosed
from ports.facts import (
    AccountReady,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HaltLifted,
    HaltRaised,
    HeldOrderAmended,
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRecorded,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    ParentStarted,
    PnlMarked,
    PositionAdjusted,
    RiskDecided,
    status_after,
)
from ports.instruments import InstrumentKey
from ports.values import SYSTEM, ZERO, AccountId, Side, StrategyId

# What these say of an order concerns no other: nearly all facts are of them, and they are not looked at again.
_OF_ONE_ORDER: Final = frozenset({OrderRecorded, RiskDecided, OrderRouted, OrderReleased, PnlMarked})


def follow_up(turn: Turn, patience: Patience) -> None:
    """Look at all that the facts of this turn touch, and at what that leads to, until nothing new comes of it."""
    done, facts, contingent = 0, turn.facts, turn.book.oms.contingent
    while done < len(facts):  # it grows meanwhile
        fact = facts[done]
        done += 1
        if type(fact) in _OF_ONE_ORDER:
            continue
        tell_of_unclosed(turn, fact)
        if contingent.any():
            _follow(turn, fact, patience)
        elif isinstance(fact, OrderFilled):  # perhaps of a child whose parent has ended
            _follow_child(turn, fact, patience)
        if turn.book.oms.has_routes:
            _judge_route(turn, fact)
    if turn.book.halts.flattening():
        closable = dict.fromkeys([key for fact in turn.facts for key in _lets_close(turn, fact)])
        if closable:
            flatten(turn, patience, closable)


def _judge_route(turn: Turn, fact: Fact) -> None:
    status, operation_id = status_after(fact), getattr(fact, "operation_id", None)
    if operation_id is not None and status is not None and status.is_terminal:
        judge_route(turn, turn.book.oms.recorded(operation_id))


def _lets_close(turn: Turn, fact: Fact) -> list[PositionKey]:
    """Return the positions of which more can be closed after a fact, or there is more.

    The end of a closing order that came to nothing makes none: a venue that will not have it would be asked again
    without a pause. One that traded in part has reached its price, and the rest may be had at another.
    """
    match fact:
        case OrderFilled() | PositionAdjusted():
            return [(fact.account, fact.strategy_id, fact.instrument)]
        case AccountReady():
            return [key for key, _ in turn.book.positions if key[0] == fact.account]
        case OrderRejected() | OrderCanceled() | OrderExpired():
            order = turn.book.oms.recorded(fact.operation_id)
            if order.account is None or (order.principal == SYSTEM and not order.filled_quantity):
                return []
            return [(order.account, order.terms.strategy_id, order.instrument)]
        case _:
            return []


def _follow(turn: Turn, fact: Fact, patience: Patience) -> None:
    _follow_parents(turn, fact, patience)
    if isinstance(fact, AccountReady):
        for order in turn.book.oms.contingent.all_met():
            if order.account == fact.account:
                consider(turn, order, patience)
    if isinstance(fact, OrderFilled | PositionAdjusted):
        _keep_reducing_only(turn, fact.account, fact.strategy_id, fact.instrument, patience)
    status = status_after(fact)
    operation_id = getattr(fact, "operation_id", None)
    if operation_id is not None and (isinstance(fact, OrderFilled) or (status is not None and status.is_terminal)):
        _order_moved(turn, turn.book.oms.recorded(operation_id), patience)


def _follow_parents(turn: Turn, fact: Fact, patience: Patience) -> None:
    """Ask the planners that a fact concerns: the parent's own, its child's, or everybody's."""
    oms = turn.book.oms
    match fact:
        case AccountReady() | HaltRaised() | HaltLifted():
            for parent in list(oms.contingent.all_parents()):
                work(turn, parent, patience)
        case OrderAcknowledged() if oms.recorded(fact.operation_id).parent is not None:
            _watch_legs(turn, oms.recorded(fact.operation_id))
        case ParentStarted() | HeldOrderAmended():
            work(turn, oms.recorded(fact.operation_id), patience)
        case CancelRequested() | CancelWasRefused():
            order = oms.recorded(fact.operation_id)
            work(turn, order.parent or order, patience)
        case _:
            _follow_child(turn, fact, patience)


def _watch_legs(turn: Turn, leg: Order) -> None:
    if leg.parent is not None and leg.parent.is_split and leg.parent.is_worked:
        watch_legs(turn, leg.parent)


def _follow_child(turn: Turn, fact: Fact, patience: Patience) -> None:
    status, operation_id = status_after(fact), getattr(fact, "operation_id", None)
    if operation_id is None or status is None:
        return
    parent = turn.book.oms.recorded(operation_id).parent
    if parent is None:
        return
    if isinstance(fact, OrderFilled):
        progressed(turn, parent)
    if isinstance(fact, OrderFilled) or status.is_terminal:
        work(turn, parent, patience)


def _order_moved(turn: Turn, order: Order, patience: Patience) -> None:
    """It traded or ended: what works in its OCO group is taken back where it traded, what is held is looked at."""
    contingent = turn.book.oms.contingent
    for sibling in contingent.siblings(order):
        if sibling.is_held:
            consider(turn, sibling, patience)
        elif order.filled_quantity and not sibling.cancel_requested:
            reason = f"{order.terms.operation_id} of its group has traded"
            take_back(turn, sibling, SYSTEM, reason, patience)
    for follower in contingent.after(order):
        consider(turn, follower, patience)
    if order.terms.reduce_only:  # it leaves room for a stop that waits to close the same
        for waiting in contingent.all_met():
            if (waiting.terms.strategy_id, waiting.instrument) == (order.terms.strategy_id, order.instrument):
                consider(turn, waiting, patience)


def _keep_reducing_only(
    turn: Turn, account: AccountId, strategy: StrategyId, instrument: InstrumentKey, patience: Patience
) -> None:
    """Take back reduce-only orders that could now do more than close what their strategy holds."""
    position = turn.book.positions.quantity(account, strategy, instrument)
    orders = turn.book.oms.contingent.reducing(strategy, instrument)
    for side in Side:
        kept = ZERO
        for order in orders:
            if order.terms.side is not side or order.account != account or order.cancel_requested:
                continue
            kept += order.reserved
            if kept > -side.sign * position:
                kept -= order.reserved
                reason = f"{strategy} holds less of {instrument} than its reduce-only orders could close"
                take_back(turn, order, SYSTEM, reason, patience)
