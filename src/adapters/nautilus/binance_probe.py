"""Asks the venue now and then whether the user stream kept something back, and looks at the stream's connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from nautilus_trader.adapters.binance.common.schemas.account import BinanceUserTrade

from adapters.nautilus.binance_questions import Questions
from adapters.nautilus.binance_watch import StreamWatch
from adapters.nautilus.binance_words import NANOS_A_MILLI
from ports.errors import VenueUnavailableError

_LOOK_S: Final = 0.5  # at the connection; it costs nothing
_GRACE_S: Final = 2.0  # what the venue lists and the stream has not told by then, it keeps back
_UNANSWERED_IS_DOWN: Final = 3
_MOST_SYMBOLS: Final = 10  # a look weighs 5 a symbol and 40 besides, of 2,400 a minute


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
        self._since_ms: dict[str, int] = {}  # by symbol: trades before are held against the stream already
        self._turn = 0

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
        asked = self._next(symbols)
        try:
            suspects = await self._missed(asked)
            if suspects:
                if (lost := await self._connection_lost(min(_GRACE_S, self._every_s))) is not None:
                    return lost
                suspects &= await self._missed(asked)
        except VenueUnavailableError as silent:
            self._unanswered += 1
            if self._unanswered < _UNANSWERED_IS_DOWN:
                return None
            return f"the venue did not answer {self._unanswered} times in a row: {silent}"
        self._unanswered = 0
        if suspects:
            return f"the user stream is silent: the venue lists what it never told: {', '.join(sorted(suspects)[:3])}"
        return None

    def _next(self, symbols: Sequence[str]) -> Sequence[str]:
        """Return the symbols whose trades are asked for: those with orders, and one other, each time another one."""
        busy = [one for one in symbols if one in self._watch.busy]
        idle = [one for one in symbols if one not in self._watch.busy]
        self._turn += 1
        turned = [busy[(self._turn + number) % len(busy)] for number in range(min(len(busy), _MOST_SYMBOLS))]
        return [*turned, *(idle[self._turn % len(idle) :][:1] if idle else ())]

    async def _missed(self, symbols: Sequence[str]) -> frozenset[str]:
        trades: list[BinanceUserTrade] = []
        for symbol in symbols:
            since_ms = self._since_ms.get(symbol, self._watch.since_ms)
            trades += await self._questions.raw_trades_since(symbol, since_ms, self._clock() // NANOS_A_MILLI)
        missed = self._watch.missed(await self._questions.raw_open_orders(), trades)
        if not missed:
            self._since_ms |= {one.symbol: one.time for one in trades if one.symbol and one.time}
        return missed
