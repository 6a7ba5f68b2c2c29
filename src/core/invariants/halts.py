"""`halt_holds`: where trading is halted, nothing new goes out."""

from __future__ import annotations

from fractions import Fraction

from core.invariants.reckoning import Reckoning
from core.invariants.run import Finding, RecordedRun, Tally
from ports.commands import HaltMode, HaltScope, OrderTerms
from ports.facts import CancelRequested, HaltLifted, HaltRaised, OrderRecorded, OrderReleased, RiskDecided
from ports.instruments import SMART
from ports.values import OperationId, Side


def halt_holds(run: RecordedRun) -> Finding:
    """No order that could open risk was released in a scope between its halt and its lifting.

    Where every halt that covers it lets orders reduce, one that only shrinks its strategy's position may be.
    Examines the orders that were judged, and the cancels that were passed on, while any halt was in force.
    """
    tally = Tally()
    halts: dict[tuple[HaltScope, str], HaltMode] = {}
    reckoning = Reckoning()
    reducing: set[OperationId] = set()
    owners: dict[OperationId, OrderTerms] = {}
    for entry in run.entries:
        match entry.fact:
            case HaltRaised() as fact:
                halts[fact.scope, fact.value] = fact.mode
            case HaltLifted() as fact:
                halts.pop((fact.scope, fact.value), None)
            case OrderRecorded() as fact:
                owners[fact.operation_id] = fact.terms
                if fact.terms.reduce_only:  # it opens nothing: `limits_hold` looks at that
                    reducing.add(fact.operation_id)
            case RiskDecided() | CancelRequested() if halts:
                tally.saw()
            case OrderReleased() as fact if halts and fact.operation_id not in reducing:
                covering = halts.keys() & _scopes_of(fact, owners.get(fact.operation_id))
                lets_reduce = all(halts[scope] is HaltMode.REDUCE for scope in covering)
                passes = not covering or (lets_reduce and _shrinks(reckoning, fact))
                tally.expect(passes, f"seq {entry.seq}: {fact.operation_id} released under {sorted(covering)}")
            case _:
                pass
        reckoning.take(entry.fact)
    return tally.finding()


def _shrinks(reckoning: Reckoning, fact: OrderReleased) -> bool:
    order = reckoning.orders.get(fact.operation_id)
    if order is None:
        return False
    held = reckoning.by_holder[fact.account, order.strategy, fact.instrument]
    closing = held.buys if order.side is Side.BUY else held.sells
    quantity = order.quantity if fact.quantity is None else Fraction(fact.quantity)
    return quantity <= -order.side.sign * held.position - closing


def _scopes_of(fact: OrderReleased, terms: OrderTerms | None) -> set[tuple[HaltScope, str]]:
    """Return every scope that an order is in: a child is in its parent's too."""
    return {
        (HaltScope.GLOBAL, ""),
        (HaltScope.VENUE, fact.instrument.venue),
        (HaltScope.ACCOUNT, fact.account),
        (HaltScope.INSTRUMENT, fact.instrument.at(SMART)),
        (HaltScope.INSTRUMENT, fact.instrument),
        (HaltScope.STRATEGY, "" if terms is None else terms.strategy_id),
        (HaltScope.ORDER, "" if terms is None else terms.parent_operation_id or ""),
        (HaltScope.ORDER, fact.operation_id),
    }
