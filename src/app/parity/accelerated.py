"""An event loop whose time jumps to the next timer whenever nothing is left to do: the live runtime, accelerated."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from math import ceil
from typing import Final

from ports.journal import Entry, Head, Journal

_NS: Final = 1_000_000_000
_LONGEST_HOLD_S: Final = 60.0
_ROUNDING_NS: Final = 1e-3  # far more than what float seconds of one day lose, far less than what is told apart
_RESOLUTION_S: Final = 1e-11


class _Selector(selectors.DefaultSelector):
    """Waits only where something outside is being waited for; otherwise lets time pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0
        self.holds = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or (timeout > 0 and self.holds):
            return super().select(_LONGEST_HOLD_S if timeout is not None else None)
        events = super().select(0)
        if not events and timeout > 0:
            self.passed_s += timeout
        return events


class AcceleratedLoop(asyncio.SelectorEventLoop):
    """Time (UTC nanoseconds) begins at `start_ns` and stands still while anything runs or is held.

    Timers fall on whole nanoseconds; `just_before` puts what the market does a fraction ahead of them, so that what
    falls due at the time of a quote comes after it, as in Nautilus's backtest.
    """

    def __init__(self, start_ns: int) -> None:
        self._idle = _Selector()
        self._start_ns = start_ns
        super().__init__(self._idle)
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        return self._idle.passed_s

    def now_ns(self) -> int:
        """Return the time (UTC nanoseconds)."""
        return self._start_ns + ceil(self._idle.passed_s * _NS - _ROUNDING_NS)

    def call_at[*Args](
        self, when: float, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call at a whole nanosecond, not before `when`."""
        return super().call_at(ceil(when * _NS - _ROUNDING_NS) / _NS, callback, *args, context=context)

    async def just_before(self, at_ns: int, quarters: int) -> None:
        """Wait until so many quarters (1 to 3) of a nanosecond before the timers of `at_ns`; the clock says `at_ns`."""
        due: asyncio.Future[None] = self.create_future()
        super().call_at((at_ns - self._start_ns - quarters / 4) / _NS, due.set_result, None)
        await due

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no time pass meanwhile: somebody outside this loop (a disk, a thread) is being waited for."""
        self._idle.holds += 1
        try:
            yield
        finally:
            self._idle.holds -= 1


class HeldJournal:
    """A journal under an accelerated loop: no time passes while the disk works."""

    def __init__(self, inner: Journal, loop: AcceleratedLoop) -> None:
        self._inner = inner
        self._loop = loop

    async def open(self) -> Head:
        """Take the journal for writing."""
        with self._loop.held():
            return await self._inner.open()

    async def append(self, entries: Sequence[Entry]) -> None:
        """Make entries durable."""
        with self._loop.held():
            await self._inner.append(entries)

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """Return entries."""
        with self._loop.held():
            return await self._inner.read(after_seq, limit)

    async def head(self) -> Head:
        """Return where it ends."""
        with self._loop.held():
            return await self._inner.head()

    async def checksum(self, seq: int) -> int | None:
        """Return the checksum of an entry."""
        with self._loop.held():
            return await self._inner.checksum(seq)

    async def close(self) -> None:
        """Let go of the store."""
        with self._loop.held():
            await self._inner.close()
