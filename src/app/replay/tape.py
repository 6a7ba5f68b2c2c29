"""The market that a task met, for its cost analysis: quotes looked at four times a second, public trades summed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.tca.market_tape import TradeTallies
from core.tca.tape import Tape, Tapes
from core.tca.worked import quotes_used
from ports.facts import QuoteUsed
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.market_data import Quote, Trade

_EVERY_NS: Final = 250_000_000
_MOST_KEPT: Final = 5_000  # quotes of a task in the results: more of a day cannot be seen in a plot


class TaskTape:
    """What was quoted and traded of one instrument while a task was worked, by the times of its ticks."""

    def __init__(self, instrument: InstrumentKey) -> None:
        self._instrument = instrument
        self._quotes: dict[int, QuoteUsed] = {}
        self._tallies = TradeTallies()
        self._next_ns = 0
        self._since_ns = 0
        self.until_ns = 0

    def add(self, tick: Quote | Trade) -> None:
        """Take the next tick."""
        self._since_ns = self._since_ns or tick.received_ns
        self.until_ns = tick.received_ns
        if isinstance(tick, Trade):
            self._tallies.add(tick)
        elif tick.received_ns >= self._next_ns:
            self._next_ns = tick.received_ns + _EVERY_NS
            self._quotes[tick.received_ns] = QuoteUsed(
                instrument=tick.instrument, bid=tick.bid, ask=tick.ask, received_ns=tick.received_ns
            )

    def tapes(self, entries: Sequence[Entry]) -> Tapes:
        """Return the market, with the quotes that the decisions among `entries` were made by."""
        used = {quote.received_ns: quote for quote in quotes_used(entries) if quote.instrument == self._instrument}
        quotes = {**self._quotes, **used}
        tape = Tape(self._since_ns, self.until_ns, quotes.values(), self._tallies.of(self._instrument))
        return {self._instrument: tape}


def thinned(quotes: Sequence[QuoteUsed]) -> Sequence[QuoteUsed]:
    """Return as many quotes as a plot has a use for, spread evenly."""
    return quotes[:: -(-len(quotes) // _MOST_KEPT) or 1]
