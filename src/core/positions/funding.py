"""Funding that was booked, and how positions changed lately: what was held when a payment was due, told a bit later."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.positions.ledger import PositionLedger
from ports.facts import FundingPaid
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import FundingReport
from ports.values import ZERO, AccountId, StrategyId, TradeId, plain

_KEPT_NS: Final = 10 * 60 * 1_000_000_000
_MOST_KEPT: Final = 1_000  # of one instrument in one account

type _Move = tuple[int, StrategyId, Decimal]  # when, whose, how much was added


@dataclass(slots=True)
class _Lately:
    moves: list[_Move] = field(default_factory=list)
    known_from_ns: int = 0  # what came before is forgotten


class Funding:
    """Payments by their id, and changes by the venue's time: of ten minutes, a thousand an instrument and account."""

    def __init__(self) -> None:
        self._paid: set[tuple[AccountId, InstrumentKey, TradeId]] = set()
        self._lately: dict[tuple[AccountId, InstrumentKey], _Lately | None] = {}  # None: of spot, which pays none

    def is_booked(self, report: FundingReport) -> bool:
        """Say whether a payment was booked."""
        return (report.account, report.instrument, report.payment_id) in self._paid

    def paid(self, fact: FundingPaid) -> None:
        """A strategy's share of a payment was booked."""
        self._paid.add((fact.account, fact.instrument, fact.payment_id))

    def moved(
        self, account: AccountId, strategy: StrategyId, instrument: InstrumentKey, move: Decimal, at_ns: int
    ) -> None:
        """Remember a change of a position at a venue's time; of spot nobody pays funding."""
        key = (account, instrument)
        if key not in self._lately:
            self._lately[key] = None if instrument.type is InstrumentType.SPOT_PAIR else _Lately()
        lately = self._lately[key]
        if lately is None:
            return
        lately.moves.append((at_ns, strategy, move))
        while lately.moves[0][0] < at_ns - _KEPT_NS or len(lately.moves) > _MOST_KEPT:
            lately.known_from_ns = max(lately.known_from_ns, lately.moves.pop(0)[0])

    def held_at(
        self, ledger: PositionLedger, account: AccountId, instrument: InstrumentKey, at_ns: int
    ) -> dict[StrategyId, Decimal] | None:
        """Return what every strategy held at a venue's time, flat ones left out; None: that is too long ago to know.

        A change of that very moment counts as made before it.
        """
        held = ledger.held_of(account, instrument)
        lately = self._lately.get((account, instrument)) or _Lately()
        if at_ns < lately.known_from_ns:
            return None
        for moved_ns, strategy, move in lately.moves:
            if moved_ns > at_ns:
                held[strategy] = held.get(strategy, ZERO) - move
        return {strategy: quantity for strategy, quantity in held.items() if quantity}

    def canonical(self) -> tuple[object, ...]:
        """Return payments and changes in one fixed shape."""
        changes = [
            (*key, one.known_from_ns, tuple([(at_ns, who, plain(move)) for at_ns, who, move in one.moves]))
            for key, one in sorted(self._lately.items())
            if one is not None
        ]
        return (tuple(sorted(self._paid)), tuple(changes))
