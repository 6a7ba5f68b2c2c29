"""The way between a venue and its session: how late a message is, whether it comes at all, and how often."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Protocol

from fakes.virtual_loop import pause


class Network(Protocol):
    """Decides the fate of every message. A delay of 0 is: at once, within the call."""

    def delay_s(self) -> float:
        """Return how long the next request or its answer is under way."""

    def busy_s(self) -> float:
        """Return how long the session is busy with the next order or cancel, under way or not."""

    def copies_s(self) -> list[float]:
        """Return a delay for every copy of the next report; none: it is lost."""

    def loses(self) -> bool:
        """Say whether the next request, or its answer, is lost."""


class CalmNetwork:
    """Everything arrives once, at once, in order."""

    def delay_s(self) -> float:
        return 0.0

    def busy_s(self) -> float:
        return 0.0

    def copies_s(self) -> list[float]:
        return [0.0]

    def loses(self) -> bool:
        return False


class StormyNetwork:
    """Loses, repeats, delays and reorders, by a seed. `is_calm` lets everything through, still late."""

    def __init__(
        self,
        random: Random,
        longest_delay_s: float = 0.3,
        longest_busy_s: float = 0.3,
        loss: float = 0.05,
        repeat: float = 0.1,
    ) -> None:
        self._random = random
        self._longest_delay_s = longest_delay_s
        self._longest_busy_s = longest_busy_s
        self._loss = loss
        self._repeat = repeat
        self.is_calm = False
        self.is_silent = False  # no report gets through, although questions are answered

    def delay_s(self) -> float:
        return self._random.uniform(0.0, self._longest_delay_s) if self._random.random() < 0.5 else 0.001

    def busy_s(self) -> float:
        return self._random.uniform(0.0, self._longest_busy_s)

    def copies_s(self) -> list[float]:
        if self.is_silent or self.loses():
            return []
        return [self.delay_s() for _ in range(2 if self._random.random() < self._repeat else 1)]

    def loses(self) -> bool:
        return not self.is_calm and self._random.random() < self._loss


async def under_way(seconds: float) -> None:
    """Let a request be under way."""
    if seconds:
        await pause(seconds)


def later(seconds: float, do: Callable[[], None]) -> None:
    """Let something happen when it has arrived, whatever becomes of its sender meanwhile."""
    if seconds:
        asyncio.get_running_loop().call_later(seconds, do)
    else:
        do()
