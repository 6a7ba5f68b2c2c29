"""A plain Nautilus backtest with our execution algorithms, and the same parent worked by hand over the same ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice, takewhile
from typing import Any, Final, NamedTuple

from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.common.config import LoggingConfig
from nautilus_trader.config import ImportableExecAlgorithmConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, TimeInForce, TradingState
from nautilus_trader.model.identifiers import ClientOrderId, ExecAlgorithmId
from nautilus_trader.model.objects import Money
from nautilus_trader.model.orders import Order
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy

from adapters.nautilus.exec_words import rules_of
from adapters.nautilus.listing import Listing
from adapters.nautilus.translate import nautilus_price, nautilus_quantity
from adapters.ticks import GeneratedTicks, paper_instruments
from core.algos.draws import seed_of
from core.algos.registry import planner_of
from ports.algorithms import (
    Child,
    ChildOrder,
    Conditions,
    Ending,
    Market,
    ParentState,
    ParentTerms,
    Progress,
    Step,
    VolumeCurve,
    Watch,
)
from ports.instruments import InstrumentKey
from ports.market_data import Quote, Trade
from ports.replies import InvalidOrder
from ports.values import OrderStatus, Price, Quantity, Side

KEY: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
LISTING: Final = Listing(next(each for each in paper_instruments() if each.key == KEY))
PRIMARY: Final = "O-1"
CLASSES: Final = {
    "TWAP": "TWAPExecAlgorithm",
    "VWAP": "VWAPExecAlgorithm",
    "ICEBERG": "IcebergExecAlgorithm",
    "POV": "POVExecAlgorithm",
    "IS": "ISExecAlgorithm",
}

type Tick = Quote | Trade


class Asked(NamedTuple):
    """A child as it was placed, and when."""

    quantity: Decimal
    price: Decimal | None
    immediate: bool
    post_only: bool
    placed_ns: int


@dataclass(frozen=True, kw_only=True)
class Task:
    """One primary order and what becomes of it."""

    name: str
    params: dict[str, Any]
    quantity: str = "0.6"
    price: str | None = None
    side: Side = Side.BUY
    cancel_after_s: float | None = None
    curve: VolumeCurve | None = None


def ticks(seconds: float, *, seed: int = 1, rate: float = 20.0, trades: bool = False) -> list[Tick]:
    """Generated ticks of the perpetual, deep enough for every child to trade in full."""
    source = GeneratedTicks([LISTING.instrument], seed, rate=rate)
    made = (tick for batch in source._batches() for tick in batch)  # without a loop
    end_ns = next(made).received_ns + int(seconds * 1e9)
    kept = takewhile(lambda tick: tick.received_ns < end_ns, made)
    deep = Decimal(1_000)
    return [
        replace(tick, bid_size=deep, ask_size=deep) if isinstance(tick, Quote) else tick
        for tick in islice(kept, 200_000)
        if trades or isinstance(tick, Quote)
    ]


class _Sender(Strategy):  # type: ignore[misc]  # compiled, so mypy sees Any
    """Sends the primary at the first quote, and takes it back where it is told to."""

    def __init__(self, task: Task) -> None:
        super().__init__(StrategyConfig(strategy_id="S-1"))
        self.task = task
        self.primary: Order | None = None

    def on_start(self) -> None:
        self.subscribe_quote_ticks(LISTING.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        if self.primary is not None:
            return
        task = self.task
        shared: dict[str, Any] = {
            "instrument_id": LISTING.id,
            "order_side": OrderSide.BUY if task.side is Side.BUY else OrderSide.SELL,
            "quantity": nautilus_quantity(Decimal(task.quantity), LISTING.size_places),
            "exec_algorithm_id": ExecAlgorithmId(task.name),
            "exec_algorithm_params": task.params,
            "client_order_id": ClientOrderId(PRIMARY),
        }
        if task.price is None:
            self.primary = self.order_factory.market(**shared)
        else:
            self.primary = self.order_factory.limit(
                **shared, price=nautilus_price(Decimal(task.price), LISTING.price_places)
            )
        self.submit_order(self.primary)
        if task.cancel_after_s is not None:
            self.clock.set_time_alert_ns("back", tick.ts_init + int(task.cancel_after_s * 1e9), self._back)

    def _back(self, _: object) -> None:
        self.cancel_order(self.primary)


@dataclass
class Backtest:
    """What a plain BacktestEngine made of a task."""

    primary: Order
    children: list[Asked]
    filled: Decimal
    asked: int


def backtest(task: Task, data: Sequence[Tick], *, halted: bool = False, **risk: Any) -> Backtest:
    """Run a task in a plain BacktestEngine, its algorithm made by Nautilus from an importable configuration.

    `risk` is for Nautilus's own risk engine; `halted`, it denies every order.
    """
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(**risk),
            exec_algorithms=[_importable(task)],
        )
    )
    engine.add_venue(
        venue=LISTING.id.venue, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=None,
        starting_balances=[Money(10_000_000, USDT), Money(100, BTC)],
    )  # fmt: skip
    engine.add_instrument(LISTING.nautilus)
    engine.add_data([_nautilus(tick) for tick in data])
    (algorithm,) = engine.kernel.trader.exec_algorithms()
    sender = _Sender(task)
    engine.add_strategy(sender)
    if halted:
        engine.kernel.risk_engine.set_trading_state(TradingState.HALTED)
    engine.run()
    spawned = [order for order in engine.cache.orders_for_exec_spawn(ClientOrderId(PRIMARY)) if order.is_spawned]
    spawned.sort(key=lambda order: int(order.client_order_id.value.rpartition("-E")[2]))
    assert sender.primary is not None
    result = Backtest(
        primary=sender.primary,
        children=[_asked(order) for order in spawned],
        filled=sum((order.filled_qty.as_decimal() for order in spawned), Decimal(0)),
        asked=algorithm.asked,
    )
    engine.dispose()
    return result


def _importable(task: Task) -> ImportableExecAlgorithmConfig:
    """The configuration that a BacktestNode and a TradingNode take too: their kernel makes the algorithm of it."""
    curve = task.curve
    curves = {} if curve is None else {
        LISTING.id.value: {"bucket_secs": curve.bucket_ns // 10**9, "volumes": [str(each) for each in curve.volumes]}
    }  # fmt: skip
    return ImportableExecAlgorithmConfig(
        exec_algorithm_path=f"app.nautilus_algorithms:{CLASSES[task.name]}",
        config_path="app.nautilus_algorithms:PlannedExecAlgorithmConfig",
        config={"volume_curves": curves},
    )


def _nautilus(tick: Tick) -> Any:
    if isinstance(tick, Quote):
        return LISTING.quote_tick(tick, tick.received_ns)
    return LISTING.trade_tick(tick, tick.received_ns)


def _asked(order: Order) -> Asked:
    price = order.price.as_decimal() if order.has_price else None
    return Asked(
        quantity=order.quantity.as_decimal(),
        price=price,
        immediate=price is None or order.time_in_force == TimeInForce.IOC,
        post_only=order.is_post_only,
        placed_ns=order.ts_init,
    )


@dataclass
class ByHand:
    """The pure planner driven tick by tick, in the order of Nautilus's engine and by what its venue does.

    At a quote the venue fills what it crosses before the quote can be seen; then those who wait for the quote are
    asked; then the venue takes what was submitted. Alerts come after the ticks of their own time.
    """

    task: Task
    children: list[Child] = field(default_factory=list)
    ending: Ending | None = None
    asked: int = 0
    market: Market = field(default_factory=Market)

    def run(self, data: Sequence[Tick]) -> ByHand:
        self._queue: list[tuple[str, int]] = []
        self._wake_ns: int | None = None
        self._watch: Watch | None = None
        self._state = ParentState.WORKING
        self._book: Quote | None = None
        self._moved: Price | None = None
        self._begun = False
        cancel_ns: int | None = None
        for place, tick in enumerate(data):
            self._alarms(tick.received_ns - 1, cancel_ns)
            self._now_ns = tick.received_ns
            self._take(tick)
            if not self._begun and isinstance(tick, Quote):
                self._begin(tick)
                if self.task.cancel_after_s is not None:
                    cancel_ns = tick.received_ns + int(self.task.cancel_after_s * 1e9)
            self._settle()
            if place + 1 == len(data) or data[place + 1].received_ns > tick.received_ns:
                self._alarms(tick.received_ns, cancel_ns)
        return self

    @property
    def placed(self) -> list[Asked]:
        return [
            Asked(each.order.quantity, each.order.price, each.order.crosses, each.order.post_only, each.placed_ns)
            for each in self.children
        ]

    @property
    def filled(self) -> Decimal:
        return sum((child.filled for child in self.children), Decimal(0))

    def _begin(self, first: Quote) -> None:
        task, self._begun = self.task, True
        self.terms = ParentTerms(
            side=task.side,
            quantity=Quantity(Decimal(task.quantity)),
            price=None if task.price is None else Price(Decimal(task.price)),
            rules=rules_of(LISTING.nautilus),
            start_ns=first.received_ns,
            seed=seed_of(PRIMARY),
            conditions=Conditions(mid=first.mid, spread=first.ask - first.bid, volume_curve=task.curve),
        )
        found = planner_of(task.name, {name: str(value) for name, value in task.params.items()}, self.terms)
        assert not isinstance(found, InvalidOrder), found
        self.planner = found
        if found.counts_trades:
            self.market = replace(self.market, traded=Decimal(0))
        self._ask()

    def _take(self, tick: Tick) -> None:
        if isinstance(tick, Trade):
            if self.market.traded is None or not self._begun:
                return
            self.market = replace(self.market, traded=self.market.traded + tick.quantity)
        else:
            self._book, self._moved = tick, None
            for number, child in enumerate(tuple(self.children), 1):
                if child.is_open and not child.order.crosses and self._meets(child.order):
                    self._filled_at_rest(number)
            self.market = replace(
                self.market, bid=tick.bid, ask=tick.ask, bid_size=tick.bid_size, ask_size=tick.ask_size,
                quoted_ns=tick.received_ns,
            )  # fmt: skip
        if self._begun and self._watch is not None and self._watch.is_met(self.task.side, self.market, self._now_ns):
            self._ask()

    def _meets(self, order: ChildOrder, far: Decimal | None = None) -> bool:
        assert self._book is not None
        assert order.price is not None
        if self.task.side is Side.BUY:
            return (far or self._book.ask) <= order.price
        return (far or self._book.bid) >= order.price

    def _filled_at_rest(self, number: int) -> None:
        """Fill a resting child; until it looks at its book again, Nautilus's venue has the market at that price."""
        self._moved = self.children[number - 1].order.price
        self._become(number, OrderStatus.FILLED)

    def _alarms(self, until_ns: int, cancel_ns: int | None) -> None:
        while self._begun and self.ending is None:
            wanted = cancel_ns if cancel_ns is not None and self._state is ParentState.WORKING else None
            due = [time_ns for time_ns in (self._wake_ns, wanted) if time_ns is not None and time_ns <= until_ns]
            if not due:
                return
            self._now_ns = min(due)
            if self._now_ns == wanted:
                self._state = ParentState.CANCELING
            else:
                self._wake_ns = None
            self._ask()
            self._settle()

    def _ask(self) -> None:
        if self.ending is not None:
            return
        self.asked += 1
        progress = Progress(children=tuple(self.children), filled=self.filled, state=self._state)
        step: Step = self.planner.plan(self.terms, progress, self.market, self._now_ns)
        self._wake_ns, self._watch, self.ending = step.wake_ns, step.watch, step.ending
        for number in step.cancel:
            self.children[number - 1] = replace(
                self.children[number - 1], status=OrderStatus.PENDING_CANCEL, cancel_asked_ns=self._now_ns
            )
            self._queue.append(("cancel", number))
        for order in step.place:
            self.children.append(
                Child(order=order, status=OrderStatus.SUBMITTED, filled=Decimal(0), placed_ns=self._now_ns)
            )
            self._queue.append(("submit", order.number))

    def _settle(self) -> None:
        while self._queue:
            what, number = self._queue.pop(0)
            child = self.children[number - 1]
            if not child.is_open:
                continue
            if what == "cancel":
                self._become(number, OrderStatus.CANCELED)
            elif child.order.crosses:
                self._become(number, OrderStatus.FILLED)
            elif child.order.post_only and self._meets(child.order, self._moved):
                self._become(number, OrderStatus.REJECTED)
            elif self._meets(child.order):
                self._filled_at_rest(number)
            else:
                self.children[number - 1] = replace(child, status=OrderStatus.ACCEPTED)

    def _become(self, number: int, status: OrderStatus) -> None:
        child = self.children[number - 1]
        filled = child.order.quantity if status is OrderStatus.FILLED else child.filled
        self.children[number - 1] = replace(child, status=status, filled=filled)
        self._ask()
