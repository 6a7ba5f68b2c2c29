"""What the market channels of a connection say: best prices, public trades, ten levels of depth, funding."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from livexec_deribit.words import Message, book_of, funding_of, public_trades_of, quote_of
from ports.instruments import InstrumentKey, InstrumentType
from ports.market_data import BookSource, FundingRate, QuoteSource, Trade

_log = logging.getLogger(__name__)
_CHANNELS: Final = ("quote.{}", "trades.{}.100ms", "book.{}.none.10.100ms")  # ten levels, whole each time
_FUNDING_CHANNEL: Final = "ticker.{}.agg2"  # once a second: a rate is no price


class MarketOwner(Protocol):
    """Who hears of the market."""

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None: ...

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None: ...

    def put_trade(self, trade: Trade) -> None: ...

    def put_funding(self, funding: FundingRate) -> None: ...


class HeardMarket:
    """Tells the owner what the venue shows of the instruments in `keys`, by the venue's names."""

    def __init__(self, owner: MarketOwner, clock: Callable[[], int]) -> None:
        self._owner = owner
        self._clock = clock
        self.keys: Mapping[str, InstrumentKey] = {}

    def channels(self) -> list[str]:
        """Return what is to be subscribed to."""
        perpetual = [name for name, key in self.keys.items() if key.type is InstrumentType.PERPETUAL]
        return [
            *[channel.format(name) for channel in _CHANNELS for name in self.keys],
            *[_FUNDING_CHANNEL.format(name) for name in perpetual],
        ]

    def hear(self, channel: str, data: Any) -> bool:
        """Take what a channel says; False: it is none of the market's."""
        if channel.startswith("quote."):
            self._hear_quote(data)
        elif channel.startswith("trades."):
            self._hear_trades(data)
        elif channel.startswith("book."):
            self._hear_book(data)
        elif channel.startswith("ticker."):
            self._hear_funding(data)
        else:
            return False
        return True

    def _hear_quote(self, said: Message) -> None:
        instrument = self.keys.get(said["instrument_name"])
        if instrument is None or not said.get("best_bid_price") or not said.get("best_ask_price"):
            return  # a one-sided market is no quote
        self._owner.put_quote(instrument, partial(quote_of, said, instrument, self._clock()))

    def _hear_trades(self, said: Sequence[Message]) -> None:
        instrument = self.keys.get(said[0]["instrument_name"]) if said else None
        try:
            for trade in () if instrument is None else public_trades_of(said, instrument, self._clock()):
                self._owner.put_trade(trade)
        except (ValueError, TypeError, KeyError) as unreadable:  # what others trade must not cost us our own stream
            _log.warning("public trades of %s cannot be read: %r", instrument, unreadable)

    def _hear_funding(self, said: Message) -> None:
        instrument = self.keys.get(said["instrument_name"])
        try:
            if instrument is not None and said.get("current_funding") is not None:
                self._owner.put_funding(funding_of(said, instrument, self._clock()))
        except (ValueError, TypeError, KeyError) as unreadable:  # routing then knows of no funding, and says so
            _log.warning("the funding of %s cannot be read: %r", instrument, unreadable)

    def _hear_book(self, said: Message) -> None:
        instrument = self.keys.get(said["instrument_name"])
        if instrument is not None:
            self._owner.put_book(instrument, partial(book_of, said, instrument, self._clock()))
