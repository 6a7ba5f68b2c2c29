"""The market of a task: only the windows of its signals, each read before it is needed."""

from __future__ import annotations

from asyncio import Runner
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from heapq import merge
from operator import attrgetter
from typing import Final

from adapters.ticks import Kind, WindowReader, day_window
from app.replay.spec import ReplayTask
from ports.errors import ObjectMissingError
from ports.instruments import Instrument
from ports.market_data import Book, Quote, Trade
from ports.object_store import ObjectStore
from ports.records import record
from ports.signals import INTERVAL_NS, Signal
from ports.values import Price

_AHEAD: Final = 2  # windows that are read while another one is worked
_TAIL_NS: Final = 15_000_000_000  # for what a finish at the end of a horizon takes
_HORIZONS: Final = ("horizon_secs", "duration_sec")
_SECOND_NS: Final = 1_000_000_000


@record
class Stretch:
    """A time (UTC nanoseconds, the end is not part of it) without a gap, and the signals that fall into it."""

    start_ns: int
    end_ns: int
    signals: tuple[Signal, ...]


class Windows:
    """Reads the windows of one task; `without_quotes` and `trades` say what there was."""

    def __init__(self, store: ObjectStore, task: ReplayTask, instrument: Instrument) -> None:
        self._reader = WindowReader(store)
        self._task = task
        self._instrument = instrument
        self._quotes: Kind | None = None
        self.has_trades = True

    @property
    def made_of(self) -> str:
        """What the best quotes were made of."""
        return str(self._quotes or "")

    @contextmanager
    def ahead(self) -> Iterator[Iterator[tuple[Stretch, Sequence[Quote | Trade]]]]:
        """Give every stretch with its ticks, by arrival; a thread reads the next ones meanwhile.

        Raises (at the stretch that fails):
            ObjectMissingError: there is neither a quote nor a book of the day.
            InvalidInputError, ObjectChangedError, ObjectStoreRefusedError, ObjectStoreUnavailableError: as the windows.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="windows") as thread:
            runner = thread.submit(Runner).result()
            try:
                yield self._in_order(thread, runner)
            finally:
                thread.submit(runner.close).result()

    def _in_order(
        self, thread: ThreadPoolExecutor, runner: Runner
    ) -> Iterator[tuple[Stretch, Sequence[Quote | Trade]]]:
        waiting: deque[tuple[Stretch, Future[Sequence[Quote | Trade]]]] = deque()
        try:
            for stretch in stretches(self._task):
                waiting.append((stretch, thread.submit(self._read_in, runner, stretch)))
                if len(waiting) > _AHEAD:
                    first, ticks = waiting.popleft()
                    yield first, ticks.result()
            while waiting:
                first, ticks = waiting.popleft()
                yield first, ticks.result()
        finally:
            for _, ticks in waiting:
                ticks.cancel()

    def _read_in(self, runner: Runner, stretch: Stretch) -> Sequence[Quote | Trade]:
        return runner.run(self._read(stretch))

    async def _read(self, stretch: Stretch) -> Sequence[Quote | Trade]:
        quotes = await self._read_quotes(stretch)
        return list(merge(await self._read_trades(stretch), quotes, key=attrgetter("received_ns")))

    async def _read_quotes(self, stretch: Stretch) -> Sequence[Quote]:
        if self._quotes is not Kind.BOOKS:
            try:
                found = await self._reader.read_ticks(Kind.QUOTES, self._instrument, stretch.start_ns, stretch.end_ns)
            except ObjectMissingError:
                if self._quotes is Kind.QUOTES:
                    raise
            else:
                self._quotes = Kind.QUOTES
                return [each for each in found if isinstance(each, Quote)]
        books = await self._reader.read_ticks(Kind.BOOKS, self._instrument, stretch.start_ns, stretch.end_ns)
        self._quotes = Kind.BOOKS
        return [_touch(each) for each in books if isinstance(each, Book) and each.bids and each.asks]

    async def _read_trades(self, stretch: Stretch) -> Sequence[Trade]:
        if not self.has_trades:
            return ()
        try:
            found = await self._reader.read_ticks(Kind.TRADES, self._instrument, stretch.start_ns, stretch.end_ns)
        except ObjectMissingError:
            self.has_trades = False
            return ()
        return [each for each in found if isinstance(each, Trade)]


def stretches(task: ReplayTask) -> Sequence[Stretch]:
    """Return the times that a task needs the market of: five minutes a signal, longer where its horizon is.

    Those that overlap are one. None goes beyond its day.
    """
    _, end_of_day_ns = day_window(task.day)
    made: list[Stretch] = []
    for signal in task.signals:
        end_ns = min(signal.start_ns + _length_ns(signal), end_of_day_ns)
        last = made[-1] if made else None
        if last is not None and signal.start_ns < last.end_ns:
            made[-1] = Stretch(
                start_ns=last.start_ns, end_ns=max(last.end_ns, end_ns), signals=(*last.signals, signal)
            )  # fmt: skip
        else:
            made.append(Stretch(start_ns=signal.start_ns, end_ns=end_ns, signals=(signal,)))
    return made


def first_quote_at(ticks: Sequence[Quote | Trade], at_ns: int) -> Quote | None:
    """Return the first quote received at a time or after it; None: there is none."""
    place = bisect_left(ticks, at_ns, key=attrgetter("received_ns"))
    return next((tick for tick in ticks[place:] if isinstance(tick, Quote)), None)


def _length_ns(signal: Signal) -> int:
    said = next((signal.exec_algorithm_params[name] for name in _HORIZONS if name in signal.exec_algorithm_params), "")
    try:
        horizon_ns = int(Decimal(said or 0) * _SECOND_NS)
    except ArithmeticError:
        horizon_ns = 0  # its algorithm will refuse it by name
    return max(INTERVAL_NS, horizon_ns + _TAIL_NS) if horizon_ns else INTERVAL_NS


def _touch(book: Book) -> Quote:
    bid, ask = book.bids[0], book.asks[0]
    return Quote(
        instrument=book.instrument,
        bid=Price(bid.price),
        ask=Price(ask.price),
        bid_size=bid.size,
        ask_size=ask.size,
        event_time_ns=book.event_time_ns,
        received_ns=book.received_ns,
    )
