"""Prices of orders beside a fresh quote: collars, how far prices moved of late, how far a market order may reach.

Where a venue shows depth, the book is walked. Beyond what is shown it is taken to go on as it ends: as much again, one
spread further, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.market.ladders import ladders_of, reach_of
from core.risk.rule import (
    REDUCES,
    UNKNOWN,
    ProposedOrder,
    RiskBook,
    Rule,
    RuleCard,
    at_most,
    bound,
    bounds,
    not_limited,
)
from ports.commands import Limits
from ports.facts import Verdict
from ports.market_data import Quote
from ports.values import ZERO, Side, bps_of, divide, multiply_rounded, plain, round_down, round_up

_ONE_BP: Final = Decimal("0.0001")
_MS: Final = 1_000_000
_MAX_AGE_MS: Final = 5000  # where none is set
_WINDOW_MS: Final = 60_000  # where none is set
_FRESH: Final = "the same order with a fresh quote"
_CLOCKS_AGREE: Final = "the same order when the venue's clock and ours agree again"
_COLLAR_SOURCE: Final = "RTS 6 Art. 15(1)(a) price collars; SEC 15c3-5(c)(1)(ii); FIA price tolerance"


def price_collar(limits_bps: Mapping[str, Decimal], max_age_ms: int) -> Rule:
    """Refuse a limit that buys too far above the mid, or sells too far below it."""
    return _collar("price_collar", limits_bps, max_age_ms, passive=False)


def passive_price_collar(limits_bps: Mapping[str, Decimal], max_age_ms: int) -> Rule:
    """Refuse a limit that would rest too far from the mid: a buy below it, a sell above it."""
    return _collar("passive_price_collar", limits_bps, max_age_ms, passive=True)


def _collar(name: str, limits_bps: Mapping[str, Decimal], max_age_ms: int, *, passive: bool) -> Rule:
    own, default = bounds(limits_bps)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited(name, "bps")
        if order.waits:
            return Verdict(name, True, "waits for its trigger", limit.text, "bps")
        if order.limit_price is None:
            return Verdict(name, True, "no limit price", limit.text, "bps")
        stale = _why_not_fresh(book.market.quote(order.instrument), order.now_ns, max_age_ms)
        mid = book.market.mark(order.instrument)
        if mid is None or stale:
            return Verdict(name, False, UNKNOWN, limit.text, "bps", stale, _FRESH)
        above = (order.side is Side.BUY) is not passive  # which side of the mid is held in
        away = order.limit_price - mid if above else mid - order.limit_price
        verdict = at_most(name, bps_of(away, mid), limit, "bps", f"mid {mid!s}")
        if verdict.passed:
            return verdict
        bound = mid + (1 if above else -1) * multiply_rounded(mid, limit.value * _ONE_BP)
        remedy = f"a price of {plain(bound)} or {'lower' if above else 'higher'}"
        return Verdict(name, False, verdict.value, verdict.limit, "bps", verdict.seen, remedy)

    return check


def max_market_slippage(limits_bps: Mapping[str, Decimal], max_age_ms: int) -> Rule:
    """Refuse a market order that is expected to reach further from the mid than its instrument's limit."""
    name = "max_market_slippage"

    own, default = bounds(limits_bps)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited(name, "bps")
        if order.waits:
            return Verdict(name, True, "waits for its trigger", limit.text, "bps")
        if order.limit_price is not None:
            return Verdict(name, True, "not a market order", limit.text, "bps")
        quote = book.market.quote(order.instrument)
        stale = _why_not_fresh(quote, order.now_ns, max_age_ms)
        if quote is None or stale:
            return Verdict(name, False, UNKNOWN, limit.text, "bps", stale, _FRESH)
        levels = ladders_of(quote, book.market.book(order.instrument)).met_by(order.side)
        further = reach_of(levels, order.quantity, quote.ask - quote.bid)
        if further is None:
            return Verdict(name, False, UNKNOWN, limit.text, "bps", "nothing is offered", "when something is")
        mid = quote.mid
        reach = abs(levels[0].price - mid) + further
        shown = plain(sum([level.size for level in levels], ZERO))
        seen = f"bid {plain(quote.bid)}, ask {plain(quote.ask)}, {shown} on {len(levels)} levels; deeper is assumed"
        return at_most(name, bps_of(reach, mid), limit, "bps", seen)

    return check


def max_price_move(limits_bps: Mapping[str, Decimal], window_ms: int, max_age_ms: int) -> Rule:
    """Refuse an order where the mid moved too far within the window, or its own limit would carry it too far."""
    name = "max_price_move"
    own, default = bounds(limits_bps)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited(name, "bps")
        if order.waits:
            return Verdict(name, True, "waits for its trigger", limit.text, "bps")
        stale = _why_not_fresh(book.market.quote(order.instrument), order.now_ns, max_age_ms)
        moved = book.market.moved_between(order.instrument, order.now_ns, window_ms * _MS)
        if moved is None or stale:
            return Verdict(name, False, UNKNOWN, limit.text, "bps", stale or "no quote", _FRESH)
        low, high = moved
        carried_low, carried_high = _carried(order, low, high)
        seen = f"mid from {low!s} to {high!s} in {window_ms} ms"
        verdict = at_most(name, bps_of(carried_high - carried_low, carried_low), limit, "bps", seen)
        if verdict.passed:
            return verdict
        if order.only_reduces(book):
            return Verdict(name, True, verdict.value, verdict.limit, "bps", REDUCES)
        remedy = _less_far(order, low, high, limit.value) or f"when it has moved less for {window_ms} ms"
        return Verdict(name, False, verdict.value, verdict.limit, "bps", seen, remedy)

    return check


def _carried(order: ProposedOrder, low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    """Return the range of a price that trades as far as the order's limit lets it."""
    price = order.limit_price
    if price is None:
        return low, high
    return (low, max(high, price)) if order.side is Side.BUY else (min(low, price), high)


def _less_far(order: ProposedOrder, low: Decimal, high: Decimal, limit_bps: Decimal) -> str:
    """Return which limit price would pass, in whole ticks; empty where the market alone has moved too far."""
    if bps_of(high - low, low) > limit_bps:
        return ""
    widest, tick = 1 + limit_bps * _ONE_BP, order.listed.tick_size
    if order.side is Side.BUY:
        return f"a price of {plain(round_down(multiply_rounded(low, widest), tick))} or lower"
    return f"a price of {plain(round_up(divide(high, widest), tick))} or higher"


def max_quote_age(limit_ms: int) -> Rule:
    """Refuse an order whose instrument's newest quote is older than `limit_ms`, or that has none."""

    bounded = bound(limit_ms)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        quote = book.market.quote(order.instrument)
        age_ms = None if quote is None else Decimal((order.now_ns - quote.received_ns) // _MS)
        return _with_remedy(at_most("max_quote_age", age_ms, bounded, "ms"), _FRESH)

    return check


def max_clock_skew(limit_ms: int) -> Rule:
    """Refuse an order whose newest quote has a venue time too far from when it came, or that has none."""

    bounded = bound(limit_ms)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        quote = book.market.quote(order.instrument)
        skew_ms = None if quote is None else Decimal(abs(quote.received_ns - quote.event_time_ns) // _MS)
        return _with_remedy(at_most("max_clock_skew", skew_ms, bounded, "ms"), _CLOCKS_AGREE)

    return check


def _with_remedy(verdict: Verdict, remedy: str) -> Verdict:
    if verdict.passed:
        return verdict
    return Verdict(verdict.rule, False, verdict.value, verdict.limit, verdict.unit, verdict.seen, remedy)


def _why_not_fresh(quote: Quote | None, now_ns: int, max_age_ms: int) -> str:
    if quote is None:
        return "no quote"
    age_ms = (now_ns - quote.received_ns) // _MS
    return "" if age_ms <= max_age_ms else f"the newest quote is {age_ms} ms old, {max_age_ms} ms are allowed"


def _age(limits: Limits) -> int:
    return _MAX_AGE_MS if limits.reference_max_age_ms is None else limits.reference_max_age_ms


def _build_collar(limits: Limits) -> Rule | None:
    return price_collar(limits.price_collar_bps, _age(limits)) if limits.price_collar_bps else None


def _build_passive(limits: Limits) -> Rule | None:
    bps = limits.passive_price_collar_bps
    return passive_price_collar(bps, _age(limits)) if bps else None


def _build_move(limits: Limits) -> Rule | None:
    bps = limits.max_price_move_bps
    return max_price_move(bps, limits.price_move_window_ms or _WINDOW_MS, _age(limits)) if bps else None


def _build_slippage(limits: Limits) -> Rule | None:
    bps = limits.max_market_slippage_bps
    return max_market_slippage(bps, _age(limits)) if bps else None


CARDS: Final = (
    RuleCard(
        name="price_collar",
        unit="bps",
        settings=("price_collar_bps", "reference_max_age_ms"),
        source=_COLLAR_SOURCE,
        says="Refuse a limit that buys too far above the mid of a fresh quote or sells too far below it.",
        build=_build_collar,
        holds_reducing=True,
    ),
    RuleCard(
        name="passive_price_collar",
        unit="bps",
        settings=("passive_price_collar_bps", "reference_max_age_ms"),
        source=_COLLAR_SOURCE,
        says="Refuse a limit that would rest too far from the mid of a fresh quote.",
        build=_build_passive,
    ),
    RuleCard(
        name="max_market_slippage",
        unit="bps",
        settings=("max_market_slippage_bps", "reference_max_age_ms"),
        source="SEC 15c3-5(c)(1)(ii) price parameters; FIA price tolerance",
        says="Refuse a market order that is expected to reach too far from the mid of a fresh quote.",
        build=_build_slippage,
        eases_with_size=True,
    ),
    RuleCard(
        name="max_price_move",
        unit="bps",
        settings=("max_price_move_bps", "price_move_window_ms", "reference_max_age_ms"),
        source="RTS 6 Art. 15(1)(a) price collars over a period; FIA price tolerance",
        says="Refuse an order where the mid moved too far within the window, or its limit would carry it too far.",
        build=_build_move,
    ),
    RuleCard(
        name="max_quote_age",
        unit="ms",
        settings=("max_quote_age_ms",),
        source="FIA market data reasonability",
        says="Refuse an order whose instrument's newest quote is too old, or that has none.",
        build=lambda limits: None if limits.max_quote_age_ms is None else max_quote_age(limits.max_quote_age_ms),
    ),
    RuleCard(
        name="max_clock_skew",
        unit="ms",
        settings=("max_clock_skew_ms",),
        source="RTS 25 clock synchronisation; FIA market data reasonability",
        says="Refuse an order whose newest quote has a venue time too far from when it came, or that has none.",
        build=lambda limits: None if limits.max_clock_skew_ms is None else max_clock_skew(limits.max_clock_skew_ms),
    ),
)
