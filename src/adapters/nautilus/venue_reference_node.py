"""The process of the reference at a venue: a plain TradingNode, a plain Strategy, and Nautilus's adapter of Binance."""

from __future__ import annotations

import asyncio
import time
from multiprocessing.connection import Connection
from typing import Any, Final, NamedTuple

import uvloop
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.adapters.binance.factories import BinanceLiveDataClientFactory, BinanceLiveExecClientFactory
from nautilus_trader.common import Environment
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig
from nautilus_trader.live.config import LiveExecEngineConfig, LiveRiskEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.model.objects import Quantity
from nautilus_trader.trading.strategy import Strategy

_BINANCE: Final = "BINANCE"
_START_S: Final = 50.0
_ROUND_S: Final = 290.0


class Place(NamedTuple):
    """Where the venue is, and what is bought there."""

    http: str
    ws: str
    api_key: str
    api_secret: str
    symbol: str
    quantity: str


class OrderAtVenue(NamedTuple):
    """One order: when the strategy began to make it, and when it heard of its trade (monotonic clock)."""

    client_order_id: str
    begun_ns: int
    filled_ns: int


class Buying(Strategy):
    """Hears the quotes and trades of its instrument, as a session of ours does, and buys there, order by order."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._instrument = InstrumentId.from_str(f"{place.symbol}-PERP.{_BINANCE}")
        self._quantity = Quantity.from_str(place.quantity)
        self._left = 0
        self._begun = ("", 0)
        self._orders: list[OrderAtVenue] = []
        self._done: asyncio.Future[None] | None = None
        self.has_started = asyncio.Event()

    def on_start(self) -> None:
        self.subscribe_quote_ticks(self._instrument)
        self.subscribe_trade_ticks(self._instrument)
        self.has_started.set()

    async def round(self, orders: int) -> list[OrderAtVenue]:
        self._left, self._orders = orders, []
        self._done = asyncio.get_running_loop().create_future()
        self._buy()
        await asyncio.wait_for(self._done, _ROUND_S)
        return self._orders

    def on_order_filled(self, event: OrderFilled) -> None:
        filled_ns, (name, begun_ns) = time.perf_counter_ns(), self._begun
        if event.client_order_id.value != name or self._done is None:
            return
        self._orders.append(OrderAtVenue(name, begun_ns, filled_ns))
        if self._left:
            asyncio.get_running_loop().call_soon(self._buy)  # not within the order's own events
        else:
            self._done.set_result(None)

    def _buy(self) -> None:
        self._left -= 1
        begun_ns = time.perf_counter_ns()  # the order's making counts: ours is made on the path, too
        order = self.order_factory.market(self._instrument, OrderSide.BUY, self._quantity)
        self._begun = (order.client_order_id.value, begun_ns)
        self.submit_order(order)


def serve_at_venue(pipe: Connection, place: Place) -> None:
    """Answer rounds of so many orders on `pipe` until its other end is gone; one answer more says: ready."""
    uvloop.run(_serve(pipe, place))


async def _serve(pipe: Connection, place: Place) -> None:
    node = _node(place)
    strategy = Buying(place)
    node.trader.add_strategy(strategy)
    node.add_data_client_factory(_BINANCE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(_BINANCE, BinanceLiveExecClientFactory)
    node.build()
    running = asyncio.create_task(node.run_async())
    async with asyncio.timeout(_START_S):
        await strategy.has_started.wait()
    pipe.send([])
    while (asked := await asyncio.to_thread(_next, pipe)) is not None:
        pipe.send(await strategy.round(asked))
    await node.stop_async()
    await running


def _next(pipe: Connection) -> int | None:
    try:
        asked: int = pipe.recv()
    except EOFError:
        return None
    return asked


def _node(place: Place) -> TradingNode:
    shared: dict[str, Any] = {
        "api_key": place.api_key,
        "api_secret": place.api_secret,
        "account_type": BinanceAccountType.USDT_FUTURES,
        "base_url_http": place.http,
        "base_url_ws": place.ws,
        "instrument_provider": InstrumentProviderConfig(load_all=True),
    }
    return TradingNode(
        TradingNodeConfig(
            environment=Environment.SANDBOX,  # decides about the log alone
            trader_id=TraderId("REFERENCE-001"),
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=LiveRiskEngineConfig(max_order_submit_rate="1000000/00:00:01"),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            data_clients={_BINANCE: BinanceDataClientConfig(**shared)},
            exec_clients={_BINANCE: BinanceExecClientConfig(**shared, base_url_ws_stream=place.ws)},
            timeout_post_stop=0.0,
        )
    )
