"""What doors ask of the projections, in the words of no database in particular."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import batched, groupby
from typing import Any, Final, Protocol
from zlib import crc32

from sqlalchemy import Column, Executable, Row, Select, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql.past import position_change, position_changes, settled_break, settled_breaks
from adapters.sql.recall import read_back
from adapters.sql.schema import breaks, instruments, order_events, position_history, positions, unified_orders
from adapters.sql.valuation import Valuation
from adapters.sql.views import listed_instrument, order_view, position_view, timeline_event
from ports.commands import NORMAL
from ports.errors import InvalidInputError, JournalUnavailableError
from ports.history import ChangeFilter, ChangePage, SettledFilter, SettledPage
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import QuoteReader
from ports.projections import OrderFilter, OrderHistory, OrderPage, TimelineEvent, UnifiedPosition
from ports.recall import LoadedOrders, LoadOrders
from ports.values import DecisionId, OperationId, exact
from ports.views import OrderView

MAX_PAGE: Final = 1_000


class Followed(Protocol):
    """Tables that can say when they have taken in a sequence."""

    async def reach(self, seq: int, timeout_s: float) -> None:
        """Return as soon as `seq` has been taken in.

        Raises:
            NotYetVisibleError: it was not, within `timeout_s`.
        """


class SqlQueries:
    """Reads the projections over connections of its own; see `ports.projections.Queries` for what each answers.

    A read waits at most `visible_within_s` for its `min_sequence`, and at most `timeout_s` for the store.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        projections: Followed,
        quotes: QuoteReader,
        valuation: Valuation,
        *,
        visible_within_s: float = 2.0,
        timeout_s: float = 10.0,
    ) -> None:
        self._engine = engine
        self._projections = projections
        self._quotes = quotes
        self._valuation = valuation
        self._visible_within_s = visible_within_s
        self._timeout_s = timeout_s

    async def close(self) -> None:
        """Disconnect; harmless to repeat."""
        await self._engine.dispose()

    async def order(self, operation_id: OperationId, min_sequence: int = 0) -> OrderHistory | None:
        """See `ports.projections.Queries`."""
        await self._projections.reach(min_sequence, self._visible_within_s)
        orders = await self._rows(select(unified_orders).where(unified_orders.c.operation_id == operation_id))
        if not orders:
            return None
        (order,) = orders
        # The timeline only ever grows: up to the order's own last fact, both tell of the same moment.
        timeline = select(order_events).where(
            order_events.c.operation_id == operation_id, order_events.c.seq <= order.updated_seq
        )
        events = await self._rows(timeline.order_by(order_events.c.seq))
        return OrderHistory(
            order_view(order), tuple([timeline_event(event) for event in events]), await self._children(order)
        )

    async def _children(self, order: Row[Any]) -> Sequence[OrderView]:
        if order.exec_algorithm == NORMAL:
            return ()
        placed = _filtered(OrderFilter(parent=OperationId(order.operation_id)))
        rows = await self._rows(placed.order_by(unified_orders.c.created_seq))
        return tuple([order_view(row) for row in rows])

    async def timelines(
        self, operation_ids: Sequence[OperationId], min_sequence: int = 0
    ) -> Mapping[OperationId, Sequence[TimelineEvent]]:
        """See `ports.projections.Queries`."""
        await self._projections.reach(min_sequence, self._visible_within_s)
        found: dict[OperationId, list[TimelineEvent]] = {}
        for some in batched(operation_ids, MAX_PAGE):
            asked = select(order_events).where(order_events.c.operation_id.in_(some)).order_by(order_events.c.seq)
            for row in await self._rows(asked):
                found.setdefault(OperationId(row.operation_id), []).append(timeline_event(row))
        return found

    async def decision(self, decision_id: DecisionId, min_sequence: int = 0) -> OrderHistory | None:
        """See `ports.projections.Queries`."""
        await self._projections.reach(min_sequence, self._visible_within_s)
        named = select(unified_orders.c.operation_id).where(unified_orders.c.decision_id == decision_id)
        found = await self._rows(named.limit(1))
        return await self.order(OperationId(found[0].operation_id)) if found else None

    async def orders(self, where: OrderFilter, limit: int, cursor: str = "", min_sequence: int = 0) -> OrderPage:
        """See `ports.projections.Queries`."""
        asked = _filtered(where).order_by(unified_orders.c.created_seq.desc())
        rows, following = await self._page(asked, unified_orders.c.created_seq, limit, cursor, min_sequence)
        return OrderPage(tuple([order_view(row) for row in rows]), following)

    async def _page(
        self, asked: Select[Any], by: Column[Any], limit: int, cursor: str, min_sequence: int
    ) -> tuple[Sequence[Row[Any]], str]:
        """Return a page of what is `asked`, which is sorted by the column `by`, newest first; and its cursor."""
        if not 1 <= limit <= MAX_PAGE:
            raise InvalidInputError("limit", limit, f"ask for 1 to {MAX_PAGE} a page")
        if cursor:
            asked = asked.where(by < _sequence_of(cursor))
        await self._projections.reach(min_sequence, self._visible_within_s)
        rows = await self._rows(asked.limit(limit + 1))
        following = _cursor_at(getattr(rows[limit - 1], by.name)) if len(rows) > limit else ""
        return rows[:limit], following

    async def settled_breaks(
        self, where: SettledFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> SettledPage:
        """See `ports.history.History`."""
        asked = settled_breaks(where)
        rows, following = await self._page(asked, breaks.c.settled_seq, limit, cursor, min_sequence)
        return SettledPage(tuple([settled_break(row) for row in rows]), following)

    async def position_changes(
        self, where: ChangeFilter, limit: int, cursor: str = "", min_sequence: int = 0
    ) -> ChangePage:
        """See `ports.history.History`."""
        asked = position_changes(where)
        rows, following = await self._page(asked, position_history.c.seq, limit, cursor, min_sequence)
        return ChangePage(tuple([position_change(row) for row in rows]), following)

    async def positions(self, min_sequence: int = 0) -> Sequence[UnifiedPosition]:
        """See `ports.projections.Queries`."""
        await self._projections.reach(min_sequence, self._visible_within_s)
        key = (positions.c.canonical_id, positions.c.account, positions.c.strategy_id)
        rows = await self._rows(select(positions).order_by(*key))
        unified = []
        with exact():
            for canonical_id, parts in groupby(rows, lambda row: str(row.canonical_id)):
                instrument = InstrumentKey(canonical_id)
                quote = self._quotes.latest(instrument)
                views = tuple([position_view(row, quote, self._valuation) for row in parts])
                unified.append(UnifiedPosition(instrument=instrument, base_asset=instrument.base, parts=views))
        return tuple(unified)

    async def instruments(self) -> Sequence[Instrument]:
        """See `ports.projections.Queries`. Where two accounts list one differently, the newest listing counts."""
        rows = await self._rows(select(instruments).order_by(instruments.c.canonical_id, instruments.c.seq))
        newest = {row.canonical_id: row for row in rows}
        return tuple([listed_instrument(row) for row in newest.values()])

    async def load(self, wanted: LoadOrders, min_sequence: int) -> LoadedOrders:
        """See `ports.recall.OrderRecords`."""
        await self._projections.reach(min_sequence, self._visible_within_s)
        return await read_back(self._rows, wanted)

    async def _rows(self, statement: Executable) -> Sequence[Row[Any]]:
        try:
            async with asyncio.timeout(self._timeout_s), self._engine.connect() as connection:
                return (await connection.execute(statement)).all()
        except SQLAlchemyError as error:
            raise JournalUnavailableError(f"the tables did not answer: {error}") from error
        except TimeoutError as silence:
            raise JournalUnavailableError(f"the tables did not answer in {self._timeout_s:g} s") from silence


def _filtered(where: OrderFilter) -> Select[Any]:
    table = unified_orders.c
    statement = select(unified_orders)
    if where.statuses is not None:
        statement = statement.where(table.status.in_(sorted(where.statuses)))
    if where.strategy_id is not None:
        statement = statement.where(table.strategy_id == where.strategy_id)
    if where.venue is not None:
        statement = statement.where(table.venue == where.venue)
    if where.instrument is not None:
        statement = statement.where(table.canonical_id == str(where.instrument))
    if where.parent is not None:
        statement = statement.where(table.parent_operation_id == where.parent)
    if where.from_ns is not None:
        statement = statement.where(table.created_at >= where.from_ns)
    if where.to_ns is not None:
        statement = statement.where(table.created_at < where.to_ns)
    return statement


def _cursor_at(seq: int) -> str:
    return f"{seq:x}.{_check(seq):04x}"


def _sequence_of(cursor: str) -> int:
    try:
        seq = int(cursor.partition(".")[0], 16)
    except ValueError:
        seq = 0
    if seq < 1 or _cursor_at(seq) != cursor:
        raise InvalidInputError("cursor", cursor, "give back the cursor of the page before, as it was")
    return seq


def _check(seq: int) -> int:
    return crc32(f"orders before {seq}".encode()) & 0xFFFF
