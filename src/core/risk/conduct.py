"""How a strategy behaves: too many orders too fast, the same order twice, too much changed for what it trades."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.risk.recent_orders import Said
from core.risk.rule import (
    NOT_JUDGED,
    STATE,
    ProposedOrder,
    RiskBook,
    Rule,
    RuleCard,
    bounds,
    not_limited,
    shown,
    where_set,
)
from ports.commands import Limits
from ports.facts import Verdict
from ports.values import divide

_MS: Final = 1_000_000
_WINDOW_MS: Final = 1000  # where none is set
_RATIO_FROM: Final = 100  # amends and cancels of a day, where none is set
_RATIO_UNIT: Final = "messages/trade"


def runaway(limit: int, window_ms: int) -> Rule:
    """Refuse the order of a strategy that had more than `limit` recorded in the window, refused ones too."""

    most, window = str(limit), f"in {window_ms} ms"

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        times = book.traffic.of_strategy(order.strategy_id).recorded
        count = times.within(order.now_ns, window_ms * _MS) + order.is_what_if  # which is not recorded
        if count <= limit:
            return Verdict("runaway", True, str(count), most, "orders", window)
        remedy = f"an order after {window_ms} ms with fewer than {limit}"
        return Verdict("runaway", False, str(count), most, "orders", window, remedy)

    return check


def duplicate(window_ms: int) -> Rule:
    """Refuse an order that says what another of its strategy said within `window_ms`.

    Children of one parent say the same on purpose: they are neither refused by this nor remembered for it.
    """

    new = Verdict("duplicate", True, "new", str(window_ms), "ms")

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        spared = order.is_amend or order.parent_operation_id is not None
        last_ns = None if spared else _last_ns(order, book)
        waited_ms = None if last_ns is None else (order.now_ns - last_ns) // _MS
        if waited_ms is None or waited_ms >= window_ms:
            return new
        remedy = f"the same order in {window_ms - waited_ms} ms, or one with another quantity or price"
        return Verdict("duplicate", False, str(waited_ms), str(window_ms), "ms", "the same order before", remedy)

    return check


def _last_ns(order: ProposedOrder, book: RiskBook) -> int | None:
    said = Said(order.strategy_id, order.instrument, order.side, order.quantity, order.limit_price)
    there = book.recent.last_ns(said)
    if order.asked_for == order.instrument:
        return there
    anywhere = book.recent.last_ns(said._replace(instrument=order.asked_for))  # of no venue, it may go elsewhere now
    return there if anywhere is None else max(anywhere, there or 0)


def messages_per_trade(limits: Mapping[str, Decimal], judged_from: int) -> Rule:
    """Refuse the order of a strategy whose amends and cancels a trade, since 00:00 UTC, are above its limit."""

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.strategy_id, default)
        if limit is None:
            return not_limited("max_messages_per_trade", _RATIO_UNIT)
        flow = book.traffic.of_strategy(order.strategy_id)
        changes = flow.changes_today.today(order.now_ns)
        if changes < judged_from:
            seen = f"{changes} amends and cancels; judged from {judged_from}"
            return Verdict("max_messages_per_trade", True, NOT_JUDGED, limit.text, _RATIO_UNIT, seen)
        trades = flow.trades_today.today(order.now_ns)
        ratio = divide(Decimal(changes), Decimal(max(trades, 1)))
        seen = f"{changes} amends and cancels, {trades} trades"
        passed = ratio <= limit.value
        remedy = "" if passed else "an order after more trades, or after 00:00 UTC"
        return Verdict("max_messages_per_trade", passed, shown(ratio), limit.text, _RATIO_UNIT, seen, remedy)

    return check


def restricted(instruments: tuple[str, ...], bases: tuple[str, ...], strategies: tuple[str, ...]) -> Rule:
    """Refuse an order of an instrument, base asset or strategy on the restricted list."""
    keys, assets, names = frozenset(instruments), frozenset(bases), frozenset(strategies)
    free = Verdict("restricted", True, "free", "free", STATE)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        value: str
        if order.instrument in keys:
            value = order.instrument
        elif assets and book.exposure.base_of(order.instrument) in assets:
            value = book.exposure.base_of(order.instrument)
        elif order.strategy_id in names:
            value = order.strategy_id
        else:
            return free
        return Verdict("restricted", False, f"{value} is restricted", "free", STATE, "", "nothing of it, until lifted")

    return check


def _build_runaway(limits: Limits) -> Rule | None:
    if limits.runaway_max_orders is None:
        return None
    return runaway(limits.runaway_max_orders, limits.runaway_window_ms or _WINDOW_MS)


def _build_ratio(limits: Limits) -> Rule | None:
    if not limits.max_messages_per_trade:
        return None
    judged_from = _RATIO_FROM if limits.messages_per_trade_from is None else limits.messages_per_trade_from
    return messages_per_trade(limits.max_messages_per_trade, judged_from)


def _build_restricted(limits: Limits) -> Rule | None:
    lists = (limits.restricted_instruments, limits.restricted_bases, limits.restricted_strategies)
    return restricted(*lists) if any(lists) else None


CARDS: Final = (
    RuleCard(
        name="restricted",
        unit=STATE,
        settings=("restricted_instruments", "restricted_bases", "restricted_strategies"),
        source="SEC 15c3-5(c)(2)(ii); RTS 6 Art. 15(5) permission to trade",
        says="Refuse an order of an instrument, base asset or strategy on the restricted list; what closes passes.",
        build=_build_restricted,
    ),
    RuleCard(
        name="runaway",
        unit="orders",
        settings=("runaway_max_orders", "runaway_window_ms"),
        source="RTS 6 Art. 15(3) repeated automated execution throttles; FIA",
        says="Refuse the order of a strategy that had too many recorded in a window, refused ones too.",
        build=_build_runaway,
    ),
    RuleCard(
        name="duplicate",
        unit="ms",
        settings=("duplicate_window_ms",),
        source="SEC 15c3-5(c)(1)(ii) duplicative orders",
        says="Refuse an order with strategy, instrument, side, quantity and price of one released just before.",
        build=lambda limits: where_set(duplicate, limits.duplicate_window_ms),
    ),
    RuleCard(
        name="max_messages_per_trade",
        unit=_RATIO_UNIT,
        settings=("max_messages_per_trade", "messages_per_trade_from"),
        source="RTS 9 ratio of unexecuted orders; RTS 6 Art. 15(1)(d)",
        says="Refuse the order of a strategy that amended and canceled too much for the trades of its day.",
        build=_build_ratio,
    ),
)
