"""The projections on SQLite: one thread of their own, one transaction a batch."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters.sql.files import WriterLock
from adapters.sql.progress import Progress
from adapters.sql.sqlite_connection import failure
from adapters.sql.sqlite_tables import SqliteTables
from adapters.sql.valuation import Valuation
from ports.errors import JournalUnavailableError
from ports.journal import Entry


class SqliteProjections:
    """The tables in the file `path`, which `upgrade` has made. One process at a time may have it open.

    All its work is done in one thread of its own, batch after batch. `timeout_s` bounds every wait for it.
    """

    def __init__(self, path: Path, valuation: Valuation, *, timeout_s: float = 60.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = WriterLock(path)
        self._progress = Progress()
        self._writer = SqliteTables(path, valuation)
        self._thread: ThreadPoolExecutor | None = None

    async def open(self) -> int:
        """Take the tables for writing and return their cursor; harmless to repeat.

        Raises:
            JournalUnavailableError: there are no tables, they have to be migrated first, or another process has them.
            JournalCorruptError: the file is damaged, or a newer livexec's.
        """
        if self._thread is None:
            self._lock.take()
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="projections")
            try:
                await self._run(self._writer.open)
            except BaseException:
                await self.close()
                raise
        return await self.cursor()

    async def close(self) -> None:
        """Finish what is under way and let go of the tables; harmless to repeat."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.wrap_future(thread.submit(self._writer.close))
            thread.shutdown(wait=False)
        self._lock.release()

    async def cursor(self) -> int:
        """See `ports.projections.Projection`.

        Raises:
            JournalUnavailableError: not open, or the store did not answer.
        """
        seq = await self._run(self._writer.cursor)
        self._progress.moved_to(seq)
        return seq

    async def take(self, entries: Sequence[Entry]) -> None:
        """See `ports.projections.Projection`.

        Raises:
            ValueError: the entries leave a hole after the cursor; none was taken in.
            JournalUnavailableError: not confirmed; take them again.
        """
        self._progress.moved_to(await self._run(lambda: self._writer.take(entries)))

    async def clear(self) -> None:
        """See `ports.projections.Projection`.

        Raises:
            JournalUnavailableError: not confirmed; clear again.
        """
        self._progress.moved_to(await self._run(self._writer.clear))

    async def reach(self, seq: int, timeout_s: float) -> None:
        """Return as soon as the tables have taken in `seq`.

        Raises:
            NotYetVisibleError: they had not, within `timeout_s`.
        """
        await self._progress.reach(seq, timeout_s)

    async def _run[T](self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise JournalUnavailableError(f"{self._path}: not open")
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.wrap_future(self._thread.submit(work))
        except sqlite3.Error as error:
            raise failure(self._path, "projections", error) from error
        except TimeoutError as silence:
            raise JournalUnavailableError(f"{self._path}: no answer in {self._timeout_s:g} s") from silence
