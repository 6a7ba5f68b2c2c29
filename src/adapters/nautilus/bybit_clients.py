"""Nautilus's own data and execution clients of Bybit, made for one connection of one account."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Any, Final

from nautilus_trader.adapters.bybit.config import BybitDataClientConfig, BybitExecClientConfig
from nautilus_trader.adapters.bybit.data import BybitDataClient
from nautilus_trader.adapters.bybit.execution import BybitExecutionClient
from nautilus_trader.adapters.bybit.providers import BybitInstrumentProvider
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core.nautilus_pyo3 import BybitHttpClient, BybitWebSocketClient
from nautilus_trader.core.nautilus_pyo3 import InstrumentId as RustInstrumentId
from nautilus_trader.data.messages import SubscribeQuoteTicks
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.bybit_orders import OrderDoor
from adapters.nautilus.bybit_settings import BYBIT, BybitSettings
from adapters.nautilus.translate import nautilus_venue

VENUE: Final[Venue] = nautilus_venue(BYBIT)
_BEST: Final = 1  # depth


class QuotingDataClient(BybitDataClient):
    """The real data client, at the right address, and with quotes from the order book's first level.

    Nautilus 1.231 takes the address of the HTTP API for that of the websocket. Of contracts it takes quotes from
    tickers, which tell every 100 ms what changed, and leaves out those where only one side did.
    """

    def __init__(self, *, settings: BybitSettings, **fields: Any) -> None:
        super().__init__(**fields)
        for product in self._ws_clients:
            self._ws_clients[product] = BybitWebSocketClient.new_public(
                product, settings.nautilus_environment, url=settings.ws_public
            )

    async def _subscribe_quote_ticks(self, command: SubscribeQuoteTicks) -> None:
        instrument = RustInstrumentId.from_str(command.instrument_id.value)
        await self._get_ws_client_for_instrument(instrument).subscribe_orderbook(instrument, _BEST)

    async def hang_up(self) -> None:
        """Close the connections at once; its own way waits a second for subscriptions to end."""
        for client in self._ws_clients.values():
            if not client.is_closed():
                await client.close()


class DoorExecutionClient(BybitExecutionClient):
    """The real execution client, whose orders leave by our own door."""

    def __init__(self, *, door: OrderDoor, **fields: Any) -> None:
        super().__init__(**fields)
        self._ws_trade_client = door  # type: ignore[assignment]  # all that this client asks of its own


@dataclass(frozen=True, slots=True)
class Clients:
    """One connection's clients."""

    execution: DoorExecutionClient
    data: QuotingDataClient
    provider: BybitInstrumentProvider


def make_clients(settings: BybitSettings, kernel: NautilusKernel, door: OrderDoor) -> Clients:
    """Make the clients of one connection; nothing is opened yet."""
    http = BybitHttpClient(
        api_key=settings.api_key,
        api_secret=settings.api_secret,
        base_url=settings.http,
        timeout_secs=math.ceil(settings.answer_s),
        max_retries=1,  # it asks only; orders and cancels go another way
        recv_window_ms=settings.recv_window_ms,
    )
    products = (settings.product,)
    provider = BybitInstrumentProvider(http, products, InstrumentProviderConfig(load_all=True))
    shared = {
        "loop": asyncio.get_running_loop(),
        "client": http,
        "msgbus": kernel.msgbus,
        "cache": kernel.cache,
        "clock": kernel.clock,
        "instrument_provider": provider,
        "name": VENUE.value,
    }
    keys: dict[str, Any] = {"api_key": settings.api_key, "api_secret": settings.api_secret, "product_types": products}
    execution = BybitExecClientConfig(
        **keys,
        environment=settings.nautilus_environment,
        base_url_ws_private=settings.ws_private,
        base_url_ws_trade=settings.ws_trade,
        auto_repay_spot_borrows=False,
        recv_window_ms=settings.recv_window_ms,
    )
    data = BybitDataClientConfig(
        **keys,
        environment=settings.nautilus_environment,
        update_instruments_interval_mins=None,
        instrument_status_poll_secs=None,
    )
    return Clients(
        execution=DoorExecutionClient(door=door, **shared, config=execution),
        data=QuotingDataClient(settings=settings, **shared, config=data),
        provider=provider,
    )
