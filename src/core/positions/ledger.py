"""Every position by account, strategy and instrument, from trades and adjustments, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from core.positions.pnl import Holding, after_trade, average_entry_price, position_change
from ports.facts import FundingPaid, OrderFilled, PositionAdjusted, PositionChanged
from ports.instruments import InstrumentKey
from ports.records import maker
from ports.values import ZERO, AccountId, Currency, Money, Price, StrategyId, TradeId, plain

_new_position_changed: Final = maker(PositionChanged)

type PositionKey = tuple[AccountId, StrategyId, InstrumentKey]


@dataclass(slots=True)
class Position:
    """A holding, and the fees paid on it by currency."""

    holding: Holding = field(default_factory=Holding)
    fees: dict[Currency, Decimal] = field(default_factory=dict)


class PositionLedger:
    """The positions. `changed_by` says what a trade will make of one; only `apply` changes anything."""

    def __init__(self) -> None:
        self._positions: dict[PositionKey, Position] = {}

    def __iter__(self) -> Iterator[tuple[PositionKey, Position]]:
        return iter(self._positions.items())

    def changed_by(self, fill: OrderFilled) -> PositionChanged:
        """Return the fact that follows a trade."""
        key = (fill.account, fill.strategy_id, fill.instrument)
        signed = position_change(fill.instrument, fill.side.sign * fill.quantity, fill.fee)
        return self._changed(key, signed, fill.price, fill.fee, fill.trade_id, fill.learnt_ns)

    def adjusted_by(self, adjustment: PositionAdjusted) -> PositionChanged:
        """Return the fact that follows an adjustment."""
        key = (adjustment.account, adjustment.strategy_id, adjustment.instrument)
        fee = Money(adjustment.fee, adjustment.fee_currency) if adjustment.fee else None
        return self._changed(
            key, adjustment.quantity, adjustment.price, fee, adjustment.adjustment_id, adjustment.adjusted_ns
        )

    def paid_by(self, payment: FundingPaid) -> PositionChanged:
        """Return the fact that follows a strategy's share of funding: its realised P&L has it, nothing else changes."""
        key = (payment.account, payment.strategy_id, payment.instrument)
        held = self._positions.get(key) or Position()
        after = replace(held.holding, realized_pnl=held.holding.realized_pnl + payment.amount)
        return _fact_of(key, Position(after, held.fees), payment.funding_id, payment.learnt_ns)

    def held_of(self, account: AccountId, instrument: InstrumentKey) -> dict[StrategyId, Decimal]:
        """Return what every strategy that ever held it has of an instrument in an account."""
        return {
            strategy: position.holding.quantity
            for (where, strategy, what), position in self._positions.items()
            if (where, what) == (account, instrument)
        }

    def quantity(self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey) -> Decimal:
        """Return what a strategy holds of an instrument in an account; negative where short, zero where flat."""
        position = self._positions.get((account, strategy, instrument))
        return ZERO if position is None else position.holding.quantity

    def by_instrument(self, account: AccountId) -> dict[InstrumentKey, Decimal]:
        """Return an account's position in every instrument it ever held, over all strategies."""
        total: dict[InstrumentKey, Decimal] = {}
        for (held_in, _, instrument), position in self._positions.items():
            if held_in == account:
                total[instrument] = total.get(instrument, ZERO) + position.holding.quantity
        return total

    def _changed(
        self, key: PositionKey, signed: Decimal, price: Price, fee: Money | None, trade_id: TradeId, now_ns: int
    ) -> PositionChanged:
        before = self._positions.get(key) or Position()
        after = after_trade(before.holding, key[2], signed, price)
        fees = dict(before.fees)
        if fee is not None:
            fees[fee.currency] = fees.get(fee.currency, ZERO) + fee.amount
        return _fact_of(key, Position(after, fees), trade_id, now_ns)

    def as_fact(self, key: PositionKey, now_ns: int) -> PositionChanged:
        """Return a position as the fact that would say what it is.

        Raises:
            KeyError: there is no such position.
        """
        return _fact_of(key, self._positions[key], TradeId(""), now_ns)

    def apply(self, fact: PositionChanged) -> None:
        """Take over the position as the fact says it is."""
        self._positions[fact.account, fact.strategy_id, fact.instrument] = Position(
            Holding(fact.quantity, fact.open_cash, fact.realized_pnl), dict(fact.fees)
        )

    def canonical(self) -> tuple[object, ...]:
        """Return all positions in one fixed shape."""
        return tuple(
            [
                (*key, plain(held.quantity), plain(held.open_cash), plain(held.realized_pnl), _fees(position.fees))
                for key, position in sorted(self._positions.items())
                for held in (position.holding,)
            ]
        )


def _fact_of(key: PositionKey, position: Position, trade_id: TradeId, now_ns: int) -> PositionChanged:
    account, strategy_id, instrument = key
    held = position.holding
    return _new_position_changed(
        account=account,
        strategy_id=strategy_id,
        instrument=instrument,
        quantity=held.quantity,
        open_cash=held.open_cash,
        average_entry_price=average_entry_price(instrument, held.quantity, held.open_cash),
        realized_pnl=held.realized_pnl,
        fees=dict(position.fees),
        trade_id=trade_id,
        changed_ns=now_ns,
    )


def _fees(fees: dict[Currency, Decimal]) -> tuple[tuple[Currency, str], ...]:
    return tuple([(currency, plain(fees[currency])) for currency in sorted(fees)])
