"""What the orders of a task cost beside the market of their windows: the same analysis as a session's."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Final

from app.replay.market import Stretch
from app.tca.market_tape import TradeTallies
from core.tca.analysis import Analysis
from core.tca.tape import Tape
from core.tca.worked import quotes_used, traded_ns
from ports.facts import OrderFilled, QuoteUsed
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.market_data import Quote, Trade
from ports.results import Tca, TcaRow, VolumeRow

_SAMPLE_NS: Final = 100_000_000
_SECOND_NS: Final = 1_000_000_000


class TaskCosts:
    """Keeps the market of a task's windows: quotes ten times a second and at every decision, trades by seconds.

    Every window is measured by itself: of the time after it nothing was read, and a quote of before says nothing of
    it.
    """

    def __init__(self, instrument: InstrumentKey, usd_per: Mapping[str, Decimal], markout_secs: Sequence[int]) -> None:
        self.instrument = instrument
        self._usd_per = usd_per
        self._markout_secs = markout_secs
        self._stretches: list[Stretch] = []
        self._quotes: dict[int, QuoteUsed] = {}
        self._next_ns = 0
        self._tallies = TradeTallies()

    def begin(self, stretch: Stretch) -> None:
        """Begin the next window."""
        self._stretches.append(stretch)

    def saw(self, tick: Quote | Trade) -> None:
        """Keep of a tick what the costs are measured by."""
        if isinstance(tick, Trade):
            self._tallies.add(tick)
        elif tick.received_ns >= self._next_ns:
            self._next_ns = tick.received_ns + _SAMPLE_NS
            self.stood(tick)

    def stood(self, quote: Quote) -> None:
        """Keep the quote that something was decided by, or happened at."""
        if quote.received_ns not in self._quotes:
            self._quotes[quote.received_ns] = QuoteUsed(
                instrument=quote.instrument, bid=quote.bid, ask=quote.ask, received_ns=quote.received_ns
            )

    def analysed(self, entries: Sequence[Entry]) -> Tca:
        """Return what every order cost, and as much of the market as that is made of."""
        self._quotes |= {one.received_ns: one for one in quotes_used(entries) if one.instrument == self.instrument}
        quotes = [self._quotes[at_ns] for at_ns in sorted(self._quotes)]
        volumes = self._tallies.of(self.instrument)
        rows: list[TcaRow] = []
        kept: dict[int, QuoteUsed] = {}
        traded: list[VolumeRow] = []
        for place, stretch in enumerate(self._stretches):
            until_ns = self._stretches[place + 1].start_ns if place + 1 < len(self._stretches) else None
            own = entries[_first(entries, stretch.start_ns) : _first(entries, until_ns)]
            seen = quotes[_received(quotes, stretch.start_ns) : _received(quotes, stretch.end_ns)]
            counted = None if volumes is None else list(_within(volumes, stretch))
            tape = Tape(stretch.start_ns, stretch.end_ns, seen, counted)
            made = Analysis({self.instrument: tape}, self._usd_per, stretch.end_ns, self._markout_secs).rows(own)
            rows += made
            kept |= {one.received_ns: one for one in self._measured_by(tape, made, own)}
            traded += tape.volumes if made else ()
        return Tca(rows=tuple(rows), quotes=tuple(kept.values()), volumes=tuple(traded))

    def _measured_by(self, tape: Tape, rows: Iterable[TcaRow], entries: Iterable[Entry]) -> Iterator[QuoteUsed]:
        """Yield the quotes while orders were worked, and those that stood when their trades are looked back at."""
        for row in rows:
            first = max(bisect_right(tape.quotes, row.timestamp_ns, key=_received_ns) - 1, 0)
            yield from tape.quotes[first : bisect_right(tape.quotes, row.ended_ns, key=_received_ns)]
        for entry in entries:
            if isinstance(entry.fact, OrderFilled):
                for seconds in self._markout_secs:
                    quote = tape.at(traded_ns(entry.fact) + seconds * _SECOND_NS)
                    if quote is not None:
                        yield quote


def merged(parts: Iterable[Tca]) -> Tca:
    """Return the analyses of several tasks as one, by time; what two of them saw of a market is there once."""
    rows: list[TcaRow] = []
    quotes: dict[tuple[InstrumentKey, int], QuoteUsed] = {}
    volumes: dict[tuple[InstrumentKey, int], VolumeRow] = {}
    for part in parts:
        rows += part.rows
        quotes |= {(one.instrument, one.received_ns): one for one in part.quotes}
        for one in part.volumes:
            key = (one.instrument, one.timestamp_ns)
            if key not in volumes or volumes[key].trades < one.trades:  # a window may end within a second
                volumes[key] = one
    return Tca(
        rows=sorted(rows, key=attrgetter("timestamp_ns")),
        quotes=[quotes[key] for key in sorted(quotes)],
        volumes=[volumes[key] for key in sorted(volumes)],
    )


_received_ns: Final = attrgetter("received_ns")


def _received(quotes: Sequence[QuoteUsed], at_ns: int) -> int:
    return bisect_left(quotes, at_ns, key=_received_ns)


def _first(entries: Sequence[Entry], at_ns: int | None) -> int:
    return len(entries) if at_ns is None else bisect_left(entries, at_ns, key=attrgetter("ts_ns"))


def _within(volumes: Sequence[VolumeRow], stretch: Stretch) -> Sequence[VolumeRow]:
    first = bisect_left(volumes, stretch.start_ns, key=attrgetter("timestamp_ns"))
    return volumes[first : bisect_left(volumes, stretch.end_ns, key=attrgetter("timestamp_ns"))]
