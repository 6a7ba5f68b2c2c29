"""Keeps within what a venue allows in a span of time, one lane for each thing that it counts by itself."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable

_KEPT_LANES = 10_000


class Pace:
    """At most `most` turns within `span_s` in each lane, oldest wish first; and none while the venue wants a rest."""

    def __init__(self, most: int, span_s: float) -> None:
        self._most = most
        self._span_s = span_s
        self._lanes: dict[Hashable, deque[float]] = {}
        self._rest_until = 0.0

    async def turn(self, lane: Hashable = "") -> None:
        """Wait until the next turn of a lane; the caller bounds the wait. Whoever gives up has used nothing."""
        loop = asyncio.get_running_loop()
        while (wait_s := self._wait_s(lane, loop.time())) > 0:  # noqa: ASYNC110 - what is waited for is time itself
            await asyncio.sleep(wait_s)
        self._lanes[lane].append(loop.time())

    def rest(self, for_s: float) -> None:
        """Give nobody a turn for so long: the venue said that it was too much."""
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + for_s)

    def _wait_s(self, lane: Hashable, now: float) -> float:
        if len(self._lanes) > _KEPT_LANES:
            self._lanes = {name: used for name, used in self._lanes.items() if used and used[-1] > now - self._span_s}
        used = self._lanes.setdefault(lane, deque())
        while used and used[0] <= now - self._span_s:
            used.popleft()
        full_s = used[0] + self._span_s - now if len(used) >= self._most else 0.0
        return max(full_s, self._rest_until - now)
