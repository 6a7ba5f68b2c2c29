"""Both databases under one test: the same questions asked behind the adapter's back, and the same damage done."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from adapters.sql import (
    Database,
    PostgresAddress,
    PostgresDatabase,
    PostgresProjections,
    PostgresQueries,
    SqliteDatabase,
    SqliteProjections,
    SqliteQueries,
    Valuation,
)
from adapters.sql.queries import Followed
from adapters.sql.schema import PROJECTION_TABLES
from ports.market_data import QuoteReader
from ports.values import plain

from fakes.postgres import behind, behind_all
from fakes.sqlite import migrated

type Writer = SqliteProjections | PostgresProjections
type Asker = SqliteQueries | PostgresQueries
type Rows = list[dict[str, Any]]


class Bed(Protocol):
    """One database with its tables. Statements are written with `?`, and mean the same on both."""

    @property
    def database(self) -> Database:
        """Return the database."""

    def writer(self, valuation: Valuation) -> Writer:
        """Return the tables for writing, which give up at once where another one has them."""

    def asker(self, followed: Followed, quotes: QuoteReader, valuation: Valuation) -> Asker:
        """Return questions that wait for a sequence for a moment only."""

    def tables(self, statement: str, *arguments: Any) -> Rows:
        """Run a statement on the read tables; numbers and JSON come as text."""

    def every(self, statements: Sequence[str]) -> list[Rows]:
        """Run statements on the read tables, as `tables` does, and return the rows of each."""

    def journal(self, statement: str, *arguments: Any) -> Rows:
        """Run a statement on the journal."""

    def refuse(self, table: str | None) -> None:
        """Let the store refuse rows of a read table; None: no more."""


def stored(bed: Bed) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all read tables."""
    names = [table.name for table in PROJECTION_TABLES.sorted_tables]
    found = bed.every([f"SELECT * FROM {name}" for name in names])  # noqa: S608 - names of our own tables
    return {
        name: sorted([tuple(row.values()) for row in rows], key=repr) for name, rows in zip(names, found, strict=True)
    }


class SqliteBed:
    """Two files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.files = migrated(folder)
        self.database = SqliteDatabase(self.files)

    def writer(self, valuation: Valuation) -> SqliteProjections:
        return self.database.tables(valuation)

    def asker(self, followed: Followed, quotes: QuoteReader, valuation: Valuation) -> SqliteQueries:
        return SqliteQueries(self.files.projections, followed, quotes, valuation, visible_within_s=0.05)

    def tables(self, statement: str, *arguments: Any) -> Rows:
        return self._run(self.files.projections, statement, arguments)

    def every(self, statements: Sequence[str]) -> list[Rows]:
        return [self.tables(statement) for statement in statements]

    def journal(self, statement: str, *arguments: Any) -> Rows:
        return self._run(self.files.journal, statement, arguments)

    def refuse(self, table: str | None) -> None:
        self.tables("DROP TRIGGER IF EXISTS refusal")
        if table is not None:
            self.tables(
                f"CREATE TRIGGER refusal BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )

    def _run(self, path: Path, statement: str, arguments: tuple[Any, ...]) -> Rows:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, arguments).fetchall()]


class PostgresBed:
    """One database of a real server; whatever its tables held is forgotten."""

    def __init__(self, address: PostgresAddress) -> None:
        self.address = address
        self.database = PostgresDatabase(address)
        # Not TRUNCATE, which makes some thirty files anew: examples by the hundred, found and shrunk, wait for this.
        names = ("journal", "journal_segments", *PROJECTION_TABLES.tables)
        behind_all(address, [f"DELETE FROM {name}" for name in names])  # noqa: S608 - names of our own tables

    def writer(self, valuation: Valuation) -> PostgresProjections:
        return PostgresProjections(self.address, valuation, takeover_s=0)

    def asker(self, followed: Followed, quotes: QuoteReader, valuation: Valuation) -> PostgresQueries:
        return PostgresQueries(self.address, followed, quotes, valuation, visible_within_s=0.05)

    def tables(self, statement: str, *arguments: Any) -> Rows:
        numbers = iter(range(1, len(arguments) + 1))
        text = re.sub(r"\?", lambda _: f"${next(numbers)}", statement)
        return _as_texts(behind(self.address, text, *arguments))

    def every(self, statements: Sequence[str]) -> list[Rows]:
        return [_as_texts(rows) for rows in behind_all(self.address, statements)]

    def journal(self, statement: str, *arguments: Any) -> Rows:
        return self.tables(statement, *arguments)

    def refuse(self, table: str | None) -> None:
        for each in PROJECTION_TABLES.tables:
            self.tables(f"DROP TRIGGER IF EXISTS refusal ON {each}")
        if table is not None:
            self.tables(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
            )
            self.tables(f"CREATE TRIGGER refusal BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()")


def _as_texts(rows: Rows) -> Rows:
    return [{name: _as_text(value) for name, value in row.items()} for row in rows]


def _as_text(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value
