"""A BacktestNode and a TradingNode of somebody else, with our algorithms named in their configuration."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.factory import SandboxLiveExecClientFactory
from nautilus_trader.backtest.config import (
    BacktestDataConfig,
    BacktestEngineConfig,
    BacktestRunConfig,
    BacktestVenueConfig,
)
from nautilus_trader.backtest.node import BacktestNode
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common import Environment
from nautilus_trader.config import ImportableExecAlgorithmConfig, ImportableStrategyConfig, LoggingConfig
from nautilus_trader.live.config import LiveExecEngineConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId, ExecAlgorithmId, TraderId
from nautilus_trader.persistence.catalog import ParquetDataCatalog
from nautilus_trader.trading.strategy import Strategy

from adapters.nautilus.translate import nautilus_quantity
from ports.market_data import Quote
from ports.values import parse_decimal

from fakes.backtests import CLASSES, LISTING, ticks

AMOUNT: Final = "0.6"
PARTS: Final = 4
_WITHIN_S: Final = 90.0
_SCHEDULE: Final = {"horizon_secs": 2, "intervals": PARTS}
# Of every algorithm: parameters by which it trades all of its order in a short while.
PARAMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "TWAP": _SCHEDULE,
    "VWAP": _SCHEDULE,
    "IS": _SCHEDULE,
    "POV": {"participation_pct": 10, "horizon_secs": 2},
    "ICEBERG": {"visible_pct": 25, "horizon_secs": 2, "at_end": "finish"},
}
type Filled = dict[str, str]  # by algorithm: how much of its order has traded


class Primaries(Strategy):  # type: ignore[misc]  # compiled, so mypy sees Any
    """Sends one order to every algorithm at the first quote."""

    def on_start(self) -> None:
        self.msgbus.subscribe("data.quotes.*", self._quoted)
        self.is_sent = False

    def _quoted(self, _: QuoteTick) -> None:
        if self.is_sent:
            return
        self.is_sent = True
        for name, params in PARAMS.items():
            order = self.order_factory.market(
                instrument_id=LISTING.id,
                order_side=OrderSide.BUY,
                quantity=nautilus_quantity(parse_decimal("amount", AMOUNT), LISTING.size_places),
                exec_algorithm_id=ExecAlgorithmId(name),
                exec_algorithm_params=dict(params),
                client_order_id=ClientOrderId(name),
            )
            self.submit_order(order)


class LivePrimaries(Primaries):
    """Does so with a quote of its own, and knows when everything has traded."""

    def __init__(self) -> None:
        super().__init__()
        self.has_traded = asyncio.Event()

    def on_start(self) -> None:
        super().on_start()
        self.msgbus.subscribe("events.fills.*", self._looked)
        quote = next(tick for tick in ticks(1) if isinstance(tick, Quote))
        # It is queued: by the time that anybody sees it, everything has started.
        self.msgbus.send("DataEngine.process", LISTING.quote_tick(quote, time.time_ns()))

    def _looked(self, _: object) -> None:
        if set(_filled(self.cache).values()) == {AMOUNT}:
            self.has_traded.set()


def run_backtest_node(folder: Path) -> Filled:
    """Run a BacktestNode over a catalogue of ten seconds."""
    catalogue = ParquetDataCatalog(str(folder))
    catalogue.write_data([LISTING.nautilus])
    quotes = [tick for tick in ticks(10) if isinstance(tick, Quote)]
    catalogue.write_data([LISTING.quote_tick(quote, quote.received_ns) for quote in quotes])
    venue = BacktestVenueConfig(
        name=LISTING.id.venue.value,
        oms_type="NETTING",
        account_type="MARGIN",
        starting_balances=["100_000_000 USDT"],
    )
    config = BacktestRunConfig(
        engine=BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            strategies=[
                ImportableStrategyConfig(
                    strategy_path=f"{__name__}:Primaries",
                    config_path="nautilus_trader.trading.config:StrategyConfig",
                    config={},
                )
            ],
            exec_algorithms=_algorithms(),
            run_analysis=False,
        ),
        venues=[venue],
        data=[BacktestDataConfig(catalog_path=str(folder), data_cls=QuoteTick, instrument_id=LISTING.id)],
        dispose_on_completion=False,
        raise_exception=True,
    )
    node: Any = BacktestNode(configs=[config])  # partly untyped
    try:
        node.run()
        return _filled(node.get_engine(config.id).cache)
    finally:
        node.dispose()


def run_trading_node() -> Filled:
    """Run a TradingNode on the sandbox until everything has traded, in a process of its own: one is all it can have."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_trade, args=(theirs,))
    process.start()
    theirs.close()
    try:
        assert ours.poll(_WITHIN_S), "the TradingNode said nothing"
        filled: Filled = ours.recv()
        return filled
    finally:
        ours.close()
        process.join(_WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _trade(pipe: Connection) -> None:
    pipe.send(asyncio.run(_traded()))


async def _traded() -> Filled:
    venue = LISTING.id.venue.value
    node = TradingNode(
        TradingNodeConfig(
            environment=Environment.SANDBOX,
            trader_id=TraderId("SOMEBODY-001"),
            logging=LoggingConfig(bypass_logging=True),
            exec_engine=LiveExecEngineConfig(reconciliation=False),
            exec_clients={venue: SandboxExecutionClientConfig(venue=venue, starting_balances=["100_000_000 USDT"])},
            exec_algorithms=_algorithms(),
            timeout_post_stop=0.0,
        )
    )
    strategy = LivePrimaries()
    node.trader.add_strategy(strategy)
    node.cache.add_instrument(LISTING.nautilus)
    node.add_exec_client_factory(venue, SandboxLiveExecClientFactory)
    node.build()
    running = asyncio.create_task(node.run_async())
    async with asyncio.timeout(_WITHIN_S / 2):
        await strategy.has_traded.wait()
    filled = _filled(node.cache)
    await node.stop_async()
    await running
    return filled


def _algorithms() -> list[ImportableExecAlgorithmConfig]:
    return [
        ImportableExecAlgorithmConfig(
            exec_algorithm_path=f"app.nautilus_algorithms:{name}",
            config_path="app.nautilus_algorithms:PlannedExecAlgorithmConfig",
            config={},
        )
        for name in CLASSES.values()
    ]


def _filled(cache: Cache) -> Filled:
    found = {name: cache.exec_spawn_total_filled_qty(ClientOrderId(name)) for name in PARAMS}
    return {
        name: "0" if quantity is None else str(quantity.as_decimal().normalize()) for name, quantity in found.items()
    }
