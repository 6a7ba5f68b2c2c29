"""A planner as a Nautilus execution algorithm, for backtests and trading nodes of any team.

The primary order is never sent and never reduced: all of it goes out in children, and what they did is what the
planner is told. When nothing more will be done, the primary is closed as CANCELED.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from heapq import heappop, heappush
from typing import Final

from msgspec.structs import replace
from nautilus_trader.common.events import TimeEvent
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.algorithm import ExecAlgorithm
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import OrderType as NautilusOrderType
from nautilus_trader.model.events import OrderCanceled, OrderCancelRejected, OrderDenied, OrderEvent, OrderFilled
from nautilus_trader.model.identifiers import ClientOrderId, ExecAlgorithmId, InstrumentId
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.model.orders import Order

from adapters.nautilus.exec_config import PlannedExecAlgorithmConfig
from adapters.nautilus.exec_parent import WorkedParent
from adapters.nautilus.exec_words import TIMES, rules_of, side_of, texts_of
from adapters.nautilus.translate import nautilus_price, nautilus_quantity
from ports.algorithms import (
    ChildOrder,
    Conditions,
    ParentState,
    ParentTerms,
    PlannerParser,
    Step,
)
from ports.replies import InvalidOrder
from ports.values import Price, Quantity

_HALF: Final = Decimal("0.5")
_ALARM: Final = "wake"
_KINDS: Final = (NautilusOrderType.MARKET, NautilusOrderType.LIMIT)


class PlannedExecAlgorithm(ExecAlgorithm):
    """Works primary orders by the planner that `parse` makes of their `exec_algorithm_params`.

    A primary that cannot be worked is denied, with the field, its value and what would pass. A planner is asked when
    its time comes, when a child trades or ends, and when the quotes or trades that it waits for have come.
    """

    def __init__(
        self, name: str, parse: PlannerParser, seed_of: Callable[[str], int], config: PlannedExecAlgorithmConfig | None
    ) -> None:
        config = config or PlannedExecAlgorithmConfig()
        if config.exec_algorithm_id is None:
            config = replace(config, exec_algorithm_id=ExecAlgorithmId(name))
        super().__init__(config)
        self._parse = parse
        self._seed_of = seed_of
        self._curves = {key: each.curve() for key, each in config.volume_curves.items()}
        self._parents: dict[ClientOrderId, WorkedParent] = {}
        self._traded: dict[InstrumentId, Decimal] = {}
        self._quoted: set[InstrumentId] = set()
        self._due: list[tuple[int, int, ClientOrderId]] = []
        self._wakes = self._alarms = 0
        self._armed_ns: int | None = None
        self.asked = 0  # times that a planner was asked, since the start

    # -- what Nautilus calls

    def on_order(self, order: Order) -> None:
        """Begin to work a primary order."""
        parent = self._parent_of(order)
        if isinstance(parent, InvalidOrder):
            self._deny(order, parent)
            return
        self._parents[parent.id] = parent
        self._ask(parent)

    def on_order_event(self, event: OrderEvent) -> None:
        """Ask a parent again where something of it traded or ended."""
        order = self.cache.order(event.client_order_id)
        if order is None or order.is_active_local:
            return
        parent = self._parents.get(order.exec_spawn_id or order.client_order_id)
        if parent is None:
            return
        if order is parent.primary:
            if order.is_closed:  # the strategy took the primary back
                parent.state = ParentState.CANCELING
                self._ask(parent)
        elif order.is_closed or isinstance(event, OrderFilled | OrderCancelRejected):
            parent.heard_of(order)
            self._ask(parent)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Ask the parents that wait for this quote."""
        self._market_moved(tick.instrument_id, list(self._parents.values()))

    def on_trade_tick(self, tick: TradeTick) -> None:
        """Count what trades, and ask the parents that wait for so much."""
        self._traded[tick.instrument_id] += tick.size.as_decimal()
        counting = [parent for parent in self._parents.values() if parent.planner.counts_trades]
        self._market_moved(tick.instrument_id, counting)

    def on_stop(self) -> None:
        """Wake nobody any more; what rests at the venue is the strategy's to cancel."""
        self.clock.cancel_timers()

    def on_reset(self) -> None:
        """Forget every parent."""
        self._parents.clear()
        self._traded.clear()
        self._quoted.clear()
        self._due.clear()
        self._armed_ns = None
        self.asked = 0

    # -- one parent

    def _parent_of(self, order: Order) -> WorkedParent | InvalidOrder:
        """Return the primary with its planner, or why it cannot be worked."""
        instrument: NautilusInstrument | None = self.cache.instrument(order.instrument_id)
        if instrument is None:
            return InvalidOrder(
                field="instrument_id", value=order.instrument_id.value, remedy="add the instrument first"
            )
        if order.order_type not in _KINDS or order.is_quote_quantity:
            return InvalidOrder(
                field="order", value=repr(order), remedy="give a MARKET or LIMIT order in base quantity"
            )
        terms = ParentTerms(
            side=side_of(order),
            quantity=Quantity(order.quantity.as_decimal()),
            price=Price(order.price.as_decimal()) if order.has_price else None,
            rules=rules_of(instrument),
            start_ns=self.clock.timestamp_ns(),
            seed=self._seed_of(order.client_order_id.value),
            conditions=self._conditions(order.instrument_id),
        )
        planner = self._parse(texts_of(order.exec_algorithm_params), terms)
        if isinstance(planner, InvalidOrder):
            return planner
        if planner.counts_trades and order.instrument_id not in self._traded:
            self._traded[order.instrument_id] = Decimal(0)
            self.subscribe_trade_ticks(order.instrument_id)
        return WorkedParent(
            primary=order,
            terms=terms,
            planner=planner,
            traded_before=self._traded.get(order.instrument_id, Decimal(0)),
        )

    def _conditions(self, instrument_id: InstrumentId) -> Conditions:
        """Return what is known of the market now: mid and spread where there is a quote, the curve if configured."""
        quote, curve = self.cache.quote_tick(instrument_id), self._curves.get(instrument_id.value)
        if quote is None:
            return Conditions(volume_curve=curve)
        bid, ask = quote.bid_price.as_decimal(), quote.ask_price.as_decimal()
        return Conditions(mid=(bid + ask) * _HALF, spread=ask - bid, volume_curve=curve)

    def _ask(self, parent: WorkedParent) -> None:
        """Ask the planner and carry out its step, again while it changed something by that.

        Submitting may bring events before it returns; they wait until the step at hand is carried out.
        """
        if parent.is_asking:
            parent.has_news = True
            return
        parent.is_asking = parent.has_news = True
        while parent.has_news and parent.id in self._parents:
            parent.has_news = False
            self.asked += 1
            now_ns = self.clock.timestamp_ns()
            market = parent.market(self.cache.quote_tick(parent.instrument_id), self._traded.get(parent.instrument_id))
            self._carry_out(parent, parent.planner.plan(parent.terms, parent.progress(), market, now_ns), now_ns)
        parent.is_asking = False

    def _carry_out(self, parent: WorkedParent, step: Step, now_ns: int) -> None:
        for notice in parent.news_of(step.notices):
            said = f"{parent.id}: {notice.code}: {notice.text}"
            self.log.warning(said)
        parent.watch = step.watch
        self._wake_at(parent, step.wake_ns)
        if step.watch is not None and parent.instrument_id not in self._quoted:
            self._quoted.add(parent.instrument_id)
            self.subscribe_quote_ticks(parent.instrument_id)
        for number in step.cancel:
            self.cancel_order(parent.order_to_cancel(number, now_ns))
        for child in step.place:
            order = self._spawn(parent.primary, child)
            parent.add(child, order, now_ns)
            self.submit_order(order)
        if step.place and parent.newest_closed(len(step.place)):
            parent.has_news = True
        if step.ending is not None:
            ended = f"{parent.id}: ended {step.ending.reason} {step.ending.text}"
            self.log.info(ended)
            self._end(parent)

    def _spawn(self, primary: Order, child: ChildOrder) -> Order:
        instrument: NautilusInstrument = self.cache.instrument(primary.instrument_id)
        quantity = nautilus_quantity(child.quantity, instrument.size_precision)
        shared = {"time_in_force": TIMES[child.time_in_force], "reduce_only": primary.is_reduce_only}
        if child.price is None:
            return self.spawn_market(primary, quantity, **shared, reduce_primary=False)
        price = nautilus_price(child.price, instrument.price_precision)
        return self.spawn_limit(primary, quantity, price, **shared, post_only=child.post_only, reduce_primary=False)

    # -- time

    def _wake_at(self, parent: WorkedParent, wake_ns: int | None) -> None:
        if wake_ns == parent.wake_ns:
            return
        parent.wake_ns = wake_ns
        if wake_ns is not None:
            self._wakes += 1
            heappush(self._due, (wake_ns, self._wakes, parent.id))
            self._arm()

    def _arm(self) -> None:
        """Keep one alert of the clock, for the earliest wake: a backtest's looks at every alert at every tick."""
        if not self._due or (self._armed_ns is not None and self._armed_ns <= self._due[0][0]):
            return
        self._armed_ns = self._due[0][0]
        self._alarms += 1
        at_ns = max(self._armed_ns, self.clock.timestamp_ns())
        self.clock.set_time_alert_ns(f"{_ALARM}{self._alarms}", at_ns, self._woken)

    def _woken(self, event: TimeEvent) -> None:
        """Ask every parent whose time has come; one that wants another time by now, or has ended, is passed over."""
        if event.name != f"{_ALARM}{self._alarms}":
            return  # an earlier one was set after it, and has kept the next one
        now_ns = self._armed_ns = self.clock.timestamp_ns()  # nothing is armed while parents are asked
        while self._due and self._due[0][0] <= now_ns:
            wake_ns, _, name = heappop(self._due)
            parent = self._parents.get(name)
            if parent is not None and parent.wake_ns == wake_ns:
                parent.wake_ns = None
                self._ask(parent)
        self._armed_ns = None
        self._arm()

    def _market_moved(self, instrument_id: InstrumentId, parents: Sequence[WorkedParent]) -> None:
        now_ns = self.clock.timestamp_ns()
        for parent in parents:
            watch = parent.watch
            if watch is None or now_ns < watch.not_before_ns or parent.instrument_id != instrument_id:
                continue
            market = parent.market(self.cache.quote_tick(instrument_id), self._traded.get(instrument_id))
            if watch.is_met(parent.terms.side, market, now_ns):
                self._ask(parent)

    def _end(self, parent: WorkedParent) -> None:
        """Close the primary, and stop listening where nobody needs it."""
        self._wake_at(parent, None)
        del self._parents[parent.id]
        if all(other.instrument_id != parent.instrument_id for other in self._parents.values()):
            self._stop_listening(parent.instrument_id)
        if not parent.primary.is_closed:
            self._apply(parent.primary, _canceled(parent.primary, self.clock.timestamp_ns()))

    def _stop_listening(self, instrument_id: InstrumentId) -> None:
        if instrument_id in self._quoted:
            self._quoted.discard(instrument_id)
            self.unsubscribe_quote_ticks(instrument_id)
        if self._traded.pop(instrument_id, None) is not None:
            self.unsubscribe_trade_ticks(instrument_id)

    def _deny(self, order: Order, why: InvalidOrder) -> None:
        reason = f"{order.client_order_id}: {why.field} {why.value!r} is not usable: {why.remedy}"
        self.log.error(reason)
        self._apply(
            order,
            OrderDenied(
                order.trader_id, order.strategy_id, order.instrument_id, order.client_order_id, reason, UUID4(),
                self.clock.timestamp_ns(),
            ),
        )  # fmt: skip

    def _apply(self, order: Order, event: OrderEvent) -> None:
        order.apply(event)
        self.cache.update_order(order)
        self.msgbus.publish(f"events.order.{order.strategy_id}", event)


def _canceled(order: Order, now_ns: int) -> OrderCanceled:
    return OrderCanceled(
        trader_id=order.trader_id,
        strategy_id=order.strategy_id,
        instrument_id=order.instrument_id,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        account_id=order.account_id,
        event_id=UUID4(),
        ts_event=now_ns,
        ts_init=now_ns,
    )
