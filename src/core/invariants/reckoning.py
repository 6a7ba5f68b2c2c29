"""Exposure reckoned from facts alone, in fractions: what limits are compared with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    Fact,
    HeldOrderAmended,
    OrderAmended,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    OrderUnsent,
    PositionAdjusted,
    status_after,
)
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import AccountId, OperationId, Side, StrategyId


@dataclass(slots=True)
class OrderTold:
    """One order, as facts tell of it."""

    strategy: StrategyId
    instrument: InstrumentKey
    side: Side
    quantity: Fraction
    reduce_only: bool = False
    account: AccountId | None = None  # where it was released
    filled: Fraction = Fraction(0)
    wanted: Fraction | None = None  # by an amend that is not answered
    is_open: bool = False

    @property
    def reserved(self) -> Fraction:
        """What it may still trade."""
        most = self.quantity if self.wanted is None else max(self.quantity, self.wanted)
        return max(most - self.filled, Fraction(0)) if self.is_open else Fraction(0)


class Held:
    """A position with what open orders may still add and take."""

    __slots__ = ("buys", "position", "sells")

    def __init__(self) -> None:
        self.position = self.buys = self.sells = Fraction(0)

    def worst(self, side: Side, quantity: Fraction) -> Fraction:
        """The largest absolute position that can come of it, one more order counted."""
        buys = self.buys + (quantity if side is Side.BUY else Fraction(0))
        sells = self.sells + (quantity if side is Side.SELL else Fraction(0))
        return max(abs(self.position + filled) for filled in (Fraction(0), buys, -sells))

    @property
    def gross(self) -> Fraction:
        """Everything added up, nothing netted."""
        return abs(self.position) + self.buys + self.sells


class Reckoning:
    """Orders, positions and last trades, from the facts taken so far."""

    def __init__(self) -> None:
        self.orders: dict[OperationId, OrderTold] = {}
        self.by_instrument: defaultdict[InstrumentKey, Held] = defaultdict(Held)
        self.by_strategy: defaultdict[StrategyId, dict[InstrumentKey, Held]] = defaultdict(dict)
        self.by_holder: defaultdict[tuple[AccountId, StrategyId, InstrumentKey], Held] = defaultdict(Held)
        self.last_trades: dict[InstrumentKey, Fraction] = {}

    def take(self, fact: Fact) -> None:
        """Count one fact in."""
        if isinstance(fact, OrderRecorded):
            terms = fact.terms
            self.orders[fact.operation_id] = OrderTold(
                terms.strategy_id, terms.instrument, terms.side, Fraction(terms.quantity), terms.reduce_only
            )
            return
        if isinstance(fact, PositionAdjusted):
            self._move(fact.account, fact.strategy_id, fact.instrument, Fraction(fact.quantity))
        operation_id = getattr(fact, "operation_id", None)
        order = self.orders.get(operation_id) if operation_id is not None else None
        before = Fraction(0) if order is None else order.reserved
        if isinstance(fact, OrderFilled):
            self._traded(fact)
            if order is not None:
                order.filled += Fraction(fact.quantity)
        if order is None:
            return
        _amend(order, fact)
        if isinstance(fact, OrderReleased):
            order.account, order.instrument, order.is_open = fact.account, fact.instrument, True
        if isinstance(fact, OrderUnsent):
            order.quantity, order.is_open = Fraction(fact.quantity), False
        status = status_after(fact)
        if status is not None and status.is_terminal:
            order.is_open = False
        self._reserve(order, order.reserved - before)

    def held(self, strategy: StrategyId, instrument: InstrumentKey) -> Held:
        """What a strategy holds of an instrument."""
        return self.by_strategy[strategy].setdefault(instrument, Held())

    def reducible(self, order: OrderTold, account: AccountId, instrument: InstrumentKey) -> Fraction:
        """What a reduce-only order may close: what its strategy holds there, less what others of its kind may."""
        where = (account, order.strategy, instrument, order.side)
        others = [
            one.reserved
            for one in self.orders.values()
            if one.reduce_only and (one.account, one.strategy, one.instrument, one.side) == where
        ]
        held = self.by_holder[account, order.strategy, instrument]
        return -order.side.sign * held.position - sum(others, Fraction(0))

    def shrinks(self, order: OrderTold, account: AccountId, instrument: InstrumentKey) -> bool:
        """Whether its strategy's position there comes nearer to zero, even where all else of its side fills too."""
        held = self.by_holder[account, order.strategy, instrument]
        closing = held.buys if order.side is Side.BUY else held.sells
        return order.quantity <= -order.side.sign * held.position - closing

    def instruments_of(self, strategy: StrategyId | None) -> set[InstrumentKey]:
        """What a strategy (None: anybody) holds or may come to hold."""
        held = self.by_instrument if strategy is None else self.by_strategy[strategy]
        return {instrument for instrument, one in held.items() if one.gross}

    def gross(self, instrument: InstrumentKey) -> Fraction:
        """What all strategies hold and may come to hold of an instrument, nothing netted."""
        return sum((held[instrument].gross for held in self.by_strategy.values() if instrument in held), Fraction(0))

    def _traded(self, fill: OrderFilled) -> None:
        self._move(fill.account, fill.strategy_id, fill.instrument, moved_by(fill))
        self.last_trades[fill.instrument] = Fraction(fill.price)

    def _move(self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey, signed: Fraction) -> None:
        self.by_holder[account, strategy, instrument].position += signed
        self.by_instrument[instrument].position += signed
        self.held(strategy, instrument).position += signed

    def _reserve(self, order: OrderTold, more: Fraction) -> None:
        if order.account is None:
            return  # never released: it reserves nothing
        holder = self.by_holder[order.account, order.strategy, order.instrument]
        for held in (self.by_instrument[order.instrument], self.held(order.strategy, order.instrument), holder):
            if order.side is Side.BUY:
                held.buys += more
            else:
                held.sells += more


def moved_by(fill: OrderFilled) -> Fraction:
    """What a trade adds to a position: of a spot pair, less a fee that was paid in its base asset."""
    signed = fill.side.sign * Fraction(fill.quantity)
    is_spot = fill.instrument.type is InstrumentType.SPOT_PAIR
    return signed - Fraction(fill.fee.amount) if is_spot and fill.fee.currency == fill.instrument.base else signed


def _amend(order: OrderTold, fact: Fact) -> None:
    match fact:
        case AmendRequested():
            order.wanted = Fraction(fact.quantity)
        case AmendWasRefused():
            order.wanted = None
        case OrderAmended():
            order.quantity, order.wanted = Fraction(fact.quantity), None
        case HeldOrderAmended() | OrderReleased() if fact.quantity is not None:
            order.quantity = Fraction(fact.quantity)
        case _:
            pass
