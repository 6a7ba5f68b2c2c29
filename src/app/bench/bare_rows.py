"""The bare drivers with the journal's own rows, made beforehand: what storing them costs without any of us."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import aiosqlite
import asyncpg

_SQLITE = (
    "CREATE TABLE bare (seq INTEGER PRIMARY KEY, ts_ns INTEGER, epoch INTEGER, actor TEXT, kind TEXT, version INTEGER,"
    " cause TEXT, body BLOB, checksum INTEGER)"
)
_POSTGRES = (
    "CREATE TABLE bare (seq bigint PRIMARY KEY, ts_ns bigint, epoch bigint, actor text, kind text, version bigint,"
    " cause text, body bytea, checksum bigint)"
)
_PLACES = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FROM_ARRAYS = (
    "INSERT INTO bare SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[],"
    " $6::bigint[], $7::text[], $8::bytea[], $9::bigint[])"
)
type Rows = Sequence[tuple[Any, ...]]


class BareRows(Protocol):
    """One connection and one table."""

    async def open(self) -> None:
        """Connect, and make the table."""

    async def commit(self, rows: Rows) -> None:
        """Make `rows` durable in one statement."""

    async def close(self) -> None:
        """Disconnect."""


class BareSqlite:
    """aiosqlite, with the journal's own settings."""

    def __init__(self, path: Path) -> None:
        self._connection = aiosqlite.connect(path, isolation_level=None)

    async def open(self) -> None:
        """See `BareRows`."""
        await self._connection
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            await self._connection.execute_fetchall(f"PRAGMA {pragma}")
        await self._connection.execute_fetchall(_SQLITE)

    async def commit(self, rows: Rows) -> None:
        """See `BareRows`."""
        statement = f"INSERT INTO bare VALUES {', '.join([_PLACES] * len(rows))}"  # noqa: S608 - only placeholders
        await self._connection.execute_fetchall(statement, list(chain.from_iterable(rows)))

    async def close(self) -> None:
        """See `BareRows`."""
        await self._connection.close()


class BarePostgres:
    """asyncpg, as durably as the journal."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection | None = None

    async def open(self) -> None:
        """See `BareRows`."""
        self._connection = await asyncpg.connect(self._dsn)
        await self._connection.execute("SET synchronous_commit = on")
        await self._connection.execute(_POSTGRES)

    async def commit(self, rows: Rows) -> None:
        """See `BareRows`.

        Raises:
            RuntimeError: it is not open.
        """
        if self._connection is None:
            raise RuntimeError("open it first")
        await self._connection.execute(_FROM_ARRAYS, *zip(*rows, strict=True))

    async def close(self) -> None:
        """See `BareRows`."""
        if self._connection is not None:
            await self._connection.close()
