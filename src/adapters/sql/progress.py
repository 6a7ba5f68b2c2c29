"""Waiting until the tables have taken in a sequence, by being told and not by asking again and again."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from itertools import count

from ports.errors import NotYetVisibleError


class Progress:
    """How far the journal has been taken in, and who waits for more. Belongs to one event loop."""

    def __init__(self) -> None:
        self._seq = 0
        self._order = count()  # among those who wait for one sequence
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @property
    def seq(self) -> int:
        """The last sequence that was taken in, as far as this process knows."""
        return self._seq

    def moved_to(self, seq: int) -> None:
        """Say how far it is now; less than before where the tables were emptied."""
        self._seq = seq
        while self._waiting and self._waiting[0][0] <= seq:
            _, _, future = heappop(self._waiting)
            if not future.done():
                future.set_result(None)

    async def reach(self, seq: int, timeout_s: float) -> None:
        """Return as soon as `seq` has been taken in.

        Raises:
            NotYetVisibleError: it was not, within `timeout_s`.
        """
        if seq <= self._seq:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (seq, next(self._order), future))
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            raise NotYetVisibleError(f"the tables are at {self._seq}, not yet at {seq}; ask again") from None
        finally:
            future.cancel()  # no-op where it was answered
            self._forget_those_who_left()

    def _forget_those_who_left(self) -> None:
        while self._waiting and self._waiting[0][2].cancelled():
            heappop(self._waiting)
