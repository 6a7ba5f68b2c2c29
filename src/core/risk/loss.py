"""Loss and drawdown of the UTC day, of a strategy and of all; what only reduces a position always passes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from core.positions.profit import EVERYBODY, Profit, day_of
from core.risk.rule import (
    REDUCES,
    ProposedOrder,
    RiskBook,
    Rule,
    RuleCard,
    at_most,
    bounds,
    limit_for,
    not_limited,
    where_set,
)
from ports.commands import Limits
from ports.facts import PnlMarked, Verdict
from ports.limits import ANY_KEY
from ports.values import ZERO, StrategyId, to_places

_SOURCE: Final = "RTS 6 Art. 15(4) risk limits; SEC 15c3-5(c)(1)(i) capital thresholds"


class Standing(NamedTuple):
    """P&L in USD of a strategy or of all, and how far below its start of the day and its highest; None: unknown."""

    pnl_usd: Decimal | None
    from_start: Decimal | None
    from_peak: Decimal | None


def daily_loss(name: str, limits_usd: Decimal | Mapping[str, Decimal]) -> Rule:
    """Refuse an order that opens risk where P&L has fallen by more than the limit since 00:00 UTC."""
    return _stop(name, limits_usd, from_peak=False)


def drawdown(name: str, limits_usd: Decimal | Mapping[str, Decimal]) -> Rule:
    """Refuse an order that opens risk where P&L has fallen by more than the limit from its highest of the day."""
    return _stop(name, limits_usd, from_peak=True)


def _stop(name: str, limits_usd: Decimal | Mapping[str, Decimal], *, from_peak: bool) -> Rule:
    of_all = isinstance(limits_usd, Decimal)
    own, default = bounds({ANY_KEY: limits_usd} if isinstance(limits_usd, Decimal) else limits_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = default if of_all else own.get(order.strategy_id, default)
        if limit is None:
            return not_limited(name, "USD")
        standing = _standing(order, book.profit, EVERYBODY if of_all else order.strategy_id)
        verdict = at_most(name, standing.from_peak if from_peak else standing.from_start, limit, "USD")
        if verdict.passed:
            return verdict
        if order.only_reduces(book):
            return Verdict(name, True, verdict.value, verdict.limit, "USD", REDUCES)
        remedy = "an order that only reduces the strategy's position, or any after 00:00 UTC"
        return Verdict(name, False, verdict.value, verdict.limit, "USD", "", remedy)

    return check


def _standing(order: ProposedOrder, profit: Profit, strategy: StrategyId) -> Standing:
    known = order.standings.get(strategy)
    if known is None:
        known = order.standings[strategy] = _reckon(profit.pnl_usd(strategy), profit.mark(strategy, order.now_ns))
    return known


def _reckon(pnl: Decimal | None, mark: PnlMarked | None) -> Standing:
    if pnl is None:
        return Standing(None, None, None)
    if mark is None:
        return Standing(pnl, ZERO, ZERO)
    return Standing(pnl, mark.start_usd - pnl, max(mark.peak_usd, pnl) - pnl)


def marks_due(limits: Limits, profit: Profit, order: ProposedOrder) -> list[PnlMarked]:
    """Return the marks that a decision on an order has to leave, for limits that need them."""
    return [
        mark
        for whose in (EVERYBODY, order.strategy_id)
        if _is_stopped(limits, whose)
        and (mark := _mark_due(profit, whose, _standing(order, profit, whose).pnl_usd, order.now_ns)) is not None
    ]


def marks_of_new_day(limits: Limits, profit: Profit, now_ns: int) -> list[PnlMarked]:
    """Return the marks of everybody who has none for the day of `now_ns`; one that cannot be valued waits."""
    return [
        mark
        for whose in (EVERYBODY, *profit.strategies())
        if _is_stopped(limits, whose)
        and profit.mark(whose, now_ns) is None
        and (mark := _mark_due(profit, whose, profit.pnl_usd(whose), now_ns)) is not None
    ]


def _is_stopped(limits: Limits, whose: StrategyId) -> bool:
    if not limits.enabled:
        return False
    if whose == EVERYBODY:
        return limits.max_daily_loss_usd is not None or limits.max_drawdown_usd is not None
    loss, fall = limits.max_daily_loss_per_strategy_usd, limits.max_drawdown_per_strategy_usd
    if not loss and not fall:
        return False
    return limit_for(loss, whose) is not None or limit_for(fall, whose) is not None


def _mark_due(profit: Profit, whose: StrategyId, pnl: Decimal | None, now_ns: int) -> PnlMarked | None:
    mark = profit.mark(whose, now_ns)
    if pnl is None or (mark is not None and pnl <= mark.peak_usd):
        return None
    return PnlMarked(
        strategy_id=whose,
        day_start_ns=day_of(now_ns),
        start_usd=to_places(pnl) if mark is None else mark.start_usd,
        peak_usd=to_places(pnl),
        marked_ns=now_ns,
    )


def _cards(name: str, make: str, says: str) -> tuple[RuleCard, RuleCard]:
    stop = daily_loss if make == "loss" else drawdown
    mine = f"{name}_per_strategy"
    return (
        RuleCard(
            name=name,
            unit="USD",
            settings=(name,),
            source=_SOURCE,
            says=f"Refuse an order that opens risk where all P&L has fallen too far {says}.",
            build=lambda limits: where_set(lambda usd: stop(name, usd), getattr(limits, f"{name}_usd")),
        ),
        RuleCard(
            name=mine,
            unit="USD",
            settings=(mine,),
            source=_SOURCE,
            says=f"Refuse an order that opens risk where its strategy's P&L has fallen too far {says}.",
            build=lambda limits: where_set(lambda usd: stop(mine, usd), getattr(limits, f"{mine}_usd")),
        ),
    )


CARDS: Final = (
    *_cards("max_daily_loss", "loss", "since 00:00 UTC"),
    *_cards("max_drawdown", "drawdown", "from its highest since 00:00 UTC"),
)
