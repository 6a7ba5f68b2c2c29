"""What was traded publicly of one instrument lately, by seconds."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from typing import Final

from ports.values import ZERO

SECOND_NS: Final = 1_000_000_000
_KEPT_S: Final = 300  # the longest window that anybody may ask about
_TIDY_AT: Final = 4 * _KEPT_S


class TradedVolume:
    """Sums of whole seconds; a window begins with the second that it cuts, whose trades all count."""

    __slots__ = ("_after", "_seconds", "_total")

    def __init__(self) -> None:
        self._seconds: list[int] = []
        self._after: list[Decimal] = []  # everything that was traded until the end of that second
        self._total = ZERO

    def add(self, received_ns: int, quantity: Decimal) -> None:
        """Count one trade; one that comes late counts in the newest second."""
        second = received_ns // SECOND_NS
        self._total += quantity
        if self._seconds and second <= self._seconds[-1]:
            self._after[-1] = self._total
            return
        if len(self._seconds) >= _TIDY_AT:
            old = bisect_left(self._seconds, second - _KEPT_S) - 1
            del self._seconds[: max(old, 0)], self._after[: max(old, 0)]
        self._seconds.append(second)
        self._after.append(self._total)

    @property
    def total(self) -> Decimal:
        """Everything since the first trade was counted."""
        return self._total

    def within(self, now_ns: int, window_ns: int) -> Decimal:
        """Return what was traded since the second in which the window began."""
        first = bisect_left(self._seconds, (now_ns - window_ns) // SECOND_NS)
        return self._total - (self._after[first - 1] if first else ZERO)
