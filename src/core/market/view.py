"""Newest quotes, the marks made of them, and what a currency is worth in the reporting currency (USD).

Quotes are input, not state: they are not in the journal. A decision that uses one copies it into its facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import Currency, multiply_rounded


class MarketView:
    """The newest quote of each instrument, and the last trade of ours where no quote is known."""

    def __init__(self) -> None:
        self._quotes: dict[InstrumentKey, Quote] = {}
        self._last_trades: dict[InstrumentKey, Decimal] = {}
        self._quoted_bases: dict[Currency, list[InstrumentKey]] = {}
        self._usd_per: Mapping[str, Decimal] = {}
        self._is_inverse_and_quote: dict[InstrumentKey, tuple[bool, Currency]] = {}

    def take(self, quote: Quote) -> None:
        """Remember the newest quote."""
        if quote.instrument not in self._quotes:
            key = quote.instrument
            self._quoted_bases.setdefault(key.base, []).append(key)
        self._quotes[quote.instrument] = quote

    def traded(self, instrument: InstrumentKey, price: Decimal) -> None:
        """Remember the price of our own last trade."""
        self._last_trades[instrument] = price

    def value_currencies_at(self, usd_per: Mapping[str, Decimal]) -> None:
        """Use these rates for the currencies that they name."""
        self._usd_per = usd_per

    def quote(self, instrument: InstrumentKey) -> Quote | None:
        """Return the newest quote; None means none arrived since the start."""
        return self._quotes.get(instrument)

    def mark(self, instrument: InstrumentKey) -> Decimal | None:
        """Return what a unit is valued at: the mid of the newest quote, else our last trade, else None."""
        quote = self._quotes.get(instrument)
        return quote.mid if quote is not None else self._last_trades.get(instrument)

    def usd_per(self, currency: str) -> Decimal | None:
        """Return USD per unit: the configured rate, else the mid against a configured currency, else None."""
        rate = self._usd_per.get(currency)
        if rate is not None:
            return rate
        for key in self._quoted_bases.get(Currency(currency), ()):
            quote_rate = self._usd_per.get(key.quote)
            if quote_rate is not None and not key.is_inverse:
                return multiply_rounded(self._quotes[key].mid, quote_rate)
        return None

    def notional_usd(self, instrument: InstrumentKey, quantity: Decimal, price: Decimal | None) -> Decimal | None:
        """Return what `quantity` at `price` is worth in USD; None means no price or no rate is known."""
        shape = self._is_inverse_and_quote.get(instrument)
        if shape is None:
            shape = self._is_inverse_and_quote[instrument] = (instrument.is_inverse, instrument.quote)
        is_inverse, currency = shape
        rate = self.usd_per(currency)
        if rate is None:
            return None
        if is_inverse:  # the quantity is the notional
            return multiply_rounded(quantity, rate)
        return None if price is None else multiply_rounded(multiply_rounded(quantity, price), rate)
