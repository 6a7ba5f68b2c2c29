"""Writing the projections' tables on SQLite: a batch of entries is one transaction, the cursor in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from adapters.sql.positions import Part, unified_row
from adapters.sql.revisions import check_revision
from adapters.sql.rows import Changes, Columns
from adapters.sql.schema import PROJECTION_TABLES, PROJECTIONS_REVISION, unified_positions
from adapters.sql.sqlite_connection import BUSY_TIMEOUT_S, REVISION_QUERY, address
from adapters.sql.statements import SQLITE, Statement
from adapters.sql.valuation import Valuation
from ports.errors import JournalUnavailableError
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.values import exact

_CURSOR: Final = "SELECT seq FROM projection_cursor"
_MOVE: Final = (
    "INSERT INTO projection_cursor (name, seq) VALUES ('journal', ?)"
    " ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
)
# The same text that `rows.with_fill` makes of fills which came together with their order.
_ADD_FILL: Final = (
    "UPDATE unified_orders SET fills = CASE fills WHEN '[]' THEN '['"
    " ELSE substr(fills, 1, length(fills) - 1) || ',' END || ? || ']' WHERE operation_id = ?"
)
_PARTS: Final = "SELECT quantity, open_cash, realized_pnl, updated_at FROM positions WHERE canonical_id = ?"
_LAST_PRICE: Final = "SELECT price FROM fills WHERE canonical_id = ? ORDER BY seq DESC LIMIT 1"


class SqliteTables:
    """The tables in the file `path`, for the one thread that writes them.

    It holds the connection and nothing else, so a batch that failed leaves nothing behind. Methods raise
    `sqlite3.Error` where the store fails.
    """

    def __init__(self, path: Path, valuation: Valuation) -> None:
        self._path = path
        self._valuation = valuation
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Connect, and refuse tables of another version."""
        self._connection = sqlite3.connect(
            address(self._path), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=128
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        # What a power loss takes from these tables is taken in again from the journal: the cursor goes with it.
        self._connection.execute("PRAGMA synchronous = NORMAL")
        found = self._connection.execute(REVISION_QUERY).fetchone()
        check_revision(self._path, found[0] if found else None, PROJECTIONS_REVISION)

    def close(self) -> None:
        """Disconnect; harmless to repeat."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def cursor(self) -> int:
        """Return the last sequence that was taken in; 0 where none was."""
        row = self._opened().execute(_CURSOR).fetchone()
        return int(row[0]) if row else 0

    def clear(self) -> int:
        """Forget everything, and return the cursor."""
        connection = self._opened()
        with _Transaction(connection):
            for table in PROJECTION_TABLES.sorted_tables:
                connection.execute(str(table.delete()))
        return 0

    def take(self, entries: Sequence[Entry]) -> int:
        """Take in what comes after the cursor, and return where it is then.

        Raises:
            ValueError: the entries leave a hole; none was taken in.
        """
        connection = self._opened()
        with _Transaction(connection):
            changes = Changes()
            cursor = changes.add_after(self.cursor(), entries)
            self._write(connection, changes)
            connection.execute(_MOVE, (cursor,))
        return cursor

    def _write(self, connection: sqlite3.Connection, changes: Changes) -> None:
        for statement, rows in SQLITE.of(changes):
            _many(connection, statement, rows)
        if changes.order_fills:
            connection.executemany(_ADD_FILL, [(fill, operation_id) for operation_id, fill in changes.order_fills])
        with exact():
            _many(connection, SQLITE.upsert_into(unified_positions), self._unified(connection, changes.traded))

    def _unified(self, connection: sqlite3.Connection, traded: Iterable[str]) -> list[Columns]:
        rows = []
        for instrument in traded:
            parts = [
                Part(Decimal(quantity), Decimal(open_cash), Decimal(realized), updated_at)
                for quantity, open_cash, realized, updated_at in connection.execute(_PARTS, (instrument,))
            ]
            price = connection.execute(_LAST_PRICE, (instrument,)).fetchone()
            if parts:
                last_price = None if price is None else Decimal(price[0])
                rows.append(unified_row(InstrumentKey(instrument), parts, last_price, self._valuation))
        return rows

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalUnavailableError(f"{self._path}: not open")
        return self._connection


class _Transaction:
    """All or nothing; whatever goes wrong is rolled back and raised again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise
        else:
            self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite itself rolls back where the disk fails
            self._connection.execute("ROLLBACK")


def _many(connection: sqlite3.Connection, statement: Statement, rows: Iterable[Columns]) -> None:
    bound = statement.bind(rows)
    if bound:
        connection.executemany(statement.text, bound)
