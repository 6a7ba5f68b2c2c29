"""Between which prices one instrument's mid moved lately, by seconds."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from operator import itemgetter
from typing import Final

from core.market.volume import SECOND_NS

_KEPT_S: Final = 300  # the longest window that anybody may ask about
_TIDY_AT: Final = 4 * _KEPT_S

type _Extremes = list[tuple[int, Decimal]]  # a second, and its extreme; no later one goes beyond it
_SECOND: Final = itemgetter(0)


class PriceRange:
    """Lowest and highest mid of whole seconds; a window begins with the second that it cuts.

    A mid stands until the next one: the one that stood when a window began belongs to it.
    """

    __slots__ = ("_highs", "_lows", "_mid", "_second")

    def __init__(self, mid: Decimal, at_ns: int) -> None:
        self._mid = mid
        self._second = at_ns // SECOND_NS
        self._highs: _Extremes = [(self._second, mid)]
        self._lows: _Extremes = [(self._second, mid)]

    def take(self, mid: Decimal, at_ns: int) -> None:
        """Count a mid that stands from now on; one that comes late counts in the newest second."""
        second = at_ns // SECOND_NS
        if second > self._second:
            self._second = second
            self._count(self._mid)
            self._tidy(self._highs)
            self._tidy(self._lows)
        if mid != self._mid:
            self._mid = mid
            self._count(mid)

    def within(self, now_ns: int, window_ns: int) -> tuple[Decimal, Decimal]:
        """Return the lowest and the highest mid since the second in which the window began."""
        first = (now_ns - window_ns) // SECOND_NS
        return self._extreme(self._lows, first), self._extreme(self._highs, first)

    def _extreme(self, extremes: _Extremes, first: int) -> Decimal:
        at = bisect_left(extremes, first, key=_SECOND)
        return extremes[at][1] if at < len(extremes) else self._mid  # nothing has come since: the newest stands

    def _count(self, mid: Decimal) -> None:
        highs, lows = self._highs, self._lows
        while highs and highs[-1][1] <= mid:
            highs.pop()
        if not highs or highs[-1][0] != self._second:
            highs.append((self._second, mid))
        while lows and lows[-1][1] >= mid:
            lows.pop()
        if not lows or lows[-1][0] != self._second:
            lows.append((self._second, mid))

    def _tidy(self, extremes: _Extremes) -> None:
        if len(extremes) > _TIDY_AT:
            del extremes[: bisect_left(extremes, self._second - _KEPT_S, key=_SECOND)]
