"""Exposure: what is held, and what every open order could still make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.values import ZERO, AccountId, Currency, Side, StrategyId, VenueId, plain


@dataclass(slots=True)
class Exposure:
    """A position and the open quantity on each side, all in the instrument's unit.

    `highest` and `lowest` are the positions that it comes to where every open buy fills, and where every open sell
    does; `worst_case` is the larger of them without its sign. They are reckoned when something changes, because every
    order looks at many and changes one.
    """

    position: Decimal = ZERO
    open_buys: Decimal = ZERO
    open_sells: Decimal = ZERO
    highest: Decimal = field(init=False)
    lowest: Decimal = field(init=False)
    worst_case: Decimal = field(init=False)

    def __post_init__(self) -> None:
        self.highest = self.position + self.open_buys
        self.lowest = self.position - self.open_sells
        self.worst_case = max(abs(self.highest), abs(self.lowest))

    def with_order(self, side: Side, quantity: Decimal) -> Exposure:
        """Return the exposure as it would be with one more open order."""
        if side is Side.BUY:
            return Exposure(self.position, self.open_buys + quantity, self.open_sells)
        return Exposure(self.position, self.open_buys, self.open_sells + quantity)

    def worst_with(self, side: Side, quantity: Decimal) -> Decimal:
        """Return the worst case as it would be with one more open order."""
        if side is Side.BUY:
            return max(abs(self.highest + quantity), abs(self.lowest))
        return max(abs(self.highest), abs(self.lowest - quantity))

    def open_on(self, side: Side) -> Decimal:
        """Return the open quantity of a side."""
        return self.open_buys if side is Side.BUY else self.open_sells

    def reserve(self, side: Side, quantity: Decimal) -> None:
        """Add to (or, negative, take from) the open quantity of a side."""
        if side is Side.BUY:
            self.open_buys += quantity
            self.highest += quantity
        else:
            self.open_sells += quantity
            self.lowest -= quantity
        self.worst_case = max(abs(self.highest), abs(self.lowest))

    def move(self, signed_quantity: Decimal) -> None:
        """Move the position by a trade."""
        self.position += signed_quantity
        self.highest += signed_quantity
        self.lowest += signed_quantity
        self.worst_case = max(abs(self.highest), abs(self.lowest))


class ExposureBook:
    """Exposure by strategy, by account, by both, and over everybody, each by instrument."""

    def __init__(self) -> None:
        self._by_account: dict[AccountId, dict[InstrumentKey, Exposure]] = {}
        self._by_venue: dict[VenueId, dict[InstrumentKey, Exposure]] = {}
        self._base_of: dict[InstrumentKey, Currency] = {}
        self._by_strategy: dict[StrategyId, dict[InstrumentKey, Exposure]] = {}
        self._by_holder: dict[tuple[AccountId, StrategyId, InstrumentKey], Exposure] = {}
        self._by_instrument: dict[InstrumentKey, Exposure] = {}
        self._gross: dict[InstrumentKey, Decimal] = {}  # over all strategies, nothing netted between them

    def of_instrument(self, instrument: InstrumentKey) -> Exposure:
        """Return the exposure in one instrument over all strategies (a flat one where there is none)."""
        return self._by_instrument.get(instrument) or Exposure()

    def of(self, strategy: StrategyId, instrument: InstrumentKey) -> Exposure:
        """Return one strategy's exposure in one instrument (a flat one where there is none)."""
        return self.of_strategy(strategy).get(instrument) or Exposure()

    def of_holder(self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey) -> Exposure:
        """Return one strategy's exposure in one instrument of one account (a flat one where there is none).

        What it holds in another account is closed there, and by nothing that is done here.
        """
        return self._by_holder.get((account, strategy, instrument)) or Exposure()

    def of_strategy(self, strategy: StrategyId) -> Mapping[InstrumentKey, Exposure]:
        """Return one strategy's exposures by instrument."""
        return self._by_strategy.get(strategy, {})

    def of_account(self, account: AccountId) -> Mapping[InstrumentKey, Exposure]:
        """Return one account's exposures by instrument, over all strategies."""
        return self._by_account.get(account, {})

    def of_venue(self, venue: VenueId) -> Mapping[InstrumentKey, Exposure]:
        """Return the exposures in one venue's instruments, over all strategies."""
        return self._by_venue.get(venue, {})

    def base_of(self, instrument: InstrumentKey) -> Currency:
        """Return the base asset of an instrument."""
        base = self._base_of.get(instrument)
        return instrument.base if base is None else base

    def by_instrument(self) -> Mapping[InstrumentKey, Exposure]:
        """Return every exposure by instrument, over all strategies."""
        return self._by_instrument

    def gross_by_instrument(self) -> Mapping[InstrumentKey, Decimal]:
        """Return positions and open orders by instrument, added up over strategies without netting."""
        return self._gross

    def reserve(
        self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey, side: Side, quantity: Decimal
    ) -> None:
        """Add an order's open quantity; negative gives it back."""
        for entry in self._entries(account, strategy, instrument):
            entry.reserve(side, quantity)
        self._gross[instrument] += quantity

    def trade(
        self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey, signed_quantity: Decimal
    ) -> None:
        """Move the position by a trade."""
        entries = self._entries(account, strategy, instrument)
        mine = entries[0]
        before = abs(mine.position)
        for entry in entries:
            entry.move(signed_quantity)
        self._gross[instrument] += abs(mine.position) - before

    def _entries(
        self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey
    ) -> tuple[Exposure, Exposure, Exposure, Exposure]:
        """Return what the strategy, everybody, the account, and the strategy in the account have of an instrument."""
        everyone = self._by_instrument.get(instrument)
        if everyone is None:
            everyone = self._by_instrument[instrument] = Exposure()
            self._gross[instrument] = ZERO
            self._by_venue.setdefault(instrument.venue, {})[instrument] = everyone
            self._base_of[instrument] = instrument.base
        holder = (account, strategy, instrument)
        mine = self._by_holder.get(holder)
        if mine is None:
            mine = self._by_holder[holder] = Exposure()
        return (
            _entry(self._by_strategy.setdefault(strategy, {}), instrument),
            everyone,
            _entry(self._by_account.setdefault(account, {}), instrument),
            mine,
        )

    def canonical(self) -> tuple[object, ...]:
        """Return all exposures in one fixed shape."""
        return tuple(
            [
                (strategy, instrument, plain(one.position), plain(one.open_buys), plain(one.open_sells))
                for strategy, mine in sorted(self._by_strategy.items())
                for instrument, one in sorted(mine.items())
            ]
        )


def _entry(held: dict[InstrumentKey, Exposure], instrument: InstrumentKey) -> Exposure:
    entry = held.get(instrument)
    if entry is None:
        entry = held[instrument] = Exposure()
    return entry
