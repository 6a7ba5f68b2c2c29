"""Whether the verdicts on record cover the limits in force, and keep within them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.invariants.run import Tally
from core.risk.registry import REGISTRY
from core.risk.rule import NOT_RAISED, REDUCES, UNKNOWN
from ports.commands import Limits
from ports.facts import RiskDecided, Verdict
from ports.instruments import InstrumentKey
from ports.values import StrategyId

_EXCUSED: Final = frozenset({NOT_RAISED, REDUCES})  # why an order may pass beyond a limit


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
    for card in REGISTRY if limits.enabled else ():
        if card.settings and card.build(limits) is not None:  # a halt is judged by `halt_holds`
            tally.saw()
            if card.name not in verdicts:
                yield f"{card.name} is in force and was not asked"
    for verdict in decision.verdicts:
        if not verdict.passed or (verdict.value == UNKNOWN and verdict.seen != REDUCES):
            yield f"{verdict.rule} was said to be {verdict.value}, and does not let it pass"
    for rule, limit in _numbers_in_force(limits, instrument, strategy):
        one = verdicts.get(rule)
        if limit is not None and one is not None and one.seen not in _EXCUSED and not _is_within(one, limit):
            yield f"{rule} was said to be {one.value}; the limit in force is {limit}"


def _numbers_in_force(
    limits: Limits, instrument: InstrumentKey, strategy: StrategyId
) -> Iterator[tuple[str, Decimal | int | None]]:
    """Yield the limits on totals, whose sums need quotes that no fact keeps."""
    if not limits.enabled:
        return
    yield "max_order_value", limits.max_order_value_usd
    yield "max_position_per_instrument", limit_of(limits.max_position_per_instrument, instrument)
    yield "max_position_per_strategy", limit_of(limits.max_position_per_strategy_usd, strategy)
    yield "max_position_per_venue", limit_of(limits.max_position_per_venue_usd, instrument.venue)
    yield "max_position_per_base", limit_of(limits.max_position_per_base_usd, instrument.base)
    yield "max_position_global", limits.max_position_global_usd
    yield "max_total_notional", limits.max_total_notional_usd
    yield "max_gross_by_base", limits.max_gross_by_base_usd
    yield "max_net_exposure", limits.max_net_exposure_usd
    yield "max_market_slippage", limit_of(limits.max_market_slippage_bps, instrument)
    yield "max_price_move", limit_of(limits.max_price_move_bps, instrument)
    yield "max_share_of_volume", limit_of(limits.max_share_of_volume_bps, instrument)
    yield "max_clock_skew", limits.max_clock_skew_ms
    yield "max_daily_loss", limits.max_daily_loss_usd
    yield "max_daily_loss_per_strategy", limit_of(limits.max_daily_loss_per_strategy_usd, strategy)
    yield "max_drawdown", limits.max_drawdown_usd
    yield "max_drawdown_per_strategy", limit_of(limits.max_drawdown_per_strategy_usd, strategy)


def _is_within(verdict: Verdict, limit: Decimal | int) -> bool:
    try:
        return verdict.passed and Fraction(verdict.value) <= Fraction(limit)
    except ValueError:  # words: not a market order, for one
        return verdict.passed


def limit_of(limits: Mapping[str, Decimal], key: str) -> Decimal | None:
    """Return a key's limit, its own before the default `*`; None where there is neither."""
    return limits[key] if key in limits else limits.get("*")
