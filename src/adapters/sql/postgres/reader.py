"""Reading the committed journal over a connection that cannot write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import asyncpg

from adapters.sql.archived import SEGMENTS_AFTER, ArchivedRows, OpenArchive, as_segments, no_archive
from adapters.sql.codec import Row, decode_following
from adapters.sql.migrating import JOURNAL
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure
from adapters.sql.revisions import check_revision
from ports.archive import Segment
from ports.errors import JournalUnavailableError
from ports.journal import Entry

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_COLUMNS: Final = "seq, ts_ns, epoch, actor, kind, version, cause, body, checksum"
_READ: Final = f"SELECT {_COLUMNS} FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2"  # noqa: S608 - constants
_SEGMENTS: Final = f"{SEGMENTS_AFTER}$1 ORDER BY last_seq"
_REVISION: Final = f"SELECT version_num FROM {JOURNAL.version_table}"  # noqa: S608 - a constant


class PostgresJournalReader:
    """Follows the journal at `address`, whoever writes it; needs no right to write. `timeout_s` bounds every wait.

    Where the connection is lost, the read that notices fails and the next one connects again. What was cut out of
    the journal is read from the archive.
    """

    def __init__(self, address: PostgresAddress, *, timeout_s: float = 30.0, archive: OpenArchive = no_archive) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._is_open = False
        self._turn = asyncio.Lock()  # a connection answers one question at a time
        self._archived = ArchivedRows(self.stored, self.segments, archive)

    async def open(self) -> None:
        """Connect; harmless to repeat.

        Raises:
            JournalUnavailableError: no server, no journal, or one that has to be migrated first.
            JournalCorruptError: the tables are a newer livexec's.
        """
        if self._is_open:
            return
        self._is_open = True
        try:
            found = await self.rows(_REVISION)
            check_revision(self._address.name, found[0][0] if found else None, JOURNAL.newest)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Disconnect; harmless to repeat."""
        self._is_open = False
        connection, self._connection = self._connection, None
        if connection is not None:
            await disconnect(connection)

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
        return cast("list[Row]", await self.rows(_READ, after_seq, limit))

    async def segments(self, after_seq: int = 0) -> list[Segment]:
        """Return the catalogue of the archive, from the segment on that ends after `after_seq`. Raises as `rows`."""
        return as_segments(await self.rows(_SEGMENTS, after_seq))

    async def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Run one query and return all its rows.

        Raises:
            JournalUnavailableError: not open, or the store did not answer in time.
            JournalCorruptError: the store says that it is damaged there.
        """
        if not self._is_open:
            raise JournalUnavailableError(f"{self._address.name}: not open")
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                return [tuple(record) for record in await self._ask(query, arguments)]
        except STORE_ERRORS as error:
            raise failure(self._address, "read", error) from error

    async def _ask(self, query: str, arguments: tuple[object, ...]) -> list[asyncpg.Record]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._address, timeout_s=self._timeout_s)
        records: list[asyncpg.Record] = await self._connection.fetch(query, *arguments)
        return records
