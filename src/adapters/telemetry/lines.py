"""How many lines of the log one event may have: what repeats itself without end must not fill the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

MOST: Final = 100  # lines of one event in a window; all are counted
WINDOW_S: Final = 10.0


class Lines:
    """Counts lines by event."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = clock()
        self._written: dict[str, int] = {}
        self._passed_over: dict[str, int] = {}

    def admits(self, event: str) -> bool:
        """Say whether one more line of an event may be written now, and count it either way."""
        now_s = self._clock()
        if now_s - self._began_s >= WINDOW_S:
            self._began_s = now_s
            self._written.clear()
        written = self._written.get(event, 0)
        if written >= MOST:
            self._passed_over[event] = self._passed_over.get(event, 0) + 1
            return False
        self._written[event] = written + 1
        return True

    def take_passed_over(self, event: str) -> int:
        """Return how many lines of an event were not written since this was asked last."""
        return self._passed_over.pop(event, 0)
