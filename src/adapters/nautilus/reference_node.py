"""The process of the reference: a plain TradingNode, a plain Strategy, one sandbox, one quote."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Final

import uvloop
from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.factory import SandboxLiveExecClientFactory
from nautilus_trader.common import Environment
from nautilus_trader.config import LoggingConfig
from nautilus_trader.live.config import LiveExecEngineConfig, LiveRiskEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId, TraderId
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Currency, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

_VENUE: Final = "SANDBOX"
_ID: Final = InstrumentId.from_str(f"BTCUSDT.{_VENUE}")
_START_S: Final = 30.0
_ROUND_S: Final = 290.0


class MarketOrders(Strategy):
    """Submits market orders, a number at a time, and notes when each has filled.

    All of them buy: positions that close cost Nautilus more and more (its portfolio analyzer), and the reference is
    to look as good as it can.
    """

    def __init__(self) -> None:
        super().__init__()
        self._quantity = Quantity.from_str("0.00100")
        self._sent_ns: dict[ClientOrderId, int] = {}
        self._to_send = 0
        self._latencies_ns: list[int] = []
        self._done: asyncio.Future[None] | None = None
        self.has_quote = asyncio.Event()

    def on_start(self) -> None:
        # After the sandbox's own subscription: once this has the quote, so has the sandbox.
        self.msgbus.subscribe("data.quotes.*", self._on_quote)
        self._show_quote()

    def _on_quote(self, _: QuoteTick) -> None:
        self.has_quote.set()

    def _show_quote(self) -> None:
        price, size, now_ns = Price.from_str, Quantity.from_str, time.time_ns()
        tick = QuoteTick(_ID, price("60000.00"), price("60000.01"), size("5.00000"), size("5.00000"), now_ns, now_ns)
        self.msgbus.send("DataEngine.process", tick)

    async def round(self, orders: int, outstanding: int) -> tuple[list[int], float]:
        self._to_send, self._latencies_ns = orders, []
        self._done = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        for _ in range(min(outstanding, orders)):
            self._send()
        await asyncio.wait_for(self._done, _ROUND_S)
        return self._latencies_ns, time.perf_counter() - began

    def on_order_filled(self, event: OrderFilled) -> None:
        self._latencies_ns.append(time.perf_counter_ns() - self._sent_ns.pop(event.client_order_id))
        if self._to_send:
            self._send()
        elif not self._sent_ns and self._done is not None:
            self._done.set_result(None)

    def _send(self) -> None:
        self._to_send -= 1
        now_ns = time.perf_counter_ns()  # the order's making counts: ours is made on the path, too
        order = self.order_factory.market(_ID, OrderSide.BUY, self._quantity)
        self._sent_ns[order.client_order_id] = now_ns
        self.submit_order(order)


def serve(pipe: Connection) -> None:
    """Answer rounds `(orders, outstanding)` on `pipe` until its other end is gone; one answer more says: ready."""
    uvloop.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    node = _node()
    strategy = MarketOrders()
    node.trader.add_strategy(strategy)
    node.cache.add_instrument(_instrument())
    node.add_exec_client_factory(_VENUE, SandboxLiveExecClientFactory)
    node.build()
    running = asyncio.create_task(node.run_async())
    async with asyncio.timeout(_START_S):
        await strategy.has_quote.wait()
    pipe.send(([], 0.0))
    while (asked := await asyncio.to_thread(_next, pipe)) is not None:
        pipe.send(await strategy.round(*asked))
    await node.stop_async()
    await running


def _next(pipe: Connection) -> tuple[int, int] | None:
    try:
        asked: tuple[int, int] = pipe.recv()
    except EOFError:
        return None
    return asked


def _node() -> TradingNode:
    return TradingNode(
        TradingNodeConfig(
            environment=Environment.SANDBOX,
            trader_id=TraderId("REFERENCE-001"),
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=LiveRiskEngineConfig(max_order_submit_rate="1000000/00:00:01"),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            exec_clients={_VENUE: SandboxExecutionClientConfig(venue=_VENUE, starting_balances=["1_000_000_000 USDT"])},
            timeout_post_stop=0.0,
        )
    )


def _instrument() -> CurrencyPair:
    return CurrencyPair(
        instrument_id=_ID,
        raw_symbol=_ID.symbol,
        base_currency=Currency.from_str("BTC"),
        quote_currency=Currency.from_str("USDT"),
        price_precision=2,
        size_precision=5,
        price_increment=Price.from_str("0.01"),
        size_increment=Quantity.from_str("0.00001"),
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
        maker_fee=Decimal("0.001"),
        taker_fee=Decimal("0.001"),
        ts_event=0,
        ts_init=0,
    )
