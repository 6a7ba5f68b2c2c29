"""The market as it is now: newest quotes and depth overtake older ones; public trades are added up until taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adapters.runtime.supervision import made_or_none
from ports.instruments import InstrumentKey
from ports.market_data import (
    Book,
    BookSource,
    FundingRate,
    MarketNews,
    PublicTrades,
    Quote,
    QuoteSource,
    Trade,
    VolumeProfile,
)
from ports.values import ZERO, Side, exact


class QuoteBoard:
    """Holds how to make each newest quote and depth, and sums of trades; implements `ports.market_data.MarketSink`.

    `on_news` is called once when something is new after `take_news`; news are handed over before the next message, or
    after `wait_s` seconds. What its source cannot make is as if it had not come (`unmade` counts them).
    """

    def __init__(self, wait_s: float = 0.002) -> None:
        self.wait_s = wait_s
        self._newest: dict[InstrumentKey, QuoteSource] = {}
        self._made: dict[InstrumentKey, Quote] = {}
        self._news: dict[InstrumentKey, None] = {}  # in the order of becoming news, so that a run can be repeated
        self._books: dict[InstrumentKey, BookSource] = {}
        self._book_news: dict[InstrumentKey, None] = {}
        self._traded: dict[InstrumentKey, _Tally] = {}
        self._profiles: dict[InstrumentKey, VolumeProfile] = {}
        self._profile_news: dict[InstrumentKey, None] = {}
        self._fundings: dict[InstrumentKey, FundingRate] = {}
        self._funding_news: dict[InstrumentKey, None] = {}
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
        self._tell()
        self._news[instrument] = None

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Remember how to make the newest depth; forget the one before."""
        self._books[instrument] = source
        if instrument in self._muted:
            return
        self._tell()
        self._book_news[instrument] = None

    def put_trade(self, trade: Trade) -> None:
        """Add a public trade to those of its instrument that nobody has taken yet."""
        if trade.instrument in self._muted:
            return
        self._tell()
        tally = self._traded.get(trade.instrument)
        if tally is None:
            self._traded[trade.instrument] = _Tally(trade)
        else:
            tally.add(trade)

    def put_profile(self, profile: VolumeProfile) -> None:
        """Tell how an instrument's volume spreads over the day; the newest counts."""
        self._tell()
        self._profiles[profile.instrument] = profile
        self._profile_news[profile.instrument] = None

    def put_funding(self, funding: FundingRate) -> None:
        """Tell what a perpetual's next funding is to be; the newest counts."""
        self._fundings[funding.instrument] = funding
        if funding.instrument in self._muted:
            return
        self._tell()
        self._funding_news[funding.instrument] = None

    def latest(self, instrument: InstrumentKey) -> Quote | None:
        """Return the newest quote; None means none arrived since the start."""
        made = self._made.get(instrument)
        if made is None:
            source = self._newest.get(instrument)
            if source is None:
                return None
            made = made_or_none(source)
            if made is None:
                self.unmade += 1
                del self._newest[instrument]
                return None
            self._made[instrument] = made
        return made

    def take_news(self) -> list[MarketNews]:
        """Return what is new since the last call: trades first, then quotes, then depth."""
        if not self._has_news:
            return []
        news: list[MarketNews] = [self._profiles[instrument] for instrument in self._profile_news]
        self._profile_news.clear()
        news += [self._fundings[instrument] for instrument in self._funding_news]
        self._funding_news.clear()
        news += [tally.sum(instrument) for instrument, tally in self._traded.items()]
        self._traded.clear()
        changed, self._news = self._news, {}
        news += [quote for instrument in changed if (quote := self.latest(instrument)) is not None]
        deep, self._book_news = self._book_news, {}
        news += self._made_books(deep)
        return news

    def everything_is_news(self) -> None:
        """Make the next `take_news` return all but trades anew (for an actor that was made again)."""
        self._news = dict.fromkeys(one for one in self._newest if one not in self._muted)
        self._book_news = dict.fromkeys(one for one in self._books if one not in self._muted)
        self._profile_news = dict.fromkeys(one for one in self._profiles if one not in self._muted)
        self._funding_news = dict.fromkeys(one for one in self._fundings if one not in self._muted)

    def mute(self, instrument: InstrumentKey) -> None:
        """Let nothing of `instrument` be news any more: one of it was poison, and the next would be too."""
        self._muted.add(instrument)
        self._news.pop(instrument, None)
        self._book_news.pop(instrument, None)
        self._traded.pop(instrument, None)
        self._profile_news.pop(instrument, None)
        self._funding_news.pop(instrument, None)

    @property
    def _has_news(self) -> bool:
        return bool(self._news or self._traded or self._book_news or self._profile_news or self._funding_news)

    def _made_books(self, instruments: dict[InstrumentKey, None]) -> Iterator[Book]:
        for instrument in instruments:
            book = made_or_none(self._books[instrument])
            if book is None:
                self.unmade += 1
                del self._books[instrument]
            else:
                yield book

    def _tell(self) -> None:
        if self.on_news is not None and not self._has_news:
            self.on_news()


class _Tally:
    """What traded of one instrument since somebody asked: one trade at least."""

    __slots__ = ("_bought", "_count", "_newest", "_quantity", "_sold", "_value")

    def __init__(self, first: Trade) -> None:
        self._count = 0
        self._quantity = self._bought = self._sold = self._value = ZERO
        self._newest = first
        self.add(first)

    def add(self, trade: Trade) -> None:
        with exact():
            self._count += 1
            self._quantity += trade.quantity
            self._value += trade.price * trade.quantity
            if trade.aggressor is Side.BUY:
                self._bought += trade.quantity
            elif trade.aggressor is Side.SELL:
                self._sold += trade.quantity
        self._newest = trade

    def sum(self, instrument: InstrumentKey) -> PublicTrades:
        newest = self._newest
        return PublicTrades(
            instrument=instrument,
            count=self._count,
            quantity=self._quantity,
            bought=self._bought,
            sold=self._sold,
            value=self._value,
            last_price=newest.price,
            event_time_ns=newest.event_time_ns,
            received_ns=newest.received_ns,
        )
