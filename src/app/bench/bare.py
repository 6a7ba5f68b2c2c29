"""The bare driver loop: what one durable row costs without any of us."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

import aiosqlite

_BODY = b"x" * 400  # about what one fact of ours is


class BareStore:
    """One aiosqlite connection with the journal's own settings, and a table of one row a commit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: aiosqlite.Connection | None = None
        self._seq = 0

    async def __aenter__(self) -> Self:
        connection = await aiosqlite.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        await connection.execute("CREATE TABLE bare (seq INTEGER PRIMARY KEY, at_ns INTEGER, body BLOB)")
        self._connection = connection
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def commit(self, rows: int = 1) -> int:
        """Make `rows` rows durable in one statement; return the nanoseconds it took.

        Raises:
            RuntimeError: the store is not open.
        """
        if self._connection is None:
            raise RuntimeError("open the store first")
        values = []
        for _ in range(rows):
            self._seq += 1
            values += [self._seq, self._seq, _BODY]
        statement = f"INSERT INTO bare VALUES {', '.join(['(?, ?, ?)'] * rows)}"  # noqa: S608 - only placeholders
        began = time.perf_counter_ns()
        await self._connection.execute(statement, values)
        return time.perf_counter_ns() - began
