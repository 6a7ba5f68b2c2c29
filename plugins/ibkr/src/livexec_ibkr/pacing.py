"""TWS's limit on messages, kept on this side: it answers more with error 100, and hangs up on whoever goes on.

A client may send as many messages a second as half its market data lines, 50 for most accounts
(https://interactivebrokers.github.io/tws-api/order_limitations.html).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from ports.venue_pulse import Budget

_MARGIN: Final = 0.9  # of what TWS allows: its clock is not ours
_RESERVED: Final = 0.3  # of that: for cancels alone
_WINDOW_S: Final = 1.0
_BRIEFLY_S: Final = 0.001


class NoRoomError(Exception):
    """No room came free in time; nothing was sent."""


class Pace:
    """How many messages left within the last second; belongs to the login, so it outlives a connection."""

    def __init__(self, messages_a_second: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._most = messages_a_second * _MARGIN
        self._sent: deque[float] = deque()
        self._turns = {True: asyncio.Lock(), False: asyncio.Lock()}

    def resize(self, messages_a_second: float) -> None:
        """Keep another limit from now on."""
        self._most = messages_a_second * _MARGIN

    def budget(self) -> Budget:
        """Return what is left."""
        return Budget(name="messages", left=self._left(), most=self._most, refill_a_second=self._most)

    @property
    def orders_left(self) -> int:
        """How many new orders would leave at once."""
        return max(int(self._left() - self._most * _RESERVED), 0)

    async def take(self, *, within_s: float, is_cancel: bool = False) -> None:
        """Wait until one more message may be sent, in turn; only a cancel may use the last of the room.

        Raises:
            NoRoomError: it would have taken longer than `within_s`.
        """
        keep = 0.0 if is_cancel else self._most * _RESERVED
        try:
            async with asyncio.timeout(within_s), self._turns[is_cancel]:
                while self._left() < 1 + keep and self._sent:  # noqa: ASYNC110 - room comes with time alone
                    await asyncio.sleep(max(self._sent[0] + _WINDOW_S - self._clock(), _BRIEFLY_S))
                self._sent.append(self._clock())
        except TimeoutError:
            raise NoRoomError(f"the rate limit left no room for it within {within_s} s") from None

    def _left(self) -> float:
        since = self._clock() - _WINDOW_S
        while self._sent and self._sent[0] <= since:
            self._sent.popleft()
        return self._most - len(self._sent)
