"""Every position by account, strategy and instrument, from trades and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from core.positions.pnl import Holding, after_trade, average_entry_price
from ports.facts import OrderFilled, PositionChanged
from ports.instruments import InstrumentKey
from ports.values import ZERO, AccountId, Currency, StrategyId, TradeId, plain

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
        before = self._positions.get((fill.account, fill.strategy_id, fill.instrument)) or Position()
        after = after_trade(before.holding, fill.instrument, fill.side.sign * fill.quantity, fill.price)
        fees = dict(before.fees)
        fees[fill.fee.currency] = fees.get(fill.fee.currency, ZERO) + fill.fee.amount
        return PositionChanged(
            account=fill.account,
            strategy_id=fill.strategy_id,
            instrument=fill.instrument,
            quantity=after.quantity,
            open_cash=after.open_cash,
            average_entry_price=average_entry_price(fill.instrument, after.quantity, after.open_cash),
            realized_pnl=after.realized_pnl,
            fees=fees,
            trade_id=fill.trade_id,
            changed_ns=fill.learnt_ns,
        )

    def as_fact(self, key: PositionKey, now_ns: int) -> PositionChanged:
        """Return a position as the fact that would say what it is.

        Raises:
            KeyError: there is no such position.
        """
        account, strategy_id, instrument = key
        held = self._positions[key].holding
        return PositionChanged(
            account=account,
            strategy_id=strategy_id,
            instrument=instrument,
            quantity=held.quantity,
            open_cash=held.open_cash,
            average_entry_price=average_entry_price(instrument, held.quantity, held.open_cash),
            realized_pnl=held.realized_pnl,
            fees=dict(self._positions[key].fees),
            trade_id=TradeId(""),
            changed_ns=now_ns,
        )

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


def _fees(fees: dict[Currency, Decimal]) -> tuple[tuple[Currency, str], ...]:
    return tuple([(currency, plain(fees[currency])) for currency in sorted(fees)])
