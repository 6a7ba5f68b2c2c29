"""Best prices of a live venue, through Nautilus's data client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import SubscribeQuoteTicks
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.live_words import Listed, quote_of
from ports.instruments import InstrumentKey
from ports.market_data import QuoteSource

_SUBSCRIBED_AT_ONCE: Final = 5
_SUBSCRIBE_PAUSE_S: Final = 0.25  # venues count the messages on a connection


class LiveQuotes:
    """The quotes of some instruments, from `open` until `close`."""

    def __init__(
        self,
        data: LiveMarketDataClient,
        kernel: NautilusKernel,
        put_quote: Callable[[InstrumentKey, QuoteSource], None],
        clock: Callable[[], int],
    ) -> None:
        self._data = data
        self._bus = kernel.msgbus
        self._put_quote = put_quote
        self._clock = clock
        self._wanted: dict[object, Listed] = {}  # by Nautilus's id
        self._topic = f"data.quotes.{data.venue.value}.*"

    async def open(self, wanted: Sequence[Listed]) -> None:
        """Connect, and subscribe to the first few."""
        await self._data._connect()
        self._data._set_connected(True)
        self._wanted = {one.id: one for one in wanted}
        self._bus.subscribe(self._topic, self._quoted)
        for one in wanted[:_SUBSCRIBED_AT_ONCE]:
            await self._subscribe(one)

    async def subscribe_rest(self, wanted: Sequence[Listed]) -> None:
        """Subscribe to the others, no faster than venues allow."""
        for one in wanted[_SUBSCRIBED_AT_ONCE:]:
            await asyncio.sleep(_SUBSCRIBE_PAUSE_S)
            await self._subscribe(one)

    def close(self) -> None:
        """Show nothing more. Harmless to repeat; the client is disconnected by whoever made it."""
        self._bus.unsubscribe(self._topic, self._quoted)
        self._wanted = {}

    async def _subscribe(self, one: Listed) -> None:
        command = SubscribeQuoteTicks(one.id, self._data.id, self._data.venue, UUID4(), self._clock())
        await self._data._subscribe_quote_ticks(command)

    def _quoted(self, tick: QuoteTick) -> None:
        one = self._wanted.get(tick.instrument_id)
        if one is not None and tick.bid_price > 0 and tick.ask_price > 0:
            self._put_quote(one.instrument.key, partial(quote_of, tick, one, self._clock()))
