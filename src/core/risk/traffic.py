"""How much was sent and traded lately: by strategy, by venue and in all, exactly and from facts alone."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from ports.values import StrategyId, VenueId

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
DAY_NS: Final = 24 * 60 * MINUTE_NS
_KEPT_NS: Final = MINUTE_NS  # the longest window that anybody may ask about
_TIDY_AT: Final = 512


class Times:
    """When something happened in the last minute; any window up to that long is counted exactly (no buckets)."""

    __slots__ = ("_tidy_at", "_times")

    def __init__(self) -> None:
        self._times: list[int] = []
        self._tidy_at = _TIDY_AT

    def add(self, now_ns: int) -> None:
        """Count one event; it is not before the one added last."""
        times = self._times
        times.append(now_ns)
        if len(times) > self._tidy_at:
            del times[: bisect_right(times, now_ns - _KEPT_NS)]
            self._tidy_at = 2 * len(times) + _TIDY_AT

    def within(self, now_ns: int, window_ns: int) -> int:
        """Return how many events are in the window `(now - window, now]`."""
        times = self._times
        return len(times) - bisect_right(times, now_ns - window_ns) if times else 0

    def last(self, count: int) -> list[int]:
        """Return when the last `count` (> 0) events were, oldest first."""
        return self._times[-count:]


class DayCount:
    """How many events there were since 00:00 UTC."""

    __slots__ = ("_count", "_day")

    def __init__(self) -> None:
        self._day = 0
        self._count = 0

    def add(self, now_ns: int) -> None:
        """Count one event."""
        day = now_ns // DAY_NS
        if day != self._day:
            self._day, self._count = day, 0
        self._count += 1

    def as_pair(self) -> tuple[int, int]:
        """Return the day that was counted last, and its count."""
        return self._day, self._count

    def today(self, now_ns: int) -> int:
        """Return the count of the day that `now_ns` is in."""
        return self._count if now_ns // DAY_NS == self._day else 0


class Flow:
    """What one strategy or venue, or all of them, sent and traded."""

    __slots__ = ("changes", "changes_today", "orders", "orders_today", "recorded", "trades_today")

    def __init__(self) -> None:
        self.recorded = Times()  # orders, the refused ones too
        self.orders = Times()  # released
        self.changes = Times()  # amends and cancels
        self.orders_today = DayCount()
        self.changes_today = DayCount()  # amends and cancels
        self.trades_today = DayCount()


NO_FLOW: Final = Flow()  # of whoever sent nothing yet; nobody adds to it


class Traffic:
    """The flow in all, by strategy and by venue."""

    def __init__(self) -> None:
        self.all = Flow()
        self._strategies: dict[StrategyId, Flow] = {}
        self._venues: dict[VenueId, Flow] = {}

    def of_strategy(self, strategy: StrategyId) -> Flow:
        """Return one strategy's flow, to read it."""
        return self._strategies.get(strategy, NO_FLOW)

    def has_heard_of(self, strategy: StrategyId) -> bool:
        """Say whether a strategy ever sent an order."""
        return strategy in self._strategies

    def of_venue(self, venue: VenueId) -> Flow:
        """Return what went to one venue, to read it."""
        return self._venues.get(venue, NO_FLOW)

    def recorded(self, strategy: StrategyId, now_ns: int) -> None:
        """Count an order that was recorded, whatever becomes of it."""
        _flow(self._strategies, strategy).recorded.add(now_ns)

    def released(self, strategy: StrategyId, venue: VenueId, now_ns: int) -> None:
        """Count a released order."""
        for flow in (self.all, _flow(self._strategies, strategy), _flow(self._venues, venue)):
            flow.orders.add(now_ns)
            flow.orders_today.add(now_ns)

    def changed(self, strategy: StrategyId, venue: VenueId, now_ns: int) -> None:
        """Count an amend or a cancel that was asked of a venue."""
        for flow in (self.all, _flow(self._strategies, strategy), _flow(self._venues, venue)):
            flow.changes.add(now_ns)
            flow.changes_today.add(now_ns)

    def traded(self, strategy: StrategyId, now_ns: int) -> None:
        """Count a trade."""
        _flow(self._strategies, strategy).trades_today.add(now_ns)

    def canonical(self) -> tuple[object, ...]:
        """Return the counts of days in one fixed shape."""
        flows = [("", self.all), *sorted(self._strategies.items()), *sorted(self._venues.items())]
        return tuple(
            [
                (name, *[count.as_pair() for count in (one.orders_today, one.changes_today, one.trades_today)])
                for name, one in flows
            ]
        )


def _flow[Key](flows: dict[Key, Flow], key: Key) -> Flow:
    flow = flows.get(key)
    if flow is None:
        flow = flows[key] = Flow()
    return flow
