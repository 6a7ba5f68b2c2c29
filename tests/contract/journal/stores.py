"""The stores that sit the journal's contract, each with what a test needs to make it misbehave."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from adapters.sql import PostgresAddress, PostgresJournal, SqliteJournal
from adapters.sql.codec import Row
from ports.journal import Journal

from fakes.journal import MemoryJournal, MemoryStore
from fakes.postgres import behind, behind_all
from fakes.sqlite import migrated

COLUMNS = ("seq", "ts_ns", "epoch", "actor", "kind", "version", "cause", "body", "checksum")


class Store(Protocol):
    """One durable place, and how to damage it behind its journal's back."""

    def journal(self) -> Journal:
        """Return one more journal over the store, not yet open."""

    def refuse(self, seq: int | None) -> None:
        """Let the store refuse an entry; None: no more."""

    def rows(self) -> list[Row]:
        """Return what is stored."""

    def change(self, seq: int, **columns: Any) -> None:
        """Overwrite columns of a stored row."""

    def remove(self, seq: int) -> None:
        """Remove a stored row."""

    def insert(self, row: Row) -> None:
        """Store a row as another program would."""


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        self._store = MemoryStore()

    def journal(self) -> Journal:
        return MemoryJournal(self._store)

    def refuse(self, seq: int | None) -> None:
        self._store.refused_seq = seq

    def rows(self) -> list[Row]:
        return list(self._store.rows)

    def change(self, seq: int, **columns: Any) -> None:
        (index,) = [index for index, row in enumerate(self._store.rows) if row[0] == seq]
        changed: Any = tuple((dict(zip(COLUMNS, self._store.rows[index], strict=True)) | columns).values())
        self._store.rows[index] = changed

    def remove(self, seq: int) -> None:
        self._store.rows = [row for row in self._store.rows if row[0] != seq]

    def insert(self, row: Row) -> None:
        self._store.rows.append(row)


class OnSqlite:
    """A file."""

    def __init__(self, folder: Path) -> None:
        self.files = migrated(folder)

    def journal(self) -> Journal:
        return SqliteJournal(self.files.journal)

    def refuse(self, seq: int | None) -> None:
        with self._behind() as connection:
            connection.execute("DROP TRIGGER IF EXISTS refusal")
            if seq is not None:
                connection.execute(
                    f"CREATE TRIGGER refusal BEFORE INSERT ON journal WHEN NEW.seq = {seq}"
                    " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
                )

    def rows(self) -> list[Row]:
        with self._behind() as connection:
            return connection.execute(f"SELECT {', '.join(COLUMNS)} FROM journal ORDER BY seq").fetchall()  # noqa: S608

    def change(self, seq: int, **columns: Any) -> None:
        with self._behind() as connection:
            for column, value in columns.items():
                # By way of bytes, so that texts may also become what is no text.
                stored = "CAST(CAST(? AS BLOB) AS TEXT)" if column in ("actor", "kind", "cause") else "?"
                connection.execute(f"UPDATE journal SET {column} = {stored} WHERE seq = ?", (value, seq))  # noqa: S608

    def remove(self, seq: int) -> None:
        with self._behind() as connection:
            connection.execute("DELETE FROM journal WHERE seq = ?", (seq,))

    def insert(self, row: Row) -> None:
        with self._behind() as connection:
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    @contextmanager
    def _behind(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.files.journal, isolation_level=None)) as connection:
            yield connection


class OnPostgres:
    """A database that has its tables; what its journal held is forgotten."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        behind_all(address, ["DELETE FROM journal", "DELETE FROM journal_segments"])

    def journal(self) -> Journal:
        return PostgresJournal(self._address, takeover_s=0)

    def refuse(self, seq: int | None) -> None:
        self._behind("DROP TRIGGER IF EXISTS refusal ON journal")
        if seq is not None:
            self._behind(
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$"
            )
            self._behind(
                "CREATE TRIGGER refusal BEFORE INSERT ON journal FOR EACH ROW"
                f" WHEN (NEW.seq = {seq}) EXECUTE FUNCTION refuse()"
            )

    def rows(self) -> list[Row]:
        found = self._behind(f"SELECT {', '.join(COLUMNS)} FROM journal ORDER BY seq")  # noqa: S608
        rows: Any = [tuple(row.values()) for row in found]
        return list(rows)

    def change(self, seq: int, **columns: Any) -> None:
        for column, value in columns.items():
            self._behind(f"UPDATE journal SET {column} = $1 WHERE seq = $2", value, seq)  # noqa: S608

    def remove(self, seq: int) -> None:
        self._behind("DELETE FROM journal WHERE seq = $1", seq)

    def insert(self, row: Row) -> None:
        self._behind("INSERT INTO journal VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", *row)

    def _behind(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        return behind(self._address, statement, *arguments)
