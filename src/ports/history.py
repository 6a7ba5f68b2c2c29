"""What was: breaks that are settled, and what every position was after each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ports.commands import BreakReason
from ports.facts import BreakKind
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, Currency, Principal, StrategyId, TradeId, VenueId


@record
class SettledBreak:
    """A break that was settled: by evidence (`principal` is None) or by a person."""

    break_id: str
    kind: BreakKind
    account: AccountId | None
    instrument: InstrumentKey | None
    detail: str
    opened_ns: int
    settled_ns: int
    how: str
    principal: Principal | None
    reason: BreakReason | None


@record
class PositionChange:
    """What a strategy held of an instrument in an account after one trade or adjustment, `cause`."""

    sequence: int
    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    quantity: Decimal
    average_entry_price: Decimal | None  # None where flat
    realized_pnl: Decimal
    fees: Mapping[Currency, Decimal]
    cause: TradeId
    changed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledFilter:
    """Which settled breaks; None means any. A break is of a venue by its instrument, or by one of `accounts`."""

    kind: BreakKind | None = None
    venue: VenueId | None = None
    accounts: frozenset[AccountId] = frozenset()
    account: AccountId | None = None
    instrument: InstrumentKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFilter:
    """Which changes of positions; None means any. `from_ns` is included, `to_ns` excluded."""

    instrument: InstrumentKey | None = None
    strategy_id: StrategyId | None = None
    account: AccountId | None = None
    venue: VenueId | None = None
    from_ns: int | None = None
    to_ns: int | None = None


@dataclass(frozen=True, slots=True)
class SettledPage:
    """Settled breaks, those settled last first; `cursor` continues, and is empty where this was the last page."""

    breaks: Sequence[SettledBreak]
    cursor: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes of positions, newest first; `cursor` continues, and is empty where this was the last page."""

    changes: Sequence[PositionChange]
    cursor: str


class History(Protocol):
    """What doors ask of the past. `min_sequence` waits, bounded, until the tables have reached it.

    Raises (each of them):
        NotYetVisibleError: the tables did not reach `min_sequence` in time.
        InvalidInputError: the cursor is not one that this service gave, or the page is too large.
    """

    async def settled_breaks(
        self, where: SettledFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> SettledPage:
        """List settled breaks, those settled last first, `limit` (1 to 1000) a page."""

    async def position_changes(
        self, where: ChangeFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> ChangePage:
        """List what positions were after each change, newest first, `limit` (1 to 1000) a page."""
