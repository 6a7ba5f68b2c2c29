"""Orders released and messages sent per second, minute and day: in all, by strategy, by venue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from core.risk.rule import ProposedOrder, RiskBook, Rule, RuleCard, not_limited, where_set
from core.risk.traffic import DAY_NS, MINUTE_NS, SECOND_NS, Flow
from ports.commands import Limits
from ports.facts import Verdict
from ports.limits import ANY_KEY

type _Whose = Callable[[ProposedOrder, RiskBook], Flow]
type _Limits = int | Mapping[str, Decimal]

_SOURCE: Final = "RTS 6 Art. 15(1)(d) maximum messages limits; FIA message rates"
_MS: Final = 1_000_000


def _everybody(order: ProposedOrder, book: RiskBook) -> Flow:
    return book.traffic.all


def _strategy(order: ProposedOrder, book: RiskBook) -> Flow:
    return book.traffic.of_strategy(order.strategy_id)


def _venue(order: ProposedOrder, book: RiskBook) -> Flow:
    return book.traffic.of_venue(order.venue)


_WHOSE: Final[Mapping[str, tuple[_Whose, str]]] = {
    "": (_everybody, "over all strategies"),
    "_per_strategy": (_strategy, "by its strategy"),
    "_per_venue": (_venue, "to its venue"),
}
_WINDOWS: Final = {"second": (SECOND_NS, "s"), "minute": (MINUTE_NS, "min"), "day": (DAY_NS, "day")}


class _Count(NamedTuple):
    most: int
    text: str


def _counts(limits: _Limits) -> tuple[Mapping[str, _Count], _Count | None]:
    """Return the limit of each venue that has its own, and that of all others."""
    most = {ANY_KEY: limits} if isinstance(limits, int) else limits
    own = {venue: _Count(int(limit), str(int(limit))) for venue, limit in most.items()}
    default = own.pop(ANY_KEY, None)
    return own, default


def rate(name: str, limits: _Limits, whose: _Whose, counted: str, window_ns: int, unit: str) -> Rule:
    """Refuse an order that would be one more than the limit in a sliding window."""
    (own, default), with_changes = _counts(limits), counted == "messages"

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.venue, default) if own else default
        if limit is None:
            return not_limited(name, unit)
        flow, now_ns = whose(order, book), order.now_ns
        would_be = flow.orders.within(now_ns, window_ns) + 1
        if with_changes:
            would_be += flow.changes.within(now_ns, window_ns)
        if would_be <= limit.most:
            return Verdict(name, True, str(would_be), limit.text, unit)
        remedy = _when(flow, limit.most, now_ns, window_ns, with_changes=with_changes)
        return Verdict(name, False, str(would_be), limit.text, unit, "", remedy)

    return check


def _when(flow: Flow, most: int, now_ns: int, window_ns: int, *, with_changes: bool) -> str:
    """Return when the window has room for one more, if nothing else is sent."""
    if not most:
        return "none, whenever it comes"
    times = sorted([*flow.orders.last(most), *(flow.changes.last(most) if with_changes else ())])
    return f"the same order in {-((now_ns - times[-most] - window_ns) // _MS)} ms"


def day_rate(name: str, limits: _Limits, whose: _Whose, counted: str, unit: str) -> Rule:
    """Refuse an order that would be one more than the limit since 00:00 UTC."""

    (own, default), with_changes = _counts(limits), counted == "messages"

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.venue, default) if own else default
        if limit is None:
            return not_limited(name, unit)
        flow = whose(order, book)
        would_be = flow.orders_today.today(order.now_ns) + 1
        if with_changes:
            would_be += flow.changes_today.today(order.now_ns)
        if would_be <= limit.most:
            return Verdict(name, True, str(would_be), limit.text, unit)
        return Verdict(name, False, str(would_be), limit.text, unit, "", "the same order after 00:00 UTC")

    return check


def _card(counted: str, window: str, scope: str) -> RuleCard:
    whose, words = _WHOSE[scope]
    window_ns, short = _WINDOWS[window]
    name, unit = f"max_{counted}_per_{window}{scope}", f"{counted}/{short}"

    def make(limits: _Limits) -> Rule:
        if window == "day":
            return day_rate(name, limits, whose, counted, unit)
        return rate(name, limits, whose, counted, window_ns, unit)

    def build(limits: Limits) -> Rule | None:
        return where_set(make, getattr(limits, name))

    what = "released" if counted == "orders" else "(orders, amends and cancels) sent"
    since = "since 00:00 UTC" if window == "day" else f"in one {window}"
    return RuleCard(
        name=name,
        unit=unit,
        settings=(name,),
        source=_SOURCE,
        says=f"Refuse an order beyond so many {counted} {what} {since} {words}.",
        build=build,
    )


CARDS: Final = (
    *(_card("orders", window, scope) for scope in ("", "_per_strategy", "_per_venue") for window in _WINDOWS),
    *(_card("messages", window, scope) for scope in ("", "_per_strategy", "_per_venue") for window in _WINDOWS),
)
