"""Comparing the tables with what the journal says they should be, on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Table

from adapters.sql.archived import OpenArchive, no_archive
from adapters.sql.files import SqliteFiles
from adapters.sql.migrating import PROJECTIONS
from adapters.sql.rebuilding import catch_up
from adapters.sql.revisions import check_revision
from adapters.sql.schema import PROJECTION_TABLES
from adapters.sql.sqlite_connection import BUSY_TIMEOUT_S, REVISION_QUERY, address, failure
from adapters.sql.sqlite_projections import SqliteProjections
from adapters.sql.sqlite_reader import SqliteJournalReader
from adapters.sql.upgrading import upgrade_file
from adapters.sql.valuation import Valuation

NAMED_AT_MOST: Final = 20  # differences that are named, a table; all are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows of a table are not what the journal says, and the keys of the first of them."""

    table: str
    rows: int
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class TablesReport:
    """Up to which sequence the tables were compared, how many rows they hold, and which differ."""

    cursor: int
    rows_examined: int
    differences: Sequence[Difference]


async def compare_projections(
    files: SqliteFiles, valuation: Valuation, head_seq: int, archive: OpenArchive = no_archive
) -> TablesReport:
    """Make the tables anew in a temporary file, up to the cursor of those there are, and compare every row.

    Raises:
        JournalUnavailableError: a file is not there, has to be migrated first, or does not answer.
        JournalCorruptError: a file is damaged.
    """
    with TemporaryDirectory(prefix="livexec-check-") as folder:
        rebuilt = Path(folder) / "rebuilt.db"
        await asyncio.to_thread(upgrade_file, rebuilt, PROJECTIONS)
        both = _Both(files.projections, rebuilt)
        try:
            cursor = await asyncio.to_thread(both.open)
            if cursor > head_seq:
                ahead = f"the tables are at {cursor}, the journal ends at {head_seq}"
                return TablesReport(cursor, 0, (Difference("projection_cursor", 1, (ahead,)),))
            reader = SqliteJournalReader(files.journal, archive=archive)
            await _make_anew(reader, rebuilt, valuation, cursor)
            return await asyncio.to_thread(both.compare, cursor)
        except sqlite3.Error as error:
            raise failure(files.projections, "compare", error) from error
        finally:
            both.close()


async def _make_anew(reader: SqliteJournalReader, rebuilt: Path, valuation: Valuation, cursor: int) -> None:
    projections = SqliteProjections(rebuilt, valuation)
    try:
        await reader.open()
        await projections.open()
        await catch_up(reader, projections, until_seq=cursor)
    finally:
        await projections.close()
        await reader.close()


class _Both:
    """One connection that sees both files: the live one as it was at the moment of `open`, whoever writes it since."""

    def __init__(self, live: Path, rebuilt: Path) -> None:
        self._live = live
        self._rebuilt = rebuilt
        self._connection = sqlite3.connect(
            ":memory:", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False
        )

    def open(self) -> int:
        self._connection.execute("ATTACH ? AS live", (address(self._live),))
        self._connection.execute("ATTACH ? AS rebuilt", (address(self._rebuilt),))
        self._connection.execute("PRAGMA query_only = ON")
        self._connection.execute("BEGIN")
        revision = self._connection.execute(REVISION_QUERY.replace("alembic_version", "live.alembic_version"))
        check_revision(self._live, (revision.fetchone() or (None,))[0], PROJECTIONS.newest)
        row = self._connection.execute("SELECT seq FROM live.projection_cursor").fetchone()
        return int(row[0]) if row else 0

    def compare(self, cursor: int) -> TablesReport:
        examined, differences = 0, []
        for table in PROJECTION_TABLES.sorted_tables:
            examined += int(self._connection.execute(_query(table, "count(*)", "{live}")).fetchone()[0])
            keys = sorted({_named(row) for query in _differing(table) for row in self._connection.execute(query)})
            if keys:
                differences.append(Difference(table.name, len(keys), tuple(keys[:NAMED_AT_MOST])))
        return TablesReport(cursor, examined, tuple(differences))

    def close(self) -> None:
        self._connection.close()


def _differing(table: Table) -> tuple[str, str]:
    """Return the queries for the keys of rows that only one of the two files holds as they are."""
    key = ", ".join(column.name for column in table.primary_key)
    return (
        _query(table, key, "({live} EXCEPT {rebuilt})"),
        _query(table, key, "({rebuilt} EXCEPT {live})"),
    )


def _query(table: Table, what: str, source: str) -> str:
    columns = ", ".join(column.name for column in table.columns)
    live, rebuilt = (f"SELECT {columns} FROM {file}.{table.name}" for file in ("live", "rebuilt"))  # noqa: S608 - ours
    return f"SELECT {what} FROM ({source.format(live=live, rebuilt=rebuilt)})"  # noqa: S608 - names of our own tables


def _named(row: tuple[Any, ...]) -> str:
    return " ".join(str(part) for part in row)
