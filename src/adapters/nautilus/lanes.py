"""A share of a venue's rate limit, kept for one kind of request."""

from __future__ import annotations

import asyncio
from collections import deque


class LaneFullError(Exception):
    """A request would have had to wait too long for its turn; it was not made."""


class Lane:
    """Lets at most `limit` requests a second go, in the order in which they came."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._turns: deque[float] = deque(maxlen=limit)  # on the loop's clock; the last of them may be yet to come
        self._closed_until = 0.0

    async def turn(self, within_s: float) -> None:
        """Wait for this request's turn.

        Raises:
            LaneFullError: it would come later than `within_s` from now. No turn was taken.
        """
        now = asyncio.get_running_loop().time()
        at = max(now, self._closed_until)
        if len(self._turns) == self._limit:
            at = max(at, self._turns[0] + 1.0)
        if at - now > within_s:
            raise LaneFullError(f"{self._name}: the venue's limit would let it go in {at - now:.1f} s only")
        self._turns.append(at)
        if at > now:
            await asyncio.sleep(at - now)

    def rest(self, seconds: float) -> None:
        """Let nothing go for a while: the venue said that it had been too much."""
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + seconds)
