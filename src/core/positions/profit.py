"""Profit and loss in USD of a strategy and of all, and how it stood at the day's start and at its highest since.

P&L is every cash flow of a position (realised, open and fees) and what its quantity is worth at the mark, so it is
kept as sums by currency; what is valued is one quantity an instrument, however many strategies and accounts hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.market.view import MarketView
from core.positions.exposure import Exposure, ExposureBook
from ports.facts import PnlMarked, PositionChanged
from ports.instruments import InstrumentKey
from ports.values import ZERO, AccountId, Currency, StrategyId, divide, multiply_rounded, plain

EVERYBODY: Final = StrategyId("")
DAY_NS: Final = 24 * 60 * 60 * 1_000_000_000

type _Key = tuple[AccountId, StrategyId, InstrumentKey]
type _Cash = dict[Currency, Decimal]


def day_of(now_ns: int) -> int:
    """Return when the UTC day of `now_ns` began."""
    return now_ns - now_ns % DAY_NS


class Profit:
    """Cash of every strategy and of all, and the marks of the day."""

    def __init__(self, exposure: ExposureBook, market: MarketView) -> None:
        self._exposure = exposure
        self._market = market
        self._cash: dict[StrategyId, _Cash] = {EVERYBODY: {}}
        self._parts: dict[_Key, _Cash] = {}
        self._marks: dict[StrategyId, PnlMarked] = {}
        self._day_ends_ns = 0

    def changed(self, fact: PositionChanged) -> None:
        """A position is as the fact says: its cash takes the place of what it was."""
        key = (fact.account, fact.strategy_id, fact.instrument)
        instrument = fact.instrument
        settlement = instrument.settlement
        now = {currency: -amount for currency, amount in fact.fees.items()}
        now[settlement] = now.get(settlement, ZERO) + fact.realized_pnl + fact.open_cash
        before = self._parts.get(key, {})
        self._parts[key] = now
        for cash in (self._cash[EVERYBODY], self._cash.setdefault(fact.strategy_id, {})):
            for currency in {*now, *before}:
                cash[currency] = cash.get(currency, ZERO) + now.get(currency, ZERO) - before.get(currency, ZERO)

    def marked(self, fact: PnlMarked) -> None:
        """Remember how a day began, or how high it came."""
        self._marks[fact.strategy_id] = fact

    def is_new_day(self, now_ns: int) -> bool:
        """Say whether the day of `now_ns` is another than at the last call: its start is to be marked then."""
        if now_ns < self._day_ends_ns:
            return False
        self._day_ends_ns = day_of(now_ns) + DAY_NS
        return True

    def strategies(self) -> list[StrategyId]:
        """Return every strategy that ever traded, by name."""
        return sorted(self._cash.keys() - {EVERYBODY})

    def mark(self, strategy: StrategyId, now_ns: int) -> PnlMarked | None:
        """Return the mark of a strategy (or EVERYBODY) for the day of `now_ns`; None: not marked yet."""
        mark = self._marks.get(strategy)
        return mark if mark is not None and mark.day_start_ns == day_of(now_ns) else None

    def pnl_usd(self, strategy: StrategyId) -> Decimal | None:
        """Return the P&L of a strategy (or EVERYBODY) to date at newest marks; None where a part has no price."""
        held = self._exposure.by_instrument() if strategy == EVERYBODY else self._exposure.of_strategy(strategy)
        total = self._cash_usd(self._cash.get(strategy, {}))
        return None if total is None else self._with_holdings(total, held)

    def _cash_usd(self, cash: Mapping[Currency, Decimal]) -> Decimal | None:
        total = ZERO
        for currency, amount in cash.items():
            if not amount:
                continue
            rate = self._market.usd_per(currency)
            if rate is None:
                return None
            total += amount * rate
        return total

    def _with_holdings(self, total: Decimal, held: Mapping[InstrumentKey, Exposure]) -> Decimal | None:
        for instrument, exposure in held.items():
            if not (quantity := exposure.position):
                continue
            worth = self._worth_usd(instrument, quantity)
            if worth is None:
                return None
            total += worth
        return total

    def _worth_usd(self, instrument: InstrumentKey, quantity: Decimal) -> Decimal | None:
        if not self._market.shape(instrument)[0]:
            unit_usd = self._market.unit_usd(instrument)
            return None if unit_usd is None else quantity * unit_usd
        mark, rate = self._market.mark(instrument), self._market.usd_per(instrument.settlement)
        if mark is None or rate is None:
            return None
        if instrument.is_inverse:
            return divide(-quantity, mark) * rate
        return multiply_rounded(quantity * mark, rate)  # an option is worth its own price, whatever limits count it as

    def canonical(self) -> tuple[object, ...]:
        """Return cash and marks in one fixed shape."""
        return (
            tuple(
                [
                    (strategy, tuple([(currency, plain(cash[currency])) for currency in sorted(cash)]))
                    for strategy, cash in sorted(self._cash.items())
                ]
            ),
            tuple(
                [
                    (strategy, mark.day_start_ns, plain(mark.start_usd), plain(mark.peak_usd))
                    for strategy, mark in sorted(self._marks.items())
                ]
            ),
        )
