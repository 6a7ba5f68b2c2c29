"""`limits_hold`: no release breached a limit as it was known at that moment."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from core.invariants.conduct import Conduct
from core.invariants.limits_of_amounts import Released, amounts
from core.invariants.limits_of_conduct import broken_words, counts
from core.invariants.reckoning import Reckoning
from core.invariants.run import Finding, RecordedRun, Tally
from core.invariants.verdicts import judged_within
from core.risk.registry import BY_NAME
from ports.commands import Limits
from ports.facts import LimitsSet, OrderReleased, OrderRouted, RiskDecided
from ports.values import OperationId

# Rules whose inputs are no facts: only their verdicts on record are held against the limits in force.
VERDICT_ALONE: Final = {
    "max_share_of_volume": "public trades are not recorded",
    "max_market_slippage": "the sizes of quotes are not recorded",
    "max_price_move": "the quotes of its window are not recorded",
    "max_clock_skew": "the venue's time of a quote is not recorded",
    "max_daily_loss": "marks of everything held are not recorded with each decision",
    "max_daily_loss_per_strategy": "as max_daily_loss",
    "max_drawdown": "as max_daily_loss",
    "max_drawdown_per_strategy": "as max_daily_loss",
    "max_concentration": "needs the marks of several base assets",
    "funds": "the purse is itself folded from facts, and judged by replay_identical",
    "halt": "judged by halt_holds",
}


def limits_hold(run: RecordedRun) -> Finding:
    """Reckon every limit in force at every release anew; examines comparisons of a release with a limit.

    Reduce-only is a limit too: no more leaves than the strategy's own position can be closed by.

    USD totals over several instruments depend on quotes that no fact keeps: for them, and for the rules of
    `VERDICT_ALONE`, the verdict on record is held against the limit in force; over one instrument they are reckoned
    with the prices that the decision recorded.
    """
    tally = Tally()
    limits = Limits()
    reckoning = Reckoning()
    conduct = Conduct(reckoning)
    decisions: dict[OperationId, RiskDecided] = {}
    routes: dict[OperationId, OrderRouted] = {}
    for entry in run.entries:
        match entry.fact:
            case LimitsSet() as fact:
                limits = fact.limits
            case RiskDecided() as fact:
                decisions[fact.operation_id] = fact
            case OrderRouted() as fact:
                routes[fact.operation_id] = fact
            case OrderReleased() as fact if fact.operation_id in reckoning.orders:
                released = Released(
                    fact=fact,
                    order=reckoning.orders[fact.operation_id],
                    terms=conduct.terms(fact.operation_id),
                    decision=decisions.get(fact.operation_id),
                    route=routes.get(fact.operation_id),
                )
                if fact.quantity is not None:
                    released.order.quantity = Fraction(fact.quantity)  # less than was asked for leaves
                _judge(tally, limits, released, reckoning, conduct, f"seq {entry.seq}: {fact.operation_id}")
            case _:
                pass
        conduct.take(entry.fact)
        reckoning.take(entry.fact)
    return tally.finding()


def _judge(
    tally: Tally, limits: Limits, released: Released, reckoning: Reckoning, conduct: Conduct, where: str
) -> None:
    if released.order.reduce_only:
        tally.saw()
        within = released.order.quantity <= reckoning.reducible(
            released.order, released.fact.account, released.fact.instrument
        )
        tally.expect(within, f"{where}: it is to reduce only, and could open")
    if limits.enabled:
        for one in (*counts(released, conduct, limits), *amounts(released, reckoning, limits)):
            tally.saw()
            tally.expect(
                one.holds or _lets_reduce(one.rule, released, reckoning),
                f"{where}: {one.rule} is {float(one.value)}, limit {one.limit}",
            )
        for rule, words in broken_words(released, conduct, limits):
            tally.saw()
            tally.expect(not words or _lets_reduce(rule, released, reckoning), f"{where}: {rule} is broken: {words}")
    for wrong in judged_within(tally, limits, released.fact.instrument, released.terms.strategy_id, released.decision):
        tally.violated(f"{where}: {wrong}")


def _lets_reduce(rule: str, released: Released, reckoning: Reckoning) -> bool:
    """Say whether a rule lets reduce-only orders go, and this one is such an order."""
    order, card = released.order, BY_NAME[rule]
    if not order.reduce_only or card.holds_reducing:
        return False
    return not card.stands_if_not_raised or reckoning.shrinks(order, released.fact.account, released.fact.instrument)
