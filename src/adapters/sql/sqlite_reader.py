"""Reading the committed journal over a connection that cannot write."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import aiosqlite

from adapters.sql.archived import SEGMENTS_AFTER, ArchivedRows, OpenArchive, as_segments, no_archive
from adapters.sql.codec import Row, decode_following
from adapters.sql.revisions import check_revision
from adapters.sql.schema import JOURNAL_REVISION
from adapters.sql.sqlite_connection import REVISION_QUERY, connect, failure
from ports.archive import Segment
from ports.errors import JournalUnavailableError
from ports.journal import Entry

_COLUMNS: Final = "seq, ts_ns, epoch, actor, kind, version, cause, body, checksum"
_READ: Final = f"SELECT {_COLUMNS} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
_SEGMENTS: Final = f"{SEGMENTS_AFTER}? ORDER BY last_seq"


class SqliteJournalReader:
    """Follows the journal in `path`, whoever writes it; needs no right to write. `timeout_s` bounds every wait.

    What was cut out of it is read from the archive.
    """

    def __init__(self, path: Path, *, timeout_s: float = 30.0, archive: OpenArchive = no_archive) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._connection: aiosqlite.Connection | None = None
        self._archived = ArchivedRows(self.stored, self.segments, archive)

    async def open(self) -> None:
        """Connect; harmless to repeat.

        Raises:
            JournalUnavailableError: there is no journal, or one that has to be migrated first.
            JournalCorruptError: the file is damaged, or a newer livexec's.
        """
        if self._connection is not None:
            return
        try:
            connection = await connect(self._path, "query_only = ON", damage_tolerant=True)
        except sqlite3.Error as error:
            raise failure(self._path, "open", error) from error
        self._connection = connection
        try:
            found = await self.rows(REVISION_QUERY, ())
            check_revision(self._path, found[0][0] if found else None, JOURNAL_REVISION)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Disconnect; harmless to repeat."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """See `ports.journal.JournalReader`."""
        return decode_following(await self.raw(after_seq - 1, limit + 1), after_seq, limit)

    async def checksum(self, seq: int) -> int | None:
        """See `ports.journal.JournalReader`."""
        rows = await self.raw(seq - 1, 1)
        return rows[0][8] if rows and rows[0][0] == seq else None

    async def raw(self, after_seq: int, limit: int) -> list[Row]:
        """Return up to `limit` rows after `after_seq` as they are, whatever is wrong. Raises as `ArchivedRows`."""
        return await self._archived.rows(after_seq, limit)

    async def stored(self, after_seq: int, limit: int) -> list[Row]:
        """Return up to `limit` rows after `after_seq` of the journal's own table. Raises as `rows`."""
        return cast("list[Row]", await self.rows(_READ, (after_seq, limit)))

    async def segments(self, after_seq: int = 0) -> list[Segment]:
        """Return the catalogue of the archive, from the segment on that ends after `after_seq`. Raises as `rows`."""
        return as_segments(await self.rows(_SEGMENTS, (after_seq,)))

    async def rows(self, statement: str, arguments: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Run one query and return all its rows.

        Raises:
            JournalUnavailableError: not open, or the store did not answer in time.
            JournalCorruptError: the file is damaged.
        """
        if self._connection is None:
            raise JournalUnavailableError(f"{self._path}: not open")
        try:
            async with asyncio.timeout(self._timeout_s):
                return cast("list[tuple[Any, ...]]", await self._connection.execute_fetchall(statement, arguments))
        except sqlite3.Error as error:
            raise failure(self._path, "read", error) from error
        except TimeoutError as silence:
            raise JournalUnavailableError(f"{self._path}: no answer within {self._timeout_s:g} s") from silence
