"""The dead man: a venue takes every order of an account back by itself when it has not heard from us for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

_log = logging.getLogger(__name__)
_BEATS: Final = 3  # in the time that the venue waits: one may be lost
LEAST_S, MOST_S = 10, 120  # what OKX takes (POST /api/v5/trade/cancel-all-after); 0: no dead man


class DeadMan:
    """Tells a venue again and again to wait for `within_s` more, and then to take the orders back.

    `arm` tells it once, and that it need not wait any more where it is given 0. `failures` are what that may end with;
    `words` says them without secrets. A process that is frozen or gone tells nothing, which is the point.
    """

    def __init__(
        self,
        within_s: int,
        arm: Callable[[int], Awaitable[object]],
        failures: tuple[type[Exception], ...],
        words: Callable[[BaseException], str],
    ) -> None:
        self._within_s = within_s
        self._arm = arm
        self._failures = failures
        self._words = words
        self._until = 0.0  # on the loop's clock: the venue waits at least so long

    @property
    def waits_s(self) -> int:
        """After how long without us the orders are taken back; 0: the venue was not told so, or not lately enough."""
        return self._within_s if asyncio.get_running_loop().time() < self._until else 0

    async def run(self) -> None:
        """Tell the venue until cancelled. What it does not answer is told again at the next beat."""
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._arm(self._within_s)
            except self._failures as failure:
                _log.warning("the venue was not told to take orders back without us: %s", self._words(failure))
            else:
                self._until = began + self._within_s
            await asyncio.sleep(self._within_s / _BEATS)

    async def disarm(self) -> None:
        """Let the venue leave orders as they are: this end hangs up on purpose. Raises what `arm` does."""
        if self._until:
            self._until = 0.0
            await self._arm(0)
