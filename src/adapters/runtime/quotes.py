"""The newest quote of every instrument: a newer one overtakes an older one, and most are never even made."""

from __future__ import annotations

from collections.abc import Callable

from adapters.runtime.supervision import make_quote
from ports.instruments import InstrumentKey
from ports.market_data import Quote, QuoteSource


class QuoteBoard:
    """Holds how to make each newest quote. `on_news` is called once when something is new after `take_news`.

    A quote that its source cannot make is as if it had not come (`unmade` counts them).
    """

    def __init__(self) -> None:
        self._newest: dict[InstrumentKey, QuoteSource] = {}
        self._made: dict[InstrumentKey, Quote] = {}
        self._news: dict[InstrumentKey, None] = {}  # in the order of becoming news, so that a run can be repeated
        self._muted: set[InstrumentKey] = set()
        self.on_news: Callable[[], None] | None = None
        self.arrived = 0  # how many quotes came, overtaken ones included
        self.unmade = 0

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Remember how to make the newest quote; forget the one before."""
        self.arrived += 1
        self._newest[instrument] = source
        self._made.pop(instrument, None)
        if instrument in self._muted:
            return
        if not self._news and self.on_news is not None:
            self.on_news()
        self._news[instrument] = None

    def latest(self, instrument: InstrumentKey) -> Quote | None:
        """Return the newest quote; None means none arrived since the start."""
        made = self._made.get(instrument)
        if made is None:
            source = self._newest.get(instrument)
            if source is None:
                return None
            made = make_quote(source)
            if made is None:
                self.unmade += 1
                del self._newest[instrument]
                return None
            self._made[instrument] = made
        return made

    def take_news(self) -> list[Quote]:
        """Return the newest quote of every instrument that changed since the last call."""
        if not self._news:
            return []
        changed, self._news = self._news, {}
        return [quote for instrument in changed if (quote := self.latest(instrument)) is not None]

    def everything_is_news(self) -> None:
        """Make the next `take_news` return every instrument (for an actor that was made again)."""
        self._news = dict.fromkeys(one for one in self._newest if one not in self._muted)

    def mute(self, instrument: InstrumentKey) -> None:
        """Let no quote of `instrument` be news any more: one of them was poison, and the next would be too."""
        self._muted.add(instrument)
        self._news.pop(instrument, None)
