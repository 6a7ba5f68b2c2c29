"""Best prices and public trades of a live venue, through Nautilus's data client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nautilus_trader.core.nautilus_pyo3 import WebSocketClientError
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import SubscribeQuoteTicks, SubscribeTradeTicks
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.live_words import Listed, public_trade_of, quote_of
from ports.instruments import InstrumentKey
from ports.market_data import QuoteSource, Trade

_log = logging.getLogger(__name__)
_SUBSCRIBED_AT_ONCE: Final = 5
_SUBSCRIBE_PAUSE_S: Final = 0.25  # venues count the messages on a connection


class LiveQuotes:
    """The quotes and public trades of some instruments, from `open` until `close`."""

    def __init__(
        self,
        data: LiveMarketDataClient,
        kernel: NautilusKernel,
        put_quote: Callable[[InstrumentKey, QuoteSource], None],
        put_trade: Callable[[Trade], None],
        clock: Callable[[], int],
    ) -> None:
        self._data = data
        self._bus = kernel.msgbus
        self._put_quote = put_quote
        self._put_trade = put_trade
        self._clock = clock
        self._wanted: dict[object, Listed] = {}  # by Nautilus's id
        self._topic = f"data.quotes.{data.venue.value}.*"
        self._trade_topic = f"data.trades.{data.venue.value}.*"

    async def open(self, wanted: Sequence[Listed]) -> None:
        """Connect, and subscribe to the first few."""
        await self._data._connect()
        self._data._set_connected(True)
        self._wanted = {one.id: one for one in wanted}
        self._bus.subscribe(self._topic, self._quoted)
        self._bus.subscribe(self._trade_topic, self._traded)
        for one in wanted[:_SUBSCRIBED_AT_ONCE]:
            await self._subscribe(one)

    async def subscribe_rest(self, wanted: Sequence[Listed]) -> None:
        """Subscribe to the others, and to the trades of all, no faster than venues allow."""
        for one in wanted[_SUBSCRIBED_AT_ONCE:]:
            await asyncio.sleep(_SUBSCRIBE_PAUSE_S)
            await self._subscribe(one)
        for one in wanted:
            await asyncio.sleep(_SUBSCRIBE_PAUSE_S)
            await self._subscribe_trades(one)

    def close(self) -> None:
        """Show nothing more. Harmless to repeat; the client is disconnected by whoever made it."""
        self._bus.unsubscribe(self._topic, self._quoted)
        self._bus.unsubscribe(self._trade_topic, self._traded)
        self._wanted = {}

    async def _subscribe_trades(self, one: Listed) -> None:
        """Ask for public trades; without them orders are traded all the same, and POV says that it has no volume."""
        command = SubscribeTradeTicks(one.id, self._data.id, self._data.venue, UUID4(), self._clock())
        try:
            await self._data._subscribe_trade_ticks(command)
        except (WebSocketClientError, OSError, RuntimeError) as failure:
            _log.warning("%s: no public trades: %s", one.instrument.key, failure)

    async def _subscribe(self, one: Listed) -> None:
        command = SubscribeQuoteTicks(one.id, self._data.id, self._data.venue, UUID4(), self._clock())
        await self._data._subscribe_quote_ticks(command)

    def _quoted(self, tick: QuoteTick) -> None:
        one = self._wanted.get(tick.instrument_id)
        if one is not None and tick.bid_price > 0 and tick.ask_price > 0:
            self._put_quote(one.instrument.key, partial(quote_of, tick, one, self._clock()))

    def _traded(self, tick: TradeTick) -> None:
        one = self._wanted.get(tick.instrument_id)
        if one is not None:
            self._put_trade(public_trade_of(tick, one, self._clock()))
