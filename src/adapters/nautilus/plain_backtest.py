"""Primary orders worked by execution algorithms in a plain BacktestEngine: what a team's own backtest does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from nautilus_trader.common.component import TimeEvent
from nautilus_trader.execution.algorithm import ExecAlgorithm
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import ClientOrderId, ExecAlgorithmId
from nautilus_trader.model.orders import Order
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from adapters.nautilus.backtest import backtest_engine
from adapters.nautilus.exec_words import side_of
from adapters.nautilus.listing import Listing
from adapters.nautilus.translate import nautilus_price, nautilus_quantity
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import OrderType, Side, TimeInForce

_NUMBER: Final = "-E"  # before the number of a spawned order, in its client order id
_KINDS: Final = {True: OrderType.LIMIT, False: OrderType.MARKET}


@record
class Primary:
    """An order for an execution algorithm, and when (UTC) it is submitted."""

    at_ns: int
    name: str
    instrument: InstrumentKey
    side: Side
    quantity: Decimal
    price: Decimal | None
    algorithm: str
    params: Mapping[str, str | float]


@record
class Spawned:
    """An order that an execution algorithm placed for a primary: `number` counts from 1."""

    primary: str
    number: int
    instrument: InstrumentKey
    side: Side
    quantity: Decimal
    price: Decimal | None
    time_in_force: TimeInForce
    post_only: bool
    placed_ns: int
    filled: Decimal
    paid: Decimal

    @property
    def order_type(self) -> OrderType:
        """Market orders have no price."""
        return _KINDS[self.price is not None]


class _Sender(Strategy):
    """Submits every primary at its time."""

    def __init__(self, primaries: Sequence[Primary], listings: Mapping[InstrumentKey, Listing]) -> None:
        super().__init__(StrategyConfig(strategy_id="SENDER-1"))
        self._primaries = {each.name: each for each in primaries}
        self._listings = listings

    def on_start(self) -> None:
        for name, primary in self._primaries.items():
            self.clock.set_time_alert_ns(name, primary.at_ns, self._submit)

    def _submit(self, event: TimeEvent) -> None:
        primary = self._primaries[event.name]
        listing = self._listings[primary.instrument]
        shared: dict[str, Any] = {
            "instrument_id": listing.id,
            "order_side": OrderSide.BUY if primary.side is Side.BUY else OrderSide.SELL,
            "quantity": nautilus_quantity(primary.quantity, listing.size_places),
            "exec_algorithm_id": ExecAlgorithmId(primary.algorithm),
            "exec_algorithm_params": dict(primary.params),
            "client_order_id": ClientOrderId(primary.name),
        }
        if primary.price is None:
            self.submit_order(self.order_factory.market(**shared))
        else:
            price = nautilus_price(primary.price, listing.price_places)
            self.submit_order(self.order_factory.limit(**shared, price=price))


@record
class PlainRun:
    """What an engine made of primaries, and how much processor time (seconds) its run took."""

    spawned: Sequence[Spawned]
    busy_s: float


def nautilus_twap() -> ExecAlgorithm:
    """Return the execution algorithm that NautilusTrader ships."""
    from nautilus_trader.examples.algorithms.twap import TWAPExecAlgorithm

    return TWAPExecAlgorithm()


def run_primaries(
    listings: Mapping[InstrumentKey, Listing],
    ticks: Sequence[Any],
    primaries: Sequence[Primary],
    algorithms: Sequence[ExecAlgorithm],
) -> PlainRun:
    """Return every order that `algorithms` placed for `primaries` while an engine played `ticks`, Nautilus's own."""
    engine = backtest_engine(listings.values())
    try:
        for algorithm in algorithms:
            engine.add_exec_algorithm(algorithm)
        engine.add_strategy(_Sender(primaries, listings))
        engine.add_data(list(ticks))
        began_s = time.process_time()
        engine.run()
        busy_s = time.process_time() - began_s
        keys = {listing.id: key for key, listing in listings.items()}
        spawned = [
            _spawned(order, keys[order.instrument_id])
            for primary in primaries
            for order in engine.cache.orders_for_exec_spawn(ClientOrderId(primary.name))
            if order.is_spawned
        ]
        return PlainRun(spawned=sorted(spawned, key=lambda each: (each.primary, each.number)), busy_s=busy_s)
    finally:
        engine.dispose()


def _spawned(order: Order, key: InstrumentKey) -> Spawned:
    primary, _, number = order.client_order_id.value.rpartition(_NUMBER)
    fills = [(each.last_qty.as_decimal(), each.last_px.as_decimal()) for each in order.events if _is_fill(each)]
    return Spawned(
        primary=primary,
        number=int(number),
        instrument=key,
        side=side_of(order),
        quantity=order.quantity.as_decimal(),
        price=order.price.as_decimal() if order.has_price else None,
        time_in_force=TimeInForce(order.tif_string()),
        post_only=order.is_post_only,
        placed_ns=order.ts_init,
        filled=order.filled_qty.as_decimal(),
        paid=sum((quantity * price for quantity, price in fills), Decimal(0)),
    )


def _is_fill(event: object) -> bool:
    return type(event).__name__ == "OrderFilled"
