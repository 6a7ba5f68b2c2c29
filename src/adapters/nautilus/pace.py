"""Keeps within what a venue allows in a span of time, one lane for each thing that it counts by itself."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Hashable

_KEPT_LANES = 10_000


class NoTurnError(Exception):
    """A request would have had to wait too long for its turn; it was not made, and no turn was used."""


class Rest:
    """A time in which the venue wants to be left alone."""

    def __init__(self) -> None:
        self._until = 0.0  # on the loop's clock

    def begin(self, for_s: float) -> None:
        """Rest from now on for so long; never shorter than was said before."""
        self._until = max(self._until, asyncio.get_running_loop().time() + for_s)

    def left_s(self) -> float:
        """Return how much of it is left; 0: nothing."""
        return max(0.0, self._until - asyncio.get_running_loop().time())


class Pace:
    """At most `most` turns within `span_s` in each lane, oldest wish first; and none while the venue wants a rest."""

    def __init__(self, most: int, span_s: float, name: str = "") -> None:
        self._most = most
        self._span_s = span_s
        self._name = name
        self._lanes: dict[Hashable, deque[float]] = {}
        self._rest = Rest()

    async def turn(self, lane: Hashable = "", *, within_s: float = math.inf) -> None:
        """Wait until the next turn of a lane. Whoever gives up has used nothing.

        Raises:
            NoTurnError: it would come later than `within_s` from now, by what is known.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while (wait_s := self._wait_s(lane, loop.time())) > 0:
            if loop.time() + wait_s > until:
                raise NoTurnError(f"{self._name}: the venue's limit would let it go in {wait_s:.1f} s only")
            await asyncio.sleep(wait_s)
        self._lanes[lane].append(loop.time())

    def rest(self, for_s: float) -> None:
        """Give nobody a turn for so long: the venue said that it was too much."""
        self._rest.begin(for_s)

    def left(self) -> int:
        """Return how many turns could be had at once, in the lane that has the fewest."""
        if self._rest.left_s():
            return 0
        now = asyncio.get_running_loop().time()
        used = [sum(at > now - self._span_s for at in turns) for turns in self._lanes.values()]
        return self._most - max(used, default=0)

    def _wait_s(self, lane: Hashable, now: float) -> float:
        if len(self._lanes) > _KEPT_LANES:
            self._lanes = {name: used for name, used in self._lanes.items() if used and used[-1] > now - self._span_s}
        used = self._lanes.setdefault(lane, deque())
        while used and used[0] <= now - self._span_s:
            used.popleft()
        full_s = used[0] + self._span_s - now if len(used) >= self._most else 0.0
        return max(full_s, self._rest.left_s())
