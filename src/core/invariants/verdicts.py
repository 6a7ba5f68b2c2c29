"""Whether the verdicts on record cover the limits in force, and keep within them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from core.invariants.run import Tally
from ports.commands import Limits
from ports.facts import RiskDecided, Verdict
from ports.instruments import InstrumentKey
from ports.values import StrategyId


def judged_within(
    tally: Tally, limits: Limits, instrument: InstrumentKey, strategy: StrategyId, decision: RiskDecided | None
) -> Iterator[str]:
    """Yield what is wrong with the decision that let an order go; counts every verdict it looks at."""
    if decision is None:
        yield "was released and never judged"
        return
    if not decision.allowed:
        yield "was released although risk had refused it"
    verdicts = {verdict.rule: verdict for verdict in decision.verdicts}
    for rule, limit in _in_force(limits, instrument, strategy):
        if limit is None:
            continue
        tally.saw()
        verdict = verdicts.get(rule)
        if verdict is None:
            yield f"{rule} is in force and was not asked"
        elif not _is_within(verdict, limit):
            yield f"{rule} was said to be {verdict.value}; the limit in force is {limit}"


def _in_force(
    limits: Limits, instrument: InstrumentKey, strategy: StrategyId
) -> Iterator[tuple[str, Decimal | int | None]]:
    if not limits.enabled:
        return
    yield "max_orders_per_second", limits.max_orders_per_second
    yield "max_orders_per_minute", limits.max_orders_per_minute
    yield "max_orders_per_second_per_strategy", limits.max_orders_per_second_per_strategy
    yield "max_orders_per_minute_per_strategy", limits.max_orders_per_minute_per_strategy
    yield "max_order_quantity", limit_of(limits.max_order_quantity, instrument)
    yield "max_order_value", limits.max_order_value_usd
    yield "max_position_per_instrument", limit_of(limits.max_position_per_instrument, instrument)
    yield "max_position_per_strategy", limit_of(limits.max_position_per_strategy_usd, strategy)
    yield "max_position_global", limits.max_position_global_usd
    yield "max_total_notional", limits.max_total_notional_usd


def _is_within(verdict: Verdict, limit: Decimal | int) -> bool:
    try:
        return verdict.passed and Fraction(verdict.value) <= Fraction(limit)
    except ValueError:  # "unknown", or another word: no number that could be within a limit
        return False


def limit_of(limits: Mapping[str, Decimal], key: str) -> Decimal | None:
    """Return a key's limit, its own before the default `*`; None where there is neither."""
    return limits[key] if key in limits else limits.get("*")
