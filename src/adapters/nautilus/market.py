"""Plays recorded or generated ticks into the paper venues, as if they happened now."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final

from adapters.nautilus.node import PaperNode
from ports.errors import InvalidInputError
from ports.market_data import Book, Quote, Tick, TickSource, Trade

_log = logging.getLogger(__name__)
_SLICE_NS: Final = 1_000_000  # how long the loop is held at a stretch
_STOP_S: Final = 10.0


class OnEnd(StrEnum):
    """What follows the last tick of a recording."""

    STOP = "stop"  # quotes cease, and grow stale
    LOOP = "loop"  # it begins again


class PaperMarket:
    """Plays one source into a node's venues and quote sinks, from `start` to `stop`.

    `speed` counts recorded seconds a second; None plays as fast as the loop allows. Ticks are stamped anew: received
    now, and as old at the venue as they were when recorded. Where the source fails, every session goes down.
    `depth` makes depth of a quote, for a source that has none.
    """

    def __init__(
        self,
        node: PaperNode,
        source: TickSource,
        speed: float | None = 1.0,
        on_end: OnEnd = OnEnd.STOP,
        depth: Callable[[Quote], Book] | None = None,
    ) -> None:
        if speed is not None and not 0 < speed < float("inf"):
            raise InvalidInputError("speed", speed, "write a number above zero, or none for as fast as possible")
        self._node = node
        self._source = source
        self._speed = speed
        self._on_end = OnEnd(on_end)
        self._depth = depth
        self._task: asyncio.Task[None] | None = None
        self.played = 0  # ticks, since the start

    @property
    def is_playing(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin to play on the running loop. Harmless to repeat while it plays."""
        if not self.is_playing:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="paper market")
            self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Stop playing. Harmless to repeat."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=_STOP_S)

    async def wait(self) -> None:
        """Return when a recording that is played once has ended.

        Raises:
            ObjectMissingError: a file of the recording is not there (or whatever else the source raised).
        """
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self) -> None:
        while True:
            before = self.played
            await self._play()
            if self._on_end is OnEnd.STOP or self.played == before:
                _log.info("the recording has ended after %d ticks", self.played)
                return
            await asyncio.sleep(0)  # a short recording would otherwise begin again and again within one turn

    async def _play(self) -> None:
        began_ns = time.perf_counter_ns()
        first_ns: int | None = None
        slice_ends_ns = began_ns + _SLICE_NS
        async for batch in self._source.ticks():
            for tick in batch:
                first_ns = tick.received_ns if first_ns is None else first_ns
                due_ns = (
                    began_ns if self._speed is None else began_ns + int((tick.received_ns - first_ns) / self._speed)
                )
                now_ns = time.perf_counter_ns()
                if due_ns - now_ns > _SLICE_NS:  # a shorter wait is not worth a timer
                    await asyncio.sleep((due_ns - now_ns) / 1e9)
                    slice_ends_ns = time.perf_counter_ns() + _SLICE_NS
                elif now_ns > slice_ends_ns:
                    await asyncio.sleep(0)
                    slice_ends_ns = time.perf_counter_ns() + _SLICE_NS
                self._show(tick)

    def _show(self, tick: Tick) -> None:
        self.played += 1
        self._node.desk.feed(tick)
        session = self._node.sessions.get(tick.instrument.venue)
        if session is None:
            return
        now_ns = self._node.desk.now_ns()
        match tick:
            case Quote():
                session.put_quote(tick.instrument, partial(_quote_as_of, tick, now_ns))
                if self._depth is not None:
                    session.put_book(tick.instrument, partial(_depth_as_of, self._depth, tick, now_ns))
            case Book():
                session.put_book(tick.instrument, partial(_book_as_of, tick, now_ns))
            case Trade():
                session.put_trade(_trade_as_of(tick, now_ns))

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            _log.error("market data ended: %s", failure, exc_info=failure)
            for session in self._node.sessions.values():
                session.fall(f"market data ended: {failure}")


def _event_ns(tick: Tick, now_ns: int) -> int:
    # A recorder's clock may have been behind the venue's; a quote from the future would help nobody.
    return now_ns - max(0, tick.received_ns - tick.event_time_ns)


def _book_as_of(book: Book, now_ns: int) -> Book:
    return Book(
        instrument=book.instrument,
        bids=book.bids,
        asks=book.asks,
        event_time_ns=_event_ns(book, now_ns),
        received_ns=now_ns,
    )


def _depth_as_of(depth: Callable[[Quote], Book], quote: Quote, now_ns: int) -> Book:
    return _book_as_of(depth(quote), now_ns)


def _trade_as_of(trade: Trade, now_ns: int) -> Trade:
    return Trade(
        instrument=trade.instrument,
        price=trade.price,
        quantity=trade.quantity,
        aggressor=trade.aggressor,
        trade_id=trade.trade_id,
        event_time_ns=_event_ns(trade, now_ns),
        received_ns=now_ns,
    )


def _quote_as_of(quote: Quote, now_ns: int) -> Quote:
    return Quote(
        instrument=quote.instrument,
        bid=quote.bid,
        ask=quote.ask,
        bid_size=quote.bid_size,
        ask_size=quote.ask_size,
        event_time_ns=_event_ns(quote, now_ns),
        received_ns=now_ns,
    )
