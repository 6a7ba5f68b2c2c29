"""Limits on rates, days, repeats, self-trades, hours and the restricted list, reckoned from facts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.invariants.conduct import Conduct
from core.invariants.limits_of_amounts import Reckoned, Released
from core.invariants.verdicts import limit_of
from ports.commands import Limits
from ports.limits import ANY_KEY, SelfTrade
from ports.trading_hours import parse_hours

_SECOND_NS: Final = 1_000_000_000
_MS: Final = 1_000_000
_RATIO_FROM: Final = 100  # where none is set
_WINDOW_MS: Final = 1000


def counts(released: Released, conduct: Conduct, limits: Limits) -> Iterator[Reckoned]:
    """Yield every comparison of a count."""
    now_ns, strategy, venue = released.fact.released_ns, released.terms.strategy_id, released.fact.instrument.venue
    for scope, whose in (("", ""), ("_per_strategy", strategy), ("_per_venue", venue)):
        for what, window, seconds in (
            *(("orders", "second", 1), ("orders", "minute", 60)),
            *(("messages", "second", 1), ("messages", "minute", 60)),
        ):
            rule = f"max_{what}_per_{window}{scope}"
            limit = _limit(getattr(limits, rule), venue)
            if limit is not None:
                count = conduct.within(what, whose, now_ns, seconds * _SECOND_NS) + 1
                yield Reckoned(rule, Fraction(count), limit)
        for what in ("orders", "messages"):
            rule = f"max_{what}_per_day{scope}"
            limit = _limit(getattr(limits, rule), venue)
            if limit is not None:
                yield Reckoned(rule, Fraction(conduct.today(what, whose, now_ns) + 1), limit)
    if limits.runaway_max_orders is not None:
        window_ns = (limits.runaway_window_ms or _WINDOW_MS) * _MS
        yield Reckoned(
            "runaway", Fraction(conduct.within("recorded", strategy, now_ns, window_ns)), limits.runaway_max_orders
        )
    ratio = limit_of(limits.max_messages_per_trade, strategy)
    changes = conduct.today("changes", strategy, now_ns)
    judged_from = _RATIO_FROM if limits.messages_per_trade_from is None else limits.messages_per_trade_from
    if ratio is not None and changes >= judged_from:
        trades = max(conduct.today("traded", strategy, now_ns), 1)
        yield Reckoned("max_messages_per_trade", Fraction(changes, trades), ratio)


def broken_words(released: Released, conduct: Conduct, limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield each rule without a number that is in force, and how it was broken (empty: it was not)."""
    fact, terms, now_ns = released.fact, released.terms, released.fact.released_ns
    if limits.duplicate_window_ms is not None:
        last_ns = conduct.said_ns(terms, fact.instrument)
        if terms.parent_operation_id is not None:
            last_ns = None  # children of one parent say the same on purpose
        again = last_ns is not None and (now_ns - last_ns) // _MS < limits.duplicate_window_ms
        yield "duplicate", "the same order was released just before" if again else ""
    if limits.self_trade is not SelfTrade.ALLOW:
        met = list(conduct.met(fact.account, fact.instrument, terms))
        refuses = limits.self_trade is SelfTrade.REFUSE and not terms.reduce_only  # else what it meets goes first
        left = [one for one in met if refuses or not one.cancel_asked]
        yield "self_trade", f"{len(left)} open orders of ours stood in its way" if left else ""
    named = {
        *({fact.instrument} & set(limits.restricted_instruments)),
        *({fact.instrument.base} & set(limits.restricted_bases)),
        *({terms.strategy_id} & set(limits.restricted_strategies)),
    }
    if limits.restricted_instruments or limits.restricted_bases or limits.restricted_strategies:
        yield "restricted", f"{', '.join(sorted(named))}" if named else ""
    texts = limits.trading_hours
    hours = texts.get(fact.instrument) or texts.get(fact.instrument.venue) or texts.get(ANY_KEY)
    if hours is not None:
        yield "trading_hours", "" if parse_hours("", hours).is_open(now_ns) else f"closed: {hours}"


def _limit(limits: int | Mapping[str, Decimal] | None, venue: str) -> Decimal | int | None:
    return limit_of(limits, venue) if isinstance(limits, Mapping) else limits
