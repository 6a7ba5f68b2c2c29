"""Orders that depend on the market or on one another: held ones, OCO groups, reduce-only ones, parents."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.market.triggers import Reach
from core.orders.order import Order
from ports.commands import OrderTerms
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import ZERO, OperationId, OrderStatus, OrderType, StrategyId

type _Orders = dict[OperationId, Order]


class Contingencies:
    """Finds them without looking at every order there is; made from the same facts as the orders themselves."""

    def __init__(self) -> None:
        self._held: _Orders = {}
        self._watched: dict[InstrumentKey, _Orders] = {}  # held, and its trigger is not met yet
        self._reach: dict[InstrumentKey, Reach] = {}  # of `_watched`, until that changes
        self._groups: dict[tuple[StrategyId, str], _Orders] = {}
        self._after: dict[OperationId, _Orders] = {}
        self._met: _Orders = {}  # held, and what they waited for has come
        self._parents: _Orders = {}
        self._reducing: dict[tuple[StrategyId, InstrumentKey], _Orders] = {}

    def any(self) -> bool:
        """Say whether any order depends on another, or on a position."""
        return bool(self._held or self._groups or self._reducing or self._parents)

    def all_held(self) -> Iterator[Order]:
        """Yield the orders that wait with us, oldest first."""
        return iter(self._held.values())

    def all_met(self) -> list[Order]:
        """Return the orders that wait with us although what they waited for has come, oldest first."""
        return list(self._met.values())

    def all_parents(self) -> Iterator[Order]:
        """Yield the orders that algorithms work, oldest first."""
        return iter(self._parents.values())

    def watching(self, instrument: InstrumentKey) -> list[Order]:
        """Return the held orders whose trigger an instrument's quotes may meet."""
        return list(self._watched.get(instrument, {}).values())

    def may_be_met(self, quote: Quote) -> list[Order]:
        """Return the held orders that a quote may concern: none, where it is far from every trigger."""
        watched = self._watched.get(quote.instrument)
        if not watched:
            return []
        reach = self._reach.get(quote.instrument)
        if reach is None:
            waiting = [(order.terms, order.trigger_price) for order in watched.values()]
            reach = self._reach[quote.instrument] = Reach(waiting)
        if reach.is_met(quote):
            return list(watched.values())
        if reach.follows_market:
            return [one for one in watched.values() if one.terms.order_type is OrderType.TRAILING_STOP]
        return []

    def amended(self, order: Order) -> None:
        """It was changed while it was held."""
        self._reach.pop(order.instrument, None)

    def after(self, order: Order) -> list[Order]:
        """Return the orders that were recorded to follow an order."""
        return list(self._after.get(order.terms.operation_id, {}).values())

    def group(self, terms: OrderTerms) -> list[Order]:
        """Return the orders of the OCO group that terms name, ended ones too; empty where they name none."""
        if not terms.oco_group:
            return []
        return list(self._groups.get((terms.strategy_id, terms.oco_group), {}).values())

    def siblings(self, order: Order) -> list[Order]:
        """Return the other orders of its OCO group, ended ones too; none where all had ended: it may be another's name.

        A late trade of a group that is forgotten must not take back the orders of a new one.
        """
        group = self._groups.get((order.terms.strategy_id, order.terms.oco_group), {})
        return [one for one in group.values() if one is not order] if order.terms.operation_id in group else []

    def reducing(self, strategy: StrategyId, instrument: InstrumentKey) -> list[Order]:
        """Return a strategy's open reduce-only orders of an instrument, the oldest release first."""
        return list(self._reducing.get((strategy, instrument), {}).values())

    def left_by_siblings(self, order: Order) -> Decimal:
        """Return what the trades of its OCO group leave of an order; zero where one of them has filled."""
        siblings = self.siblings(order)
        if any(one.status is OrderStatus.FILLED for one in siblings):
            return ZERO
        return max(order.quantity - sum([one.filled_quantity for one in siblings], ZERO), ZERO)

    def needs(self, order: Order) -> bool:
        """Say whether an order that has ended still matters to one of its OCO group, or to one that follows it."""
        name = order.terms.operation_id
        return name in self._after or name in self._groups.get((order.terms.strategy_id, order.terms.oco_group), {})

    def recorded(self, order: Order) -> None:
        """A new order: remember what it depends on."""
        terms = order.terms
        if terms.oco_group:
            self._groups.setdefault((terms.strategy_id, terms.oco_group), {})[terms.operation_id] = order
        if terms.after_operation_id is not None:
            self._after.setdefault(terms.after_operation_id, {})[terms.operation_id] = order

    def held(self, order: Order) -> None:
        """It waits with us, for the market where it has a trigger."""
        self._held[order.terms.operation_id] = order
        if order.terms.order_type.has_trigger:
            self._watched.setdefault(order.instrument, {})[order.terms.operation_id] = order
            self._reach.pop(order.instrument, None)

    def started(self, order: Order) -> None:
        """An algorithm works it."""
        self._parents[order.terms.operation_id] = order

    def triggered(self, order: Order) -> None:
        """It waits for the market no more."""
        self._stop_watching(order)
        self._met[order.terms.operation_id] = order

    def released(self, order: Order) -> None:
        """It has left us."""
        self._let_go(order)
        if order.terms.reduce_only:
            key = (order.terms.strategy_id, order.instrument)
            self._reducing.setdefault(key, {})[order.terms.operation_id] = order

    def unsent(self, order: Order) -> None:
        """It never left, and waits with us again: what it waited for has come."""
        self._held[order.terms.operation_id] = self._met[order.terms.operation_id] = order
        _discard(self._reducing, (order.terms.strategy_id, order.instrument), order.terms.operation_id)

    def ended(self, order: Order) -> None:
        """It is terminal. A group whose orders have all ended is forgotten, and its name is free again."""
        self._let_go(order)
        terms = order.terms
        group = (terms.strategy_id, terms.oco_group)
        if all(one.status.is_terminal for one in self._groups.get(group, {}).values()):
            self._groups.pop(group, None)
        if terms.after_operation_id is not None:
            _discard(self._after, terms.after_operation_id, terms.operation_id)
        _discard(self._reducing, (terms.strategy_id, order.instrument), terms.operation_id)

    def _let_go(self, order: Order) -> None:
        self._held.pop(order.terms.operation_id, None)
        self._met.pop(order.terms.operation_id, None)
        self._parents.pop(order.terms.operation_id, None)
        self._stop_watching(order)

    def _stop_watching(self, order: Order) -> None:
        _discard(self._watched, order.instrument, order.terms.operation_id)
        self._reach.pop(order.instrument, None)


def _discard[Key](index: dict[Key, _Orders], key: Key, operation_id: OperationId) -> None:
    found = index.get(key)
    if found is not None:
        found.pop(operation_id, None)
        if not found:
            del index[key]
