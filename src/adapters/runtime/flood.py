"""Notices a session that says more than any account can mean, before its reports keep those of others out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MOST_A_SECOND: Final = 50_000  # reports of one account; the lane of all accounts holds four times as many
_SECOND_NS: Final = 1_000_000_000


class FloodGate:
    """Counts what comes in each second of a clock."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._second = 0
        self._count = 0

    def admits(self) -> bool:
        """Count one more, and say whether that is still within bounds."""
        second = self._clock() // _SECOND_NS
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= MOST_A_SECOND
