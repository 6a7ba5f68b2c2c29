"""Asks the venue now and then whether the user stream kept something back, and looks at the stream's connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from adapters.nautilus.stream_watch import StreamWatch
from adapters.nautilus.venue_rest import RestingError
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport

_LOOK_S: Final = 0.5  # at the connection; it costs nothing
_GRACE_S: Final = 2.0  # what the venue lists and the stream has not told by then, it keeps back
_UNANSWERED_IS_DOWN: Final = 3
_MOST_INSTRUMENTS: Final = 10  # a look; each costs a question, and venues count those


class Stream(Protocol):
    """A user stream's connection."""

    @property
    def hears(self) -> bool: ...


class Lists(Protocol):
    """What a venue answers about its own lists; both raise VenueUnavailableError where it does not."""

    async def open_orders(self) -> Sequence[OrderStatusReport]: ...

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of one instrument at or after a time; whose orders they are need not be known."""


class Probe:
    """Watches one connection until it is cancelled or says why the connection must be given up.

    `since_ns` is the venue's time when the user stream began.
    """

    def __init__(
        self,
        every_s: float,
        since_ns: int,
        watch: StreamWatch,
        lists: Lists,
        clock: Callable[[], int],
        stream: Stream,
    ) -> None:
        self._every_s = every_s
        self._begun_ns = since_ns
        self._watch = watch
        self._lists = lists
        self._clock = clock
        self._stream = stream
        self._unanswered = 0
        self._since_ns: dict[InstrumentKey, int] = {}  # trades before are held against the stream already
        self._turn = 0

    async def run(self, instruments: Sequence[InstrumentKey], fall: Callable[[str], None]) -> None:
        """Look for as long as all is well, and call `fall` once where it is not."""
        while True:
            reason = await self._connection_lost(self._every_s) or await self._kept_back(instruments)
            if reason is not None:
                fall(reason)
                return

    async def _connection_lost(self, within_s: float) -> str | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + within_s
        while (left_s := until - loop.time()) > 0:
            await asyncio.sleep(min(_LOOK_S, left_s))
            if not self._stream.hears:
                return "the connection of the user stream is lost"
        return None

    async def _kept_back(self, instruments: Sequence[InstrumentKey]) -> str | None:
        asked = self._next(instruments)
        try:
            suspects = await self._missed(asked)
            if suspects:
                if (lost := await self._connection_lost(min(_GRACE_S, self._every_s))) is not None:
                    return lost
                suspects &= await self._missed(asked)
        except RestingError:
            return None  # the venue was not asked
        except VenueUnavailableError as silent:
            self._unanswered += 1
            if self._unanswered < _UNANSWERED_IS_DOWN:
                return None
            return f"the venue did not answer {self._unanswered} times in a row: {silent}"
        self._unanswered = 0
        if suspects:
            return f"the user stream is silent: the venue lists what it never told: {', '.join(sorted(suspects)[:3])}"
        return None

    def _next(self, instruments: Sequence[InstrumentKey]) -> Sequence[InstrumentKey]:
        """Return those whose trades are asked for: those with orders, and one other, each time another one."""
        busy = [one for one in instruments if one in self._watch.busy]
        idle = [one for one in instruments if one not in self._watch.busy]
        self._turn += 1
        turned = [busy[(self._turn + number) % len(busy)] for number in range(min(len(busy), _MOST_INSTRUMENTS))]
        return [*turned, *(idle[self._turn % len(idle) :][:1] if idle else ())]

    async def _missed(self, instruments: Sequence[InstrumentKey]) -> frozenset[str]:
        trades: list[FillReport] = []
        for instrument in instruments:
            since_ns = self._since_ns.get(instrument, self._begun_ns)
            trades += await self._lists.trades_since(instrument, since_ns, self._clock())
        missed = self._watch.missed(await self._lists.open_orders(), trades)
        if not missed:
            self._since_ns |= {one.instrument: one.venue_time_ns for one in trades}
        return missed
