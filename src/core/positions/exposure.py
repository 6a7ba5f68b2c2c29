"""Exposure: what is held, and what every open order could still make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.values import ZERO, Side, StrategyId, plain


@dataclass(slots=True)
class Exposure:
    """A position and the open quantity on each side, all in the instrument's unit."""

    position: Decimal = ZERO
    open_buys: Decimal = ZERO
    open_sells: Decimal = ZERO

    @property
    def worst_case(self) -> Decimal:
        """The largest absolute position that open orders can lead to, whatever fills and whatever does not."""
        return max(abs(self.position + self.open_buys), abs(self.position - self.open_sells))

    @property
    def gross(self) -> Decimal:
        """Position and every open order, added up without netting."""
        return abs(self.position) + self.open_buys + self.open_sells

    def with_order(self, side: Side, quantity: Decimal) -> Exposure:
        """Return the exposure as it would be with one more open order."""
        if side is Side.BUY:
            return Exposure(self.position, self.open_buys + quantity, self.open_sells)
        return Exposure(self.position, self.open_buys, self.open_sells + quantity)

    def reserve(self, side: Side, quantity: Decimal) -> None:
        """Add to (or, negative, take from) the open quantity of a side."""
        if side is Side.BUY:
            self.open_buys += quantity
        else:
            self.open_sells += quantity


class ExposureBook:
    """Exposure by strategy and instrument, and by instrument over all strategies."""

    def __init__(self) -> None:
        self._by_strategy: dict[StrategyId, dict[InstrumentKey, Exposure]] = {}
        self._by_instrument: dict[InstrumentKey, Exposure] = {}

    def of_instrument(self, instrument: InstrumentKey) -> Exposure:
        """Return the exposure in one instrument over all strategies (a flat one where there is none)."""
        return self._by_instrument.get(instrument) or Exposure()

    def of(self, strategy: StrategyId, instrument: InstrumentKey) -> Exposure:
        """Return one strategy's exposure in one instrument (a flat one where there is none)."""
        return self.of_strategy(strategy).get(instrument) or Exposure()

    def of_strategy(self, strategy: StrategyId) -> Mapping[InstrumentKey, Exposure]:
        """Return one strategy's exposures by instrument."""
        return self._by_strategy.get(strategy, {})

    def by_instrument(self) -> Mapping[InstrumentKey, Exposure]:
        """Return every exposure by instrument, over all strategies."""
        return self._by_instrument

    def by_strategy(self) -> Iterable[Mapping[InstrumentKey, Exposure]]:
        """Return every strategy's exposures."""
        return self._by_strategy.values()

    def reserve(self, strategy: StrategyId, instrument: InstrumentKey, side: Side, quantity: Decimal) -> None:
        """Add an order's open quantity; negative gives it back."""
        for exposure in self._entries(strategy, instrument):
            exposure.reserve(side, quantity)

    def trade(self, strategy: StrategyId, instrument: InstrumentKey, signed_quantity: Decimal) -> None:
        """Move the position by a trade."""
        for exposure in self._entries(strategy, instrument):
            exposure.position += signed_quantity

    def _entries(self, strategy: StrategyId, instrument: InstrumentKey) -> tuple[Exposure, Exposure]:
        mine = self._by_strategy.setdefault(strategy, {})
        if instrument not in mine:
            mine[instrument] = Exposure()
        if instrument not in self._by_instrument:
            self._by_instrument[instrument] = Exposure()
        return mine[instrument], self._by_instrument[instrument]

    def canonical(self) -> tuple[object, ...]:
        """Return all exposures in one fixed shape."""
        return tuple(
            [
                (strategy, instrument, plain(one.position), plain(one.open_buys), plain(one.open_sells))
                for strategy, mine in sorted(self._by_strategy.items())
                for instrument, one in sorted(mine.items())
            ]
        )
