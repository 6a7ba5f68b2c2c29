"""`halt_holds`: where trading is halted, nothing new goes out."""

from __future__ import annotations

from core.invariants.run import Finding, RecordedRun, Tally
from ports.commands import HaltScope
from ports.facts import CancelRequested, HaltLifted, HaltRaised, OrderRecorded, OrderReleased, RiskDecided
from ports.values import OperationId, StrategyId


def halt_holds(run: RecordedRun) -> Finding:
    """No order that could open risk was released in a scope between its halt and its lifting.

    Examines the orders that were judged, and the cancels that were passed on, while any halt was in force.
    """
    tally = Tally()
    halts: set[tuple[HaltScope, str]] = set()
    reducing: set[OperationId] = set()
    strategies: dict[OperationId, StrategyId] = {}
    for entry in run.entries:
        match entry.fact:
            case HaltRaised() as fact:
                halts.add((fact.scope, fact.value))
            case HaltLifted() as fact:
                halts.discard((fact.scope, fact.value))
            case OrderRecorded() as fact:
                strategies[fact.operation_id] = fact.terms.strategy_id
                if fact.terms.reduce_only:  # it opens nothing: `limits_hold` looks at that
                    reducing.add(fact.operation_id)
            case RiskDecided() | CancelRequested() if halts:
                tally.saw()
            case OrderReleased() as fact if halts and fact.operation_id not in reducing:
                covering = halts & _scopes_of(fact, strategies.get(fact.operation_id, StrategyId("")))
                tally.expect(not covering, f"seq {entry.seq}: {fact.operation_id} released under {sorted(covering)}")
            case _:
                pass
    return tally.finding()


def _scopes_of(fact: OrderReleased, strategy: StrategyId) -> set[tuple[HaltScope, str]]:
    return {
        (HaltScope.GLOBAL, ""),
        (HaltScope.VENUE, fact.instrument.venue),
        (HaltScope.ACCOUNT, fact.account),
        (HaltScope.INSTRUMENT, fact.instrument),
        (HaltScope.STRATEGY, strategy),
    }
