"""Writing the projections' tables on PostgreSQL: a batch of entries is one transaction, the cursor in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from adapters.sql.positions import Part, unified_row
from adapters.sql.rows import Changes, Columns
from adapters.sql.schema import PROJECTION_TABLES, unified_positions
from adapters.sql.statements import POSTGRES, Statement
from adapters.sql.valuation import Valuation
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.values import exact

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_CURSOR: Final = "SELECT seq FROM projection_cursor"
_MOVE: Final = (
    "INSERT INTO projection_cursor (name, seq) VALUES ('journal', $1)"
    " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
)
# The same text that `rows.with_fill` makes of fills which came together with their order.
_ADD_FILL: Final = (
    "UPDATE unified_orders SET fills = (CASE fills::text WHEN '[]' THEN '['"
    " ELSE left(fills::text, -1) || ',' END || $1::text || ']')::json WHERE operation_id = $2"
)
_PARTS: Final = (
    "SELECT canonical_id, quantity, open_cash, realized_pnl, updated_at FROM positions WHERE canonical_id = ANY($1)"
)
_LAST_PRICES: Final = (
    "SELECT key, (SELECT price FROM fills WHERE canonical_id = key ORDER BY seq DESC LIMIT 1) AS price"
    " FROM unnest($1::text[]) AS key"
)
_NUL, _UNPRINTABLE = "\x00", "\ufffd"  # the one character that PostgreSQL's text cannot hold; JSON escapes it


class PostgresTables:
    """The tables that `connection` sees; it holds nothing else, so a batch that failed leaves nothing behind.

    Methods raise what the driver raises.
    """

    def __init__(self, connection: Connection, valuation: Valuation) -> None:
        self._connection = connection
        self._valuation = valuation

    async def cursor(self) -> int:
        """Return the last sequence that was taken in; 0 where none was."""
        return await self._connection.fetchval(_CURSOR) or 0

    async def clear(self) -> int:
        """Forget everything, and return the cursor."""
        async with self._connection.transaction():
            for table in PROJECTION_TABLES.sorted_tables:
                await self._connection.execute(str(table.delete()))
        return 0

    async def take(self, entries: Sequence[Entry]) -> int:
        """Take in what comes after the cursor, and return where it is then.

        Raises:
            ValueError: the entries leave a hole; none was taken in.
        """
        async with self._connection.transaction():
            changes = Changes()
            cursor = changes.add_after(await self.cursor(), entries)
            await self._write(changes)
            await self._connection.execute(_MOVE, cursor)
        return cursor

    async def _write(self, changes: Changes) -> None:
        for statement, rows in POSTGRES.of(changes):
            await self._many(statement, rows)
        if changes.order_fills:
            added = [(fill, _storable(order)) for order, fill in changes.order_fills]
            await self._connection.executemany(_ADD_FILL, added)
        await self._many(POSTGRES.upsert_into(unified_positions), await self._unified(list(changes.traded)))

    async def _many(self, statement: Statement, rows: Iterable[Columns]) -> None:
        bound = [tuple([_storable(value) for value in row]) for row in statement.bind(rows)]
        if bound:
            await self._connection.executemany(statement.text, bound)

    async def _unified(self, traded: list[str]) -> list[Columns]:
        if not traded:
            return []
        parts: dict[str, list[Part]] = {}
        for instrument, *part in await self._connection.fetch(_PARTS, traded):
            parts.setdefault(instrument, []).append(Part(*part))
        prices: dict[str, Decimal | None] = dict(await self._connection.fetch(_LAST_PRICES, traded))
        with exact():
            return [
                unified_row(InstrumentKey(instrument), parts[instrument], prices[instrument], self._valuation)
                for instrument in traded
                if instrument in parts
            ]


def _storable(value: Any) -> Any:
    if isinstance(value, str) and _NUL in value:
        return value.replace(_NUL, _UNPRINTABLE)
    return value
