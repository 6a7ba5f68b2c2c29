"""Wake-ups that actors asked for, on one timer of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush

from ports.requests import WakeAt, WakeUp

_NS = 1_000_000_000


class Timers:
    """Delivers `WakeUp`s at or after their time. They are not durable: a restart asks for new ones."""

    def __init__(self, clock: Callable[[], int], deliver: Callable[[WakeUp], None]) -> None:
        self._clock = clock
        self._deliver = deliver
        self._heap: list[tuple[int, int, str]] = []
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None
        self._armed_for_ns = 0

    def set(self, request: WakeAt) -> None:
        """Remember a wake-up."""
        self._count += 1
        heappush(self._heap, (request.at_ns, self._count, request.token))
        if self._handle is None or request.at_ns < self._armed_for_ns:
            self._arm()

    def clear(self) -> None:
        """Forget every wake-up."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def fire(self) -> None:
        """Deliver what is due, and wait for the next."""
        self._handle = None
        now_ns = self._clock()
        while self._heap and self._heap[0][0] <= now_ns:
            _, _, token = heappop(self._heap)
            self._deliver(WakeUp(token=token))
        if self._heap:
            self._arm()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed_for_ns = self._heap[0][0]
        delay_s = max(self._armed_for_ns - self._clock(), 0) / _NS
        self._handle = asyncio.get_running_loop().call_later(delay_s, self.fire)
