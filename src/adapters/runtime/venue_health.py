"""How one venue session is doing, for people: when it was heard last, how long its answers take, what is wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

_RECENT: Final = 64  # answers that the round trip is reckoned from


class VenueHealth:
    """Kept by the session's worker. `trouble` says why the session is down; empty: it is up, or was never tried."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._took_s: deque[float] = deque(maxlen=_RECENT)
        self.heard_ns = 0  # when a report or an answer came; 0: never
        self.trouble = ""

    @property
    def round_trip_us(self) -> int:
        """The median of what recent answers to questions took; 0: none was asked."""
        return round(median(self._took_s) * 1_000_000) if self._took_s else 0

    def heard(self) -> None:
        """Note that the venue said something."""
        self.heard_ns = self._clock()

    async def ask[Answer](self, question: Awaitable[Answer], within_s: float) -> Answer:
        """Ask, and note when the answer came and what it took.

        Raises:
            TimeoutError: there was none in time; or whatever the question raises. Nothing is noted then.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(within_s):
            answer = await question
        self._took_s.append(loop.time() - began)
        self.heard()
        return answer
