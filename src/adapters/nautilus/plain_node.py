"""A plain Nautilus BacktestNode over a catalogue on disk: what a team's own replay does, as a reference."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from nautilus_trader.backtest.config import BacktestDataConfig, BacktestEngineConfig, BacktestRunConfig
from nautilus_trader.backtest.config import BacktestVenueConfig as VenueConfig
from nautilus_trader.backtest.node import BacktestNode
from nautilus_trader.common.component import TimeEvent
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.config import ImportableStrategyConfig
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.persistence.catalog import ParquetDataCatalog
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from adapters.nautilus.listing import Listing
from ports.instruments import Instrument
from ports.market_data import Quote
from ports.records import record
from ports.values import Side

_MODULE: Final = "adapters.nautilus.plain_node"


@record
class MarketOrder:
    """An order, and when (UTC) it is submitted."""

    at_ns: int
    side: Side
    quantity: str


class SenderConfig(StrategyConfig, frozen=True):
    """What a sender submits: time, side, quantity of each, by Nautilus's own configuration."""

    instrument_id: str = ""
    orders: tuple[tuple[int, str, str], ...] = ()


class Sender(Strategy):
    """Follows the quotes, and submits a market order at each of its times."""

    def __init__(self, config: SenderConfig) -> None:
        super().__init__(config)
        self._instrument_id = InstrumentId.from_str(config.instrument_id)
        self._orders = {f"order{number}": order for number, order in enumerate(config.orders)}

    def on_start(self) -> None:
        """Follow the quotes, and set an alert for every order."""
        self.subscribe_quote_ticks(self._instrument_id)
        for name, (at_ns, _, _) in self._orders.items():
            self.clock.set_time_alert_ns(name, at_ns, self._submit)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Look at a quote, as strategies do."""

    def _submit(self, event: TimeEvent) -> None:
        _, side, quantity = self._orders[event.name]
        order = self.order_factory.market(
            instrument_id=self._instrument_id,
            order_side=OrderSide.BUY if side == Side.BUY else OrderSide.SELL,
            quantity=self.cache.instrument(self._instrument_id).make_qty(Decimal(quantity)),
        )
        self.submit_order(order)


@record
class NodeRun:
    """What a node did: orders filled, and the processor time (seconds) of reading and running."""

    filled: int
    busy_s: float


def write_catalogue(folder: Path, instrument: Instrument, quotes: Iterable[Quote]) -> None:
    """Write quotes as Nautilus keeps them."""
    listing = Listing(instrument)
    catalogue = ParquetDataCatalog(str(folder))
    catalogue.write_data([listing.nautilus])
    catalogue.write_data([listing.quote_tick(quote, quote.received_ns) for quote in quotes])


def run_node(folder: Path, instrument: Instrument, orders: Sequence[MarketOrder]) -> NodeRun:
    """Run a node over a catalogue, and submit `orders` on the way."""
    listing = Listing(instrument)
    sender = ImportableStrategyConfig(
        strategy_path=f"{_MODULE}:Sender",
        config_path=f"{_MODULE}:SenderConfig",
        config={
            "instrument_id": listing.id.value,
            "orders": [(each.at_ns, each.side.value, each.quantity) for each in orders],
        },
    )
    config = BacktestRunConfig(
        engine=BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            strategies=[sender],
            run_analysis=False,
        ),
        venues=[
            VenueConfig(
                name=listing.id.venue.value,
                oms_type="NETTING",
                account_type="MARGIN",
                starting_balances=["100_000_000 USDT", "1_000 BTC"],
                frozen_account=True,
            )
        ],
        data=[
            BacktestDataConfig(catalog_path=str(folder), data_cls=QuoteTick, instrument_id=listing.id),
        ],
        dispose_on_completion=False,
        raise_exception=True,
    )
    node: Any = BacktestNode(configs=[config])  # partly untyped
    try:
        began_s = time.process_time()
        node.run()
        busy_s = time.process_time() - began_s
        engine = node.get_engine(config.id)
        filled = 0 if engine is None else len(engine.cache.orders_closed())
    finally:
        node.dispose()
    return NodeRun(filled=filled, busy_s=busy_s)
