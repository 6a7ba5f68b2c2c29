"""Read tables made from the journal, and the questions that doors ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ports.history import History
from ports.instruments import Instrument, InstrumentKey
from ports.journal import Entry
from ports.values import Currency, DecisionId, OperationId, OrderStatus, StrategyId, VenueId
from ports.views import OrderView, PositionView


class Projection(Protocol):
    """A follower of the journal with a cursor of its own; can be emptied and made again."""

    async def cursor(self) -> int:
        """Return the last sequence that was taken in; 0 where none was."""

    async def take(self, entries: Sequence[Entry]) -> None:
        """Take in entries that continue the cursor, and move it, in one transaction; repeats are skipped."""

    async def clear(self) -> None:
        """Forget everything: the cursor is 0 again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders to list; None means any. Times are of recording, `from_ns` included, `to_ns` excluded."""

    statuses: frozenset[OrderStatus] | None = None
    strategy_id: StrategyId | None = None
    venue: VenueId | None = None
    instrument: InstrumentKey | None = None
    parent: OperationId | None = None  # only the children of this order
    from_ns: int | None = None
    to_ns: int | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, newest first; `cursor` continues the listing, and is empty where this was the last page."""

    orders: Sequence[OrderView]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """One fact of an order's life as plain data, whatever version it was written in as its newest writes it."""

    seq: int
    ts_ns: int
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """One order and every fact of its life in order; the risk and routing decisions are among them.

    `children` are the orders that its algorithm placed, oldest first, perhaps as of a moment later than the order.
    """

    order: OrderView
    timeline: Sequence[TimelineEvent]
    children: Sequence[OrderView] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnifiedPosition:
    """One instrument over all strategies and accounts, signed; `parts` are what it is made of."""

    instrument: InstrumentKey
    base_asset: Currency
    parts: Sequence[PositionView]


class Queries(History, Protocol):
    """What doors read. `min_sequence` waits, bounded, until the tables have reached it (read your writes).

    Raises (each of them):
        NotYetVisibleError: the tables did not reach `min_sequence` in time.
    """

    async def order(self, operation_id: OperationId, min_sequence: int = 0) -> OrderHistory | None:
        """Return one order with its timeline; None means no such operation id was recorded."""

    async def timelines(
        self, operation_ids: Sequence[OperationId], min_sequence: int = 0
    ) -> Mapping[OperationId, Sequence[TimelineEvent]]:
        """Return the timelines of many orders, each in the order of time; those without one are left out."""

    async def decision(self, decision_id: DecisionId, min_sequence: int = 0) -> OrderHistory | None:
        """Return the order that a decision was on, with its timeline; None means there is no such decision."""

    async def orders(self, where: OrderFilter, limit: int, cursor: str = "", min_sequence: int = 0) -> OrderPage:
        """List orders newest first, `limit` (1 to 1000) a page.

        Raises:
            InvalidInputError: the cursor is not one that this service gave.
        """

    async def positions(self, min_sequence: int = 0) -> Sequence[UnifiedPosition]:
        """Return every position that was ever opened, flat ones included, by instrument key."""

    async def instruments(self) -> Sequence[Instrument]:
        """Return every instrument that a venue lists, by key."""
