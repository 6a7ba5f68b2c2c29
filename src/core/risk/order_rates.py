"""How many orders were released in the last second and minute, by strategy and in all."""

from __future__ import annotations

from collections import deque
from typing import Final

from ports.values import StrategyId

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS


class SlidingCount:
    """How many events fell into the window that ends now, exactly (no buckets)."""

    __slots__ = ("_times", "_window_ns")

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._times: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Count one event; forgets those that left the window."""
        self._trim(now_ns)
        self._times.append(now_ns)

    def at(self, now_ns: int) -> int:
        """Return how many events are in the window `(now - window, now]`."""
        self._trim(now_ns)
        return len(self._times)

    def _trim(self, now_ns: int) -> None:
        oldest = now_ns - self._window_ns
        times = self._times
        while times and times[0] <= oldest:
            times.popleft()


class OrderRates:
    """Released orders per second and minute."""

    def __init__(self) -> None:
        self._all = _Windows()
        self._by_strategy: dict[StrategyId, _Windows] = {}

    def released(self, strategy: StrategyId, now_ns: int) -> None:
        """Count a released order."""
        self._all.add(now_ns)
        mine = self._by_strategy.get(strategy)
        if mine is None:
            mine = self._by_strategy[strategy] = _Windows()
        mine.add(now_ns)

    def in_last_second(self, now_ns: int, strategy: StrategyId | None = None) -> int:
        """Return how many orders were released in the last second, by one strategy or (None) in all."""
        windows = self._windows(strategy)
        return windows.second.at(now_ns) if windows else 0

    def in_last_minute(self, now_ns: int, strategy: StrategyId | None = None) -> int:
        """Return how many orders were released in the last minute, by one strategy or (None) in all."""
        windows = self._windows(strategy)
        return windows.minute.at(now_ns) if windows else 0

    def _windows(self, strategy: StrategyId | None) -> _Windows | None:
        return self._all if strategy is None else self._by_strategy.get(strategy)


class _Windows:
    __slots__ = ("minute", "second")

    def __init__(self) -> None:
        self.second = SlidingCount(SECOND_NS)
        self.minute = SlidingCount(MINUTE_NS)

    def add(self, now_ns: int) -> None:
        self.second.add(now_ns)
        self.minute.add(now_ns)
