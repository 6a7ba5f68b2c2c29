"""Asks every rule that the limits in force call for, and keeps every verdict."""

from __future__ import annotations

from collections.abc import Callable

from core.risk.halt import STATE, not_halted
from core.risk.order_rate import (
    max_orders_per_minute,
    max_orders_per_minute_per_strategy,
    max_orders_per_second,
    max_orders_per_second_per_strategy,
)
from core.risk.order_size import max_order_quantity, max_order_value
from core.risk.position_limit import max_position_global, max_position_per_instrument, max_position_per_strategy
from core.risk.rule import ProposedOrder, RiskBook, Rule
from core.risk.total_notional import max_total_notional
from ports.commands import Limits
from ports.facts import Verdict


def rules_for(limits: Limits) -> tuple[Rule, ...]:
    """Return the rules that `limits` call for; a halt is asked about always, even where limits are switched off."""
    if not limits.enabled:
        return (not_halted,)
    return (
        not_halted,
        *_where_set(max_orders_per_second, limits.max_orders_per_second),
        *_where_set(max_orders_per_minute, limits.max_orders_per_minute),
        *_where_set(max_orders_per_second_per_strategy, limits.max_orders_per_second_per_strategy),
        *_where_set(max_orders_per_minute_per_strategy, limits.max_orders_per_minute_per_strategy),
        *_where_set(max_order_quantity, limits.max_order_quantity or None),
        *_where_set(max_order_value, limits.max_order_value_usd),
        *_where_set(max_position_per_instrument, limits.max_position_per_instrument or None),
        *_where_set(max_position_per_strategy, limits.max_position_per_strategy_usd or None),
        *_where_set(max_position_global, limits.max_position_global_usd),
        *_where_set(max_total_notional, limits.max_total_notional_usd),
    )


def _where_set[Limit](rule: Callable[[Limit], Rule], limit: Limit | None) -> tuple[Rule, ...]:
    return () if limit is None else (rule(limit),)


def judge(rules: tuple[Rule, ...], order: ProposedOrder, book: RiskBook) -> tuple[Verdict, ...]:
    """Return what every rule says, in order; all are asked, so that a refusal is explained whole."""
    return tuple([rule(order, book) for rule in rules])


def refusal(verdicts: tuple[Verdict, ...]) -> tuple[str, str] | None:
    """Return the code and text of a refusal, from the first rule that did not pass; None means allowed."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed:
        return None
    return f"RISK_{failed[0].rule.upper()}", "; ".join([_in_words(one) for one in failed])


def _in_words(verdict: Verdict) -> str:
    if verdict.unit == STATE:
        return f"{verdict.rule}: {verdict.value}"
    return f"{verdict.rule}: {verdict.value} against a limit of {verdict.limit} {verdict.unit}"
