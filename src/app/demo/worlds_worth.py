"""What positions of different worlds are worth in USD, reckoned apart from the service and held against it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ports.instruments import InstrumentKey, InstrumentType
from ports.market_data import QuoteReader
from ports.values import Currency

_DOLLARS: Final = frozenset({"USD", "USDT", "USDC"})


def worth_usd(key: InstrumentKey, quantity: Decimal, quotes: QuoteReader) -> Decimal:
    """Return the whole worth of an amount without its sign: of inverse ones it is dollars already, of options shares.

    Raises:
        LookupError: there is no quote of it.
    """
    amount = abs(quantity)
    if key.is_inverse:
        return amount
    if key.type is InstrumentType.OPTION:
        underlying = InstrumentKey(f"{key.venue}:{InstrumentType.EQUITY}:{key.base}-{key.quote}")
        return amount * _mid(underlying, quotes) * _dollars(key.quote, quotes)
    return amount * _mid(key, quotes) * _dollars(key.quote, quotes)


def _dollars(currency: Currency, quotes: QuoteReader) -> Decimal:
    if currency in _DOLLARS:
        return Decimal(1)
    return _mid(InstrumentKey(f"IBKR:CURRENCY:{currency}-USD"), quotes)


def _mid(key: InstrumentKey, quotes: QuoteReader) -> Decimal:
    quote = quotes.latest(key)
    if quote is None:
        raise LookupError(f"{key} has no quote")
    return quote.mid
