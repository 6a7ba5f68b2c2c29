"""Keeps within what a venue allows in a span of time, one lane for each thing that it counts by itself."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from ports.venue_pulse import Budget

_KEPT_LANES = 10_000


class Count:
    """A limit that the venue counts for us, and tells in its answers: how much of it is used in a span of time."""

    def __init__(self, most: int, span_s: float, name: str) -> None:
        self._most = most
        self._span_s = span_s
        self._name = name
        self._used = 0
        self._over_at = 0.0  # when what was said has passed, on the loop's clock

    def said(self, used: int) -> None:
        """Note what the venue counts now."""
        self._used, self._over_at = used, asyncio.get_running_loop().time() + self._span_s

    def budget(self) -> Budget:
        """Return how much is left by the venue's last word, for people; all of it where that is older than the span."""
        used = self._used if asyncio.get_running_loop().time() < self._over_at else 0
        left, rate = max(0, self._most - used), self._most / self._span_s
        return Budget(name=f"{self._name} in {self._span_s:g} s", left=left, most=self._most, refill_a_second=rate)


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


@dataclass(slots=True)
class _Line:
    """One lane: when its turns were, and who waits for the next one, in order."""

    used: deque[float] = field(default_factory=deque)
    waiting: int = 0
    first: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pace:
    """At most `most` turns within `span_s` in each lane, oldest wish first; and none while the venue wants a rest."""

    def __init__(self, most: int, span_s: float, name: str = "") -> None:
        self._most = most
        self._span_s = span_s
        self._name = name
        self._lines: dict[Hashable, _Line] = {}
        self._rest = Rest()
        self._told = (most, 0.0)  # by the venue: so many turns were left, and when that says nothing any more

    def took_turn(self) -> bool:
        """Take a turn where nobody waits for one and none has to be waited for; else leave it as it is."""
        line = self._line("")
        if line.waiting or self._wait_s(line, 0) > 0:
            return False
        line.used.append(asyncio.get_running_loop().time())
        return True

    async def turn(self, lane: Hashable = "", *, within_s: float = math.inf) -> None:
        """Wait until the next turn of a lane. Whoever gives up has used nothing.

        Raises:
            NoTurnError: it would come later than `within_s` from now, by what is known.
        """
        loop, line = asyncio.get_running_loop(), self._line(lane)
        until = loop.time() + within_s
        self._check(self._wait_s(line, line.waiting), until)
        line.waiting += 1
        try:
            async with line.first:
                while (wait_s := self._wait_s(line, 0)) > 0:  # a rest may have begun meanwhile
                    self._check(wait_s, until)
                    await asyncio.sleep(wait_s)
                line.used.append(loop.time())
        finally:
            line.waiting -= 1

    def rest(self, for_s: float) -> None:
        """Give nobody a turn for so long: the venue said that it was too much."""
        self._rest.begin(for_s)

    def told(self, left: int) -> None:
        """Note how many turns are left by the venue's own count; for people, for nobody waits because of it."""
        self._told = (left, asyncio.get_running_loop().time() + self._span_s)

    def left(self) -> int:
        """Return how many turns could be had at once, in the lane that has the fewest."""
        if self._rest.left_s():
            return 0
        taken = []
        for line in self._lines.values():
            self._forget(line)
            taken.append(len(line.used) + line.waiting)
        return max(0, self._most - max(taken, default=0))

    def budget(self) -> Budget:
        """Return how much is left, for people."""
        name = f"{self._name or 'orders'} in {self._span_s:g} s"
        told, until = self._told
        left = min(self.left(), told) if asyncio.get_running_loop().time() < until else self.left()
        return Budget(name=name, left=left, most=self._most, refill_a_second=self._most / self._span_s)

    def _check(self, wait_s: float, until: float) -> None:
        if asyncio.get_running_loop().time() + wait_s > until:
            raise NoTurnError(f"{self._name}: the venue's limit would let it go in {wait_s:.1f} s only")

    def _wait_s(self, line: _Line, ahead: int) -> float:
        """Return how long the turn after so many others has to wait, at least."""
        self._forget(line)
        now, beyond = asyncio.get_running_loop().time(), len(line.used) + ahead - self._most
        full_s = 0.0
        if beyond >= 0:
            spans, place = divmod(beyond, self._most)
            since = line.used[place] if place < len(line.used) else now
            full_s = since + (spans + 1) * self._span_s - now
        return max(full_s, self._rest.left_s())

    def _line(self, lane: Hashable) -> _Line:
        if len(self._lines) > _KEPT_LANES:
            for line in self._lines.values():
                self._forget(line)
            self._lines = {name: line for name, line in self._lines.items() if line.used or line.waiting}
        known = self._lines.get(lane)
        if known is None:
            known = self._lines[lane] = _Line()
        return known

    def _forget(self, line: _Line) -> None:
        long_ago = asyncio.get_running_loop().time() - self._span_s
        while line.used and line.used[0] <= long_ago:
            line.used.popleft()
