"""A journal in memory: rows as the real ones keep them, and faults that a test turns on."""

import asyncio
from collections.abc import Sequence
from enum import Enum, auto

from adapters.sql.codec import NO_CHECKSUM, Row, decode_rows, encode_entries
from ports.errors import JournalLostError, JournalUnavailableError
from ports.journal import Entry, Head


class AppendFails(Enum):
    """When an append fails; its caller gets the same error and cannot tell which it was."""

    BEFORE_DURABLE = auto()  # nothing of it is there
    AFTER_DURABLE = auto()  # all of it is there


class MemoryStore:
    """What is durable; outlives the journals that open it, as a disk does."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.writer: MemoryJournal | None = None
        self.refused_seq: int | None = None  # an entry that the store will not take

    def head(self) -> Head:
        return Head(self.rows[-1][0], self.rows[-1][2]) if self.rows else Head(0, 0)


class MemoryJournal:
    """A journal over a `MemoryStore`.

    Faults: `fail_next_append`, `away` (nothing is answered while it is true), `full` (it is read, and takes nothing),
    `deposed` (another process leads), `hold_appends` and `release_appends` (appends wait, as for a slow disk).
    """

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = MemoryStore() if store is None else store
        self.away = self.full = self.deposed = False
        self.appends = 0  # how many batches were made durable, for tests that count commits
        self._fails: AppendFails | None = None
        self._tail: tuple[int, int] | None = None
        self._turn = asyncio.Lock()
        self._may_append = asyncio.Event()
        self._may_append.set()

    def fail_next_append(self, when: AppendFails) -> None:
        """Let the next append fail, before or after its entries are durable."""
        self._fails = when

    def hold_appends(self) -> None:
        """Let appends wait until `release_appends`."""
        self._may_append.clear()

    def release_appends(self) -> None:
        """Let waiting appends go on."""
        self._may_append.set()

    async def open(self) -> Head:
        if self.store.writer not in (None, self):
            raise JournalUnavailableError("another process writes to it")
        self.store.writer = self
        try:
            head = await self.head()
            await self.read(0, head.seq)
        except BaseException:
            await self.close()
            raise
        return head

    async def append(self, entries: Sequence[Entry]) -> None:
        async with self._turn:
            self._answer()
            if self._tail is None:
                raise JournalUnavailableError("an append's outcome is unknown; read the head first")
            seq, checksum = self._tail
            if [entry.seq for entry in entries] != list(range(seq + 1, seq + 1 + len(entries))) or not entries:
                raise ValueError(f"{seq + 1} is next")
            rows = encode_entries(entries, checksum)
            self._tail = None
            if self.full:
                raise JournalUnavailableError("append: the disk is full")
            fails, self._fails = self._fails, None
            await self._may_append.wait()
            refused = any(row[0] == self.store.refused_seq for row in rows)
            if not refused and fails is not AppendFails.BEFORE_DURABLE:
                self.store.rows.extend(rows)
                self.appends += 1
            await asyncio.sleep(0)  # a real store answers later
            if refused or fails is not None:
                raise JournalUnavailableError("append: not confirmed")
            self._tail = (rows[-1][0], rows[-1][8])

    async def head(self) -> Head:
        async with self._turn:
            self._answer()
            await asyncio.sleep(0)
            self._tail = (self.store.rows[-1][0], self.store.rows[-1][8]) if self.store.rows else (0, NO_CHECKSUM)
            return self.store.head()

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        self._answer()
        await asyncio.sleep(0)
        before = [row for row in self.store.rows if row[0] == after_seq]
        rows = [row for row in self.store.rows if row[0] > after_seq][:limit]
        if after_seq and rows and not before:
            return decode_rows(rows, after_seq - 1, NO_CHECKSUM)  # raises: the row they hang from is missing
        return decode_rows(rows, after_seq, before[0][8] if before else NO_CHECKSUM)

    async def checksum(self, seq: int) -> int | None:
        self._answer()
        return next((row[8] for row in self.store.rows if row[0] == seq), None)

    async def close(self) -> None:
        async with self._turn:
            self._tail = None
            if self.store.writer is self:
                self.store.writer = None

    def _answer(self) -> None:
        if self.deposed:
            raise JournalLostError("another process leads since epoch 2")
        if self.away or self.store.writer is not self:
            raise JournalUnavailableError("the store does not answer")
