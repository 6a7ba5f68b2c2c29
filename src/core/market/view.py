"""Newest quotes and depth, the marks made of them, and what a currency is worth in the reporting currency (USD).

The market is input, not state: it is not in the journal. A decision that uses some of it copies that into its facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Final

from core.market.price_range import PriceRange
from core.market.volatility import Volatility
from core.market.volume import TradedVolume
from ports.algorithms import VolumeCurve
from ports.instruments import InstrumentKey, InstrumentType
from ports.market_data import Book, FundingRate, PublicTrades, Quote, VolumeProfile
from ports.values import Currency, Price, Side, multiply_rounded

_ONE: Final = Decimal(1)
_received_ns: Final = attrgetter("received_ns")
_PRICES_ITS_BASE: Final = frozenset(InstrumentType) - {InstrumentType.OPTION, InstrumentType.INDEX}


class MarketView:
    """The newest quote of each instrument, and the last trade of ours where no quote is known."""

    def __init__(self) -> None:
        self._quotes: dict[InstrumentKey, Quote] = {}
        self._mids: dict[InstrumentKey, Decimal] = {}  # of those quotes
        self._last_trades: dict[InstrumentKey, Decimal] = {}
        self._quoted_bases: dict[Currency, list[InstrumentKey]] = {}
        self._usd_per: Mapping[str, Decimal] = {}
        self._shapes: dict[InstrumentKey, tuple[bool, Currency]] = {}  # whether an amount is one of that currency
        self._volumes: dict[InstrumentKey, TradedVolume] = {}
        self._books: dict[InstrumentKey, Book] = {}
        self._volatilities: dict[InstrumentKey, Volatility] = {}
        self._ranges: dict[InstrumentKey, PriceRange] | None = None  # while limits ask about them
        self._profiles: dict[InstrumentKey, VolumeProfile] = {}
        self._fundings: dict[InstrumentKey, FundingRate] = {}
        self._units_usd: dict[InstrumentKey, Decimal] = {}  # what a unit is worth, until its price changes

    def take(self, quote: Quote) -> None:
        """Remember the newest quote."""
        if quote.instrument not in self._quotes:
            key = quote.instrument
            if key.type in _PRICES_ITS_BASE:  # an option's price is not its underlying's
                self._quoted_bases.setdefault(key.base, []).append(key)
            self._volatilities[key] = Volatility()
        self._quotes[quote.instrument] = quote
        mid = self._mids[quote.instrument] = quote.mid
        self._volatilities[quote.instrument].take(mid, quote.received_ns)
        if self._ranges is not None:
            self._range(quote, mid, self._ranges)
        self._units_usd.pop(quote.instrument, None)

    def take_book(self, book: Book) -> None:
        """Remember the newest depth."""
        self._books[book.instrument] = book

    def take_trades(self, trades: PublicTrades) -> None:
        """Count public trades."""
        volume = self._volumes.get(trades.instrument)
        if volume is None:
            volume = self._volumes[trades.instrument] = TradedVolume()
        volume.add(trades.received_ns, trades.quantity)

    def take_funding(self, funding: FundingRate) -> None:
        """Remember what the next funding of a perpetual is to be."""
        self._fundings[funding.instrument] = funding

    def funding(self, instrument: InstrumentKey) -> FundingRate | None:
        """Return what the next funding is to be; None means that nobody has told."""
        return self._fundings.get(instrument)

    def take_profile(self, profile: VolumeProfile) -> None:
        """Remember how an instrument's volume spreads over the day."""
        self._profiles[profile.instrument] = profile

    def book(self, instrument: InstrumentKey) -> Book | None:
        """Return the newest depth; None means none arrived since the start."""
        return self._books.get(instrument)

    def volume_curve(self, instrument: InstrumentKey) -> VolumeCurve | None:
        """Return how volume spreads over the day; None means that nobody has told."""
        profile = self._profiles.get(instrument)
        return None if profile is None else profile.curve

    def volatility(self, instrument: InstrumentKey) -> Volatility | None:
        """Return how much the price moves; None means that no quote arrived since the start."""
        return self._volatilities.get(instrument)

    def keep_ranges(self, *, wanted: bool) -> None:
        """Begin to keep between which prices instruments move, or stop and forget; what was kept already stays."""
        if not wanted:
            self._ranges = None
        elif self._ranges is None:
            self._ranges = {key: PriceRange(self._mids[key], one.received_ns) for key, one in self._quotes.items()}

    def _range(self, quote: Quote, mid: Decimal, ranges: dict[InstrumentKey, PriceRange]) -> None:
        known = ranges.get(quote.instrument)
        if known is None:
            ranges[quote.instrument] = PriceRange(mid, quote.received_ns)
        else:
            known.take(mid, quote.received_ns)

    def moved_between(self, instrument: InstrumentKey, now_ns: int, window_ns: int) -> tuple[Decimal, Decimal] | None:
        """Return the lowest and highest mid of a window; None means no quote is known, or nobody keeps them."""
        known = None if self._ranges is None else self._ranges.get(instrument)
        return None if known is None else known.within(now_ns, window_ns)

    def traded_since_start(self, instrument: InstrumentKey) -> Decimal | None:
        """Return all that was traded publicly since the start; None means that no public trade arrived."""
        volume = self._volumes.get(instrument)
        return None if volume is None else volume.total

    def volume(self, instrument: InstrumentKey, now_ns: int, window_ns: int) -> Decimal | None:
        """Return what was traded publicly in a window; None means that no public trade ever arrived."""
        volume = self._volumes.get(instrument)
        return None if volume is None else volume.within(now_ns, window_ns)

    def traded(self, instrument: InstrumentKey, price: Decimal) -> None:
        """Remember the price of our own last trade."""
        self._last_trades[instrument] = price
        if instrument not in self._quotes:
            self._units_usd.pop(instrument, None)

    def value_currencies_at(self, usd_per: Mapping[str, Decimal]) -> None:
        """Use these rates for the currencies that they name."""
        self._usd_per = usd_per
        self._units_usd.clear()

    def shape(self, instrument: InstrumentKey) -> tuple[bool, Currency]:
        """Return a currency, and whether amounts of an instrument are themselves of it (else they times the price are).

        Inverse amounts are of the quote; those of an option count as that much of its underlying.
        """
        shape = self._shapes.get(instrument)
        if shape is None:
            is_option = instrument.type is InstrumentType.OPTION
            currency = instrument.base if is_option else instrument.quote
            shape = self._shapes[instrument] = (is_option or instrument.is_inverse, currency)
        return shape

    def quote(self, instrument: InstrumentKey) -> Quote | None:
        """Return the newest quote; None means none arrived since the start."""
        return self._quotes.get(instrument)

    def mark(self, instrument: InstrumentKey) -> Decimal | None:
        """Return what a unit is valued at: the mid of the newest quote, else our last trade, else None."""
        mid = self._mids.get(instrument)
        return mid if mid is not None else self._last_trades.get(instrument)

    def price_of_order(self, instrument: InstrumentKey, side: Side, limit: Price | None) -> Decimal | None:
        """Return what an order is valued at: its own price, or the one that it would meet where that is dearer.

        A limit far below the market would else make the order, and the whole position it joins, look worth little.
        None means neither price is known.
        """
        quote = self._quotes.get(instrument)
        if quote is None:
            return limit
        touch = quote.touch(side)
        return touch if limit is None else max(limit, touch)

    def usd_per(self, currency: str) -> Decimal | None:
        """Return USD per unit: the configured rate, else the mid against a configured currency, else None."""
        rate = self._usd_per.get(currency)
        if rate is not None:
            return rate
        quote = self.quote_of_currency(currency)
        return None if quote is None else multiply_rounded(quote.mid, self._usd_per[quote.instrument.quote])

    def quote_of_currency(self, currency: str) -> Quote | None:
        """Return the quote that values a currency; None where it has a rate, or no price.

        It is the newest of any venue, so that one that falls silent values nothing while another tells. A future's is
        used only where nothing else is quoted: what it is dearer by is of its date.
        """
        if currency in self._usd_per:
            return None
        quoted = self._quoted_bases.get(Currency(currency), ())
        priced = [self._quotes[key] for key in quoted if key.quote in self._usd_per]
        near = [quote for quote in priced if quote.instrument.type is not InstrumentType.FUTURE] or priced
        return max(near, key=_received_ns, default=None)

    def unit_usd(self, instrument: InstrumentKey) -> Decimal | None:
        """Return what one unit is worth in USD at its mark, to 18 places; None means no price or no rate is known."""
        unit = self._units_usd.get(instrument)
        if unit is None:
            unit = self.unit_usd_at(instrument, self.mark(instrument))
            if unit is not None and self._shapes[instrument][1] in self._usd_per:  # else another price is in it
                self._units_usd[instrument] = unit
        return unit

    def unit_usd_at(self, instrument: InstrumentKey, price: Decimal | None) -> Decimal | None:
        """Return what one unit is worth in USD at `price`, to 18 places; None means no price or no rate is known.

        An option counts as its whole underlying, whatever its own price: what it can come to, at most.
        """
        is_amount, currency = self.shape(instrument)
        rate = self.usd_per(currency)
        if rate is None or is_amount:  # an inverse quantity is its notional
            return rate
        if price is None or rate == _ONE:
            return price
        return multiply_rounded(price, rate)
