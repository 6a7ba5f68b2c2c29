"""Asks the venue now and then whether the user stream kept something back, and looks at the stream's connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from adapters.nautilus.binance_questions import Questions
from adapters.nautilus.binance_watch import StreamWatch
from adapters.nautilus.binance_words import NANOS_A_MILLI
from ports.errors import VenueUnavailableError

_LOOK_S: Final = 0.5  # at the connection; it costs nothing
_GRACE_S: Final = 2.0  # what the venue lists and the stream has not told by then, it keeps back
_UNANSWERED_IS_DOWN: Final = 3


class Stream(Protocol):
    """A user stream's connection."""

    @property
    def hears(self) -> bool: ...


class Probe:
    """Watches one connection until it is cancelled or says why the connection must be given up."""

    def __init__(
        self, every_s: float, watch: StreamWatch, questions: Questions, clock: Callable[[], int], stream: Stream
    ) -> None:
        self._every_s = every_s
        self._watch = watch
        self._questions = questions
        self._clock = clock
        self._stream = stream
        self._unanswered = 0

    async def run(self, symbols: Sequence[str], fall: Callable[[str], None]) -> None:
        """Look for as long as all is well, and call `fall` once where it is not."""
        while True:
            reason = await self._connection_lost(self._every_s) or await self._kept_back(symbols)
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

    async def _kept_back(self, symbols: Sequence[str]) -> str | None:
        try:
            suspects = await self._missed(symbols)
            if suspects:
                if (lost := await self._connection_lost(min(_GRACE_S, self._every_s))) is not None:
                    return lost
                suspects &= await self._missed(symbols)
        except VenueUnavailableError as silent:
            self._unanswered += 1
            if self._unanswered < _UNANSWERED_IS_DOWN:
                return None
            return f"the venue did not answer {self._unanswered} times in a row: {silent}"
        self._unanswered = 0
        if suspects:
            return f"the user stream is silent: the venue lists what it never told: {', '.join(sorted(suspects)[:3])}"
        return None

    async def _missed(self, symbols: Sequence[str]) -> frozenset[str]:
        since_ms, now_ms = self._watch.since_ms, self._clock() // NANOS_A_MILLI
        trades = [one for symbol in symbols for one in await self._questions.raw_trades_since(symbol, since_ms, now_ms)]
        missed = self._watch.missed(await self._questions.raw_open_orders(), trades)
        if not missed and trades:
            self._watch.since_ms = max(one.time or since_ms for one in trades)
        return missed
