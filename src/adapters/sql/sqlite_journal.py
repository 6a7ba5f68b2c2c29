"""The journal on SQLite: one connection writes, and a batch of entries is one INSERT, durable when it returns."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple
from itertools import batched, chain
from pathlib import Path
from typing import Any, Final

import aiosqlite

from adapters.sql.archived import SEGMENT_COLUMNS, OpenArchive, no_archive
from adapters.sql.codec import NO_CHECKSUM, Row, encode_entries, refuse_holes
from adapters.sql.cutting import REMOVED_AT_ONCE, TAIL_CHECKED, refuse_cut
from adapters.sql.files import WriterLock
from adapters.sql.sqlite_connection import connect, failure
from adapters.sql.sqlite_reader import SqliteJournalReader
from ports.archive import Segment
from ports.errors import JournalUnavailableError
from ports.journal import Entry, Head

_PLACES: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT: Final = "INSERT INTO journal (seq, ts_ns, epoch, actor, kind, version, cause, body, checksum) VALUES "
# SQLite binds at most 32,766 values in a statement, nine a row.
MAX_ROWS: Final = 32_766 // 9
# A prepared statement for each size of batch that keeps coming back; a rarer one is prepared again, which costs
# half as much as running it.
_CACHED_STATEMENTS: Final = 128
_STATEMENTS: Final = ["", *(_INSERT + ", ".join([_PLACES] * rows) for rows in range(1, _CACHED_STATEMENTS))]
_HEAD: Final = "SELECT seq, epoch, checksum FROM journal ORDER BY seq DESC LIMIT 1"
_NOTE: Final = f"INSERT INTO journal_segments ({SEGMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_REMOVE: Final = (
    "DELETE FROM journal WHERE seq IN"  # noqa: S608 - a constant
    f" (SELECT seq FROM journal WHERE seq <= ? ORDER BY seq LIMIT {REMOVED_AT_ONCE})"
)


class SqliteJournal:
    """The journal in the file `path`, which `upgrade` has made. One process at a time may have it open.

    `timeout_s` bounds every wait for the store. An append that took longer has an unknown outcome, as one that
    failed or was cancelled: nothing more is appended until `head` has been read back.
    """

    def __init__(self, path: Path, *, timeout_s: float = 10.0, archive: OpenArchive = no_archive) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = WriterLock(path)
        self._reader = SqliteJournalReader(path, archive=archive)
        self._writer: aiosqlite.Connection | None = None
        self._turn = asyncio.Lock()  # one append, head or close at a time
        self._tail: tuple[int, int] | None = None  # last sequence and its checksum; None: unknown

    async def open(self) -> Head:
        """See `ports.journal.Journal`."""
        self._lock.take()
        try:
            await self._reader.open()
            if self._writer is None:
                self._writer = await connect(
                    self._path, "journal_mode = WAL", "synchronous = FULL", cached_statements=_CACHED_STATEMENTS
                )
            head = await self.head()
            await self._reader.read(max(head.seq - TAIL_CHECKED, 0), TAIL_CHECKED)
        except BaseException as failed:
            await self.close()
            if isinstance(failed, sqlite3.Error):
                raise failure(self._path, "open", failed) from failed
            raise
        return head

    async def append(self, entries: Sequence[Entry]) -> None:
        """See `ports.journal.Journal`.

        Raises:
            ValueError: `entries` is empty, leaves a hole, or holds a fact that cannot be written; nothing was.
        """
        async with self._turn:
            writer = self._connected()
            if self._tail is None:
                raise JournalUnavailableError(f"{self._path}: an append's outcome is unknown; read the head first")
            seq, checksum = self._tail
            refuse_holes(entries, seq)
            rows = encode_entries(entries, checksum)
            self._tail = None  # until it is known to have succeeded, whatever happens from here
            try:
                async with asyncio.timeout(self._timeout_s):
                    await _insert(writer, rows)
            except sqlite3.Error as error:
                raise JournalUnavailableError(f"{self._path}: append: {error}") from error
            except TimeoutError as silence:
                raise JournalUnavailableError(f"{self._path}: not durable in {self._timeout_s:g} s") from silence
            self._tail = (rows[-1][0], rows[-1][8])

    async def head(self) -> Head:
        """See `ports.journal.Journal`."""
        async with self._turn:
            # On the writing connection, so that it waits behind an append that is still under way in its thread.
            writer = self._connected()
            try:
                async with asyncio.timeout(self._timeout_s):
                    rows = list(await writer.execute_fetchall(_HEAD))
                    if writer.in_transaction:  # an append of several statements was cut short
                        await writer.execute_fetchall("ROLLBACK")
                        rows = list(await writer.execute_fetchall(_HEAD))
            except sqlite3.Error as error:
                raise failure(self._path, "head", error) from error
            except TimeoutError as silence:
                raise JournalUnavailableError(f"{self._path}: no answer in {self._timeout_s:g} s") from silence
            seq, epoch, checksum = rows[0] if rows else (0, 0, NO_CHECKSUM)
            self._tail = (seq, checksum)
            return Head(seq, epoch)

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """See `ports.journal.JournalReader`."""
        return await self._reader.read(after_seq, limit)

    async def checksum(self, seq: int) -> int | None:
        """See `ports.journal.JournalReader`."""
        return await self._reader.checksum(seq)

    async def segments(self) -> Sequence[Segment]:
        """See `ports.archive.ArchivedJournal`."""
        return await self._reader.segments()

    async def cut(self, segment: Segment) -> None:
        """See `ports.archive.ArchivedJournal`."""
        head = await self._reader.rows(_HEAD, ())
        there = await self._reader.stored(segment.last_seq - 1, 1)
        if refuse_cut(segment, await self.segments(), there, head[0][0] if head else 0):
            await self._write(_NOTE, astuple(segment))
        # By turns with appends: to remove all of it at once would hold them up for as long as that takes.
        while await self._write(_REMOVE, (segment.last_seq,)):
            pass

    async def _write(self, statement: str, values: tuple[Any, ...]) -> int:
        async with self._turn:
            writer = self._connected()
            try:
                async with asyncio.timeout(self._timeout_s), writer.execute(statement, values) as done:
                    return done.rowcount
            except sqlite3.Error as error:
                raise failure(self._path, "cut", error) from error
            except TimeoutError as silence:
                raise JournalUnavailableError(f"{self._path}: not cut in {self._timeout_s:g} s") from silence

    async def close(self) -> None:
        """See `ports.journal.Journal`."""
        async with self._turn:
            self._tail = None
            await self._reader.close()
            writer, self._writer = self._writer, None
            if writer is not None:
                await writer.close()  # last, so that what it leaves is one file, without a write-ahead log
            self._lock.release()

    def _connected(self) -> aiosqlite.Connection:
        if self._writer is None:
            raise JournalUnavailableError(f"{self._path}: not open")
        return self._writer


async def _insert(writer: aiosqlite.Connection, rows: list[Row]) -> None:
    if len(rows) <= MAX_ROWS:
        await writer.execute_fetchall(_statement(len(rows)), list(chain.from_iterable(rows)))
        return
    await writer.execute_fetchall("BEGIN IMMEDIATE")  # what is cut short is rolled back when the head is read
    for part in batched(rows, MAX_ROWS):
        await writer.execute_fetchall(_statement(len(part)), list(chain.from_iterable(part)))
    await writer.execute_fetchall("COMMIT")


def _statement(rows: int) -> str:
    return _STATEMENTS[rows] if rows < len(_STATEMENTS) else _INSERT + ", ".join([_PLACES] * rows)
