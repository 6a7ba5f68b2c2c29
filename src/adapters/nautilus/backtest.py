"""The backtest runtime: a pure actor, unchanged, inside NautilusTrader's BacktestEngine, its clock and its matching."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, Final

from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.objects import Money
from nautilus_trader.risk.config import RiskEngineConfig

from adapters.nautilus.backtest_host import HostedActor, Hosting, Timed, TimedCommand, TimedDecision
from adapters.nautilus.listing import Listing
from adapters.nautilus.orders import TRADER
from adapters.nautilus.sandbox import DEFAULT_BALANCES
from adapters.nautilus.translate import UnholdableError, nautilus_venue
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote, Trade

__all__ = ["BacktestRuntime", "Hosting", "Timed", "TimedCommand", "TimedDecision", "backtest_engine", "shown"]

_BATCH: Final = 20_000  # ticks that the engine holds at a time


class BacktestRuntime:
    """Runs one actor over recorded quotes, as fast as they can be read.

    Nothing waits: what a message leads to has happened before the next one, at the same time (UTC) of the engine's
    clock. What falls due at the time of a quote comes after that quote. The run ends with the last quote: what would
    fall due later does not happen.

    Orders are matched by best quotes alone: a market order larger than the size on display fills the rest one tick
    worse, a resting order fills at its limit when a quote crosses it. Public trades are counted and fill nobody here,
    because Nautilus's one-level book would take a trade's price for both sides of the market.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._listings = {each.key: Listing(each) for each in instruments}
        self.left_out = 0  # ticks that do not fit their instrument, of the last run
        self.busy_s = 0.0  # processor time of the engine with all it hosts, of the last run

    def run(self, ticks: Iterable[Quote | Trade | Timed], hosting: Hosting) -> None:
        """Run an actor from the first tick to the last; `ticks` come in the order of `received_ns`.

        A command among them is handed over at its own time, which is not before that of the tick in front of it.

        Raises:
            Exception: whatever the actor raised, at the message that made it raise; nothing came after it.
        """
        self.left_out, self.busy_s = 0, 0.0
        engine = backtest_engine(self._listings.values())
        engine.portfolio.analyzer.record_trade = _ignore  # pandas work for each closed position; we keep our own
        try:
            host = HostedActor(hosting, self._listings)
            engine.add_strategy(host)
            for batch in batched(self._translated(ticks), _BATCH):
                host.schedule([each for each, _ in batch if isinstance(each, TimedCommand | TimedDecision)])
                market = [(each, data) for each, data in batch if not isinstance(each, TimedCommand | TimedDecision)]
                if not market:
                    continue  # commands alone: the ticks of their time are yet to come
                host.expect(market)
                engine.add_data([data for _, data in market])
                began_s = time.process_time()
                engine.run(streaming=True)
                self.busy_s += time.process_time() - began_s
                engine.clear_data()
                if host.failure is not None:
                    break
            engine.end()
        finally:
            engine.dispose()
        if host.failure is not None:
            raise host.failure

    def _translated(self, ticks: Iterable[Quote | Trade | Timed]) -> Iterator[tuple[Quote | Trade | Timed, Any]]:
        for tick in ticks:
            if isinstance(tick, TimedCommand | TimedDecision):
                yield tick, None
                continue
            listing = self._listings.get(tick.instrument)
            data = None if listing is None else _shown(listing, tick)
            if data is None:
                self.left_out += 1
            else:
                yield tick, data


def backtest_engine(listings: Iterable[Listing]) -> BacktestEngine:
    """Return an engine with a venue for every listing, set up as the paper venues are but for public trades.

    Accounts keep their starting balances, and Nautilus's own risk engine is out of the way: ours decides.
    """
    engine = BacktestEngine(
        BacktestEngineConfig(
            trader_id=TRADER,
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,  # nobody reads it
        )
    )
    listed = list(listings)
    for venue in sorted({listing.instrument.key.venue for listing in listed}):
        engine.add_venue(
            venue=nautilus_venue(venue),
            oms_type=OmsType.NETTING,
            account_type=AccountType.MARGIN,
            starting_balances=[Money.from_str(amount) for amount in DEFAULT_BALANCES],
            support_contingent_orders=False,
            use_position_ids=False,
            use_reduce_only=False,
            bar_execution=False,
            trade_execution=False,
            frozen_account=True,
        )
    for listing in listed:
        engine.add_instrument(listing.nautilus)
    return engine


def _ignore(*_: object) -> None:
    """Do nothing."""


def shown(
    instruments: Iterable[Instrument], ticks: Iterable[Quote | Trade]
) -> tuple[dict[InstrumentKey, Listing], list[Any]]:
    """Return the listings of `instruments`, and ticks as an engine takes them; one that does not fit is left out."""
    listings = {each.key: Listing(each) for each in instruments}
    made = (_shown(listings[tick.instrument], tick) for tick in ticks)
    return listings, [data for data in made if data is not None]


def _shown(listing: Listing, tick: Quote | Trade) -> Any | None:
    try:
        if isinstance(tick, Quote):
            return listing.quote_tick(tick, tick.received_ns)
        return listing.trade_seen(tick, tick.received_ns) if listing.is_tradable(tick) else None
    except UnholdableError:
        return None
