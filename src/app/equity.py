"""The equity curve: what all positions are worth in USD, at every trade and every sample in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.positions.pnl import unrealized_pnl
from ports.facts import OrderFilled, PositionChanged
from ports.instruments import InstrumentKey, InstrumentType
from ports.journal import Entry
from ports.results import EquityRow
from ports.values import ZERO, AccountId, Currency, StrategyId, exact, multiply_rounded

type Marks = Mapping[InstrumentKey, Decimal]
type PositionKey = tuple[AccountId, StrategyId, InstrumentKey]


@dataclass(frozen=True, slots=True)
class MarkSample:
    """What a unit of each held instrument was worth at one moment."""

    at_ns: int
    marks: Marks


class EquityCurve:
    """Folds trades and samples into points. A trade marks its instrument at its own price.

    Points are in USD; a currency is valued at `usd_per`, or by the mark of an instrument that prices it in such a
    currency; a position that cannot be valued counts with its realised P&L alone. `position` and `price` are those
    of the one instrument held; with several there is no such number, and they are 0 and None. Realised P&L and fees
    are the session's own; what `opening` positions had gained before counts in neither.
    """

    def __init__(
        self, start_value_usd: Decimal, usd_per: Mapping[str, Decimal], opening: Iterable[PositionChanged], marks: Marks
    ) -> None:
        self._start_value_usd = start_value_usd
        self._usd_per = usd_per
        self._marks = dict(marks)
        self._positions: dict[PositionKey, PositionChanged] = {}
        self._realized_before = self._unrealized_before = self._fees_before = ZERO  # earlier sessions' are not ours
        for position in opening:
            self._take(position)
        with exact():
            point = self._point(0)
        self._realized_before, self._fees_before = point.realized_pnl, point.fees
        self._unrealized_before = point.unrealized_pnl

    def points(self, entries: Iterable[Entry], samples: Iterable[MarkSample]) -> Iterator[EquityRow]:
        """Yield a point after every trade and every sample, in order of time."""
        waiting = iter(samples)
        sample = next(waiting, None)
        with exact():
            for entry in entries:
                while sample is not None and sample.at_ns <= entry.ts_ns:
                    self._marks.update(sample.marks)
                    yield self._point(sample.at_ns)
                    sample = next(waiting, None)
                if isinstance(entry.fact, OrderFilled):
                    self._marks[entry.fact.instrument] = entry.fact.price
                elif isinstance(entry.fact, PositionChanged):
                    self._take(entry.fact)
                    yield self._point(entry.ts_ns)
            while sample is not None:
                self._marks.update(sample.marks)
                yield self._point(sample.at_ns)
                sample = next(waiting, None)

    def _take(self, position: PositionChanged) -> None:
        self._positions[position.account, position.strategy_id, position.instrument] = position

    def _point(self, at_ns: int) -> EquityRow:
        realized = unrealized = fees = gross = net = ZERO
        for position in self._positions.values():
            instrument = position.instrument
            settlement = instrument.settlement
            realized += self._usd(position.realized_pnl, settlement)
            fees += sum((self._usd(amount, currency) for currency, amount in position.fees.items()), ZERO)
            mark = self._marks.get(instrument)
            if mark is not None and position.quantity:
                profit = unrealized_pnl(instrument, position.quantity, position.open_cash, mark)
                unrealized += self._usd(profit, settlement)
                notional = self._notional_usd(instrument, position.quantity, mark)
                gross += abs(notional)
                net += notional
        realized -= self._realized_before
        fees -= self._fees_before
        held = {instrument for _, _, instrument in self._positions}
        only = next(iter(held)) if len(held) == 1 else None
        return EquityRow(
            timestamp_ns=at_ns,
            portfolio_value=self._start_value_usd + realized + unrealized - self._unrealized_before - fees,
            realized_pnl=realized,
            unrealized_pnl=unrealized,
            position=sum((one.quantity for one in self._positions.values()), ZERO) if only else ZERO,
            price=self._marks.get(only) if only else None,
            exposure_gross=gross,
            exposure_net=net,
            fees=fees,
        )

    def _notional_usd(self, instrument: InstrumentKey, quantity: Decimal, mark: Decimal) -> Decimal:
        if instrument.type is InstrumentType.OPTION:
            return self._usd(quantity, instrument.base)  # the whole underlying, as limits count it
        size = quantity if instrument.is_inverse else multiply_rounded(quantity, mark)
        return self._usd(size, instrument.quote)

    def _usd(self, amount: Decimal, currency: Currency) -> Decimal:
        rate = self._usd_per.get(currency)
        if rate is None:
            rate = next(
                (
                    multiply_rounded(mark, self._usd_per[key.quote])
                    for key, mark in self._marks.items()
                    if key.base == currency and key.quote in self._usd_per and key.type is not InstrumentType.OPTION
                ),
                ZERO,
            )
        return multiply_rounded(amount, rate)


def max_drawdown(points: Iterable[EquityRow]) -> Decimal:
    """Return the largest fall of the portfolio's value from an earlier high, in USD; 0 where it never fell."""
    high: Decimal | None = None
    worst = ZERO
    with exact():
        for point in points:
            high = point.portfolio_value if high is None else max(high, point.portfolio_value)
            worst = max(worst, high - point.portfolio_value)
    return worst
