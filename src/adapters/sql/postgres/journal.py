"""The journal on PostgreSQL: one connection writes, and a batch of entries is one statement, durable when it returns.

The statement is an INSERT from arrays: one round trip, and it carries the epoch of the leader. COPY would be faster
and can carry no condition; in a transaction that asks first, it is slower up to some thirty facts (ADR 0011).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from adapters.sql.codec import NO_CHECKSUM, encode_entries, refuse_holes
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure
from adapters.sql.postgres.leadership import Leadership
from adapters.sql.postgres.reader import PostgresJournalReader
from ports.errors import JournalUnavailableError
from ports.journal import Entry, Head

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

TAIL_CHECKED: Final = 1_000  # entries at the end that are read whole whenever the journal is opened
TAKEOVER_S: Final = 2.0  # a process that was just killed keeps its lock until the server has noticed
TOLD_EVERY_S: Final = 10.0  # how often a standby says that it waits
_COLUMNS: Final = "seq, ts_ns, epoch, actor, kind, version, cause, body, checksum"
# The row of the leader is locked until the commit: whoever takes the lead waits for it, and then sees these entries.
_APPEND: Final = (
    "WITH leader AS MATERIALIZED (SELECT 1 FROM journal_leader WHERE epoch = $10 FOR SHARE)"  # noqa: S608 - constants
    f" INSERT INTO journal ({_COLUMNS}) SELECT entry.* FROM leader, unnest($1::bigint[], $2::bigint[], $3::bigint[],"
    " $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bytea[], $9::bigint[]) AS entry"
)
_HEAD: Final = (
    "SELECT leader.epoch AS leader, seq, last.epoch AS epoch, checksum FROM journal_leader AS leader LEFT JOIN"
    " (SELECT seq, epoch, checksum FROM journal ORDER BY seq DESC LIMIT 1) AS last ON true"
)
_NUL, _UNPRINTABLE = "\x00", "\ufffd"  # the one character that PostgreSQL's text cannot hold


class PostgresJournal:
    """The journal at `address`, which `upgrade` has made. One process at a time may have it open.

    `timeout_s` bounds every wait for the store. An append that took longer has an unknown outcome, as one that
    failed, was cancelled or lost its connection: nothing more is appended until `head` has been read back. `head`
    connects again where it must, and refuses for good once another process has led.

    A second process is refused; as `standby` it waits in `open` until the leader is gone, and calls `on_waiting` with
    a line for people, at first and every ten seconds.
    """

    def __init__(
        self,
        address: PostgresAddress,
        *,
        timeout_s: float = 10.0,
        takeover_s: float = TAKEOVER_S,
        standby: bool = False,
        on_waiting: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._address = address
        self._name = address.name
        self._timeout_s = timeout_s
        self._takeover_s = takeover_s
        self._standby = standby
        self._on_waiting = on_waiting
        self._reader = PostgresJournalReader(address)
        self._leadership = Leadership(address)
        self._writer: Connection | None = None  # None: not open
        self._turn = asyncio.Lock()  # one append, head or close at a time
        self._tail: tuple[int, int] | None = None  # last sequence and its checksum; None: unknown

    async def open(self) -> Head:
        """See `ports.journal.Journal`."""
        try:
            await self._reader.open()
            async with self._turn:
                if self._writer is None:
                    await self._lead()
            head = await self.head()
            await self._reader.read(max(head.seq - TAIL_CHECKED, 0), TAIL_CHECKED)
        except BaseException as failed:
            await self.close()
            if isinstance(failed, STORE_ERRORS):
                raise failure(self._address, "open", failed) from failed
            raise
        return head

    async def append(self, entries: Sequence[Entry]) -> None:
        """See `ports.journal.Journal`.

        Raises:
            ValueError: `entries` is empty, leaves a hole, or holds a fact that cannot be written; nothing was.
        """
        async with self._turn:
            writer = self._opened()
            if self._tail is None:
                raise JournalUnavailableError(f"{self._name}: an append's outcome is unknown; read the head first")
            seq, checksum = self._tail
            refuse_holes(entries, seq)
            rows = encode_entries([_storable(entry) for entry in entries], checksum)
            self._tail = None  # until it is known to have succeeded, whatever happens from here
            try:
                # The driver's own timeout: asyncio's would cost a tenth of a single commit.
                arrays = zip(*rows, strict=True)
                done = await writer.execute(_APPEND, *arrays, self._leadership.epoch, timeout=self._timeout_s)
                if done != f"INSERT 0 {len(rows)}":
                    raise await self._leadership.lost(writer)
            except TimeoutError as silence:
                raise JournalUnavailableError(f"{self._name}: not durable in {self._timeout_s:g} s") from silence
            except STORE_ERRORS as error:
                raise JournalUnavailableError(str(failure(self._address, "append", error))) from error
            self._tail = (rows[-1][0], rows[-1][8])

    async def head(self) -> Head:
        """See `ports.journal.Journal`."""
        async with self._turn:
            # On the writing connection, so that it waits behind an append that is still under way; and where that
            # connection is lost, on one that has its lock, so that nothing is under way any more.
            try:
                async with asyncio.timeout(self._timeout_s):
                    writer = await self._connected()
                    row = await writer.fetchrow(_HEAD)
                    if row is None or row["leader"] != self._leadership.epoch:
                        raise await self._leadership.lost(writer)
            except TimeoutError as silence:
                self._hang_up()
                raise JournalUnavailableError(f"{self._name}: no answer in {self._timeout_s:g} s") from silence
            except STORE_ERRORS as error:
                raise failure(self._address, "head", error) from error
            if row["seq"] is None:
                self._tail = (0, NO_CHECKSUM)
                return Head(0, 0)
            self._tail = (row["seq"], row["checksum"])
            return Head(row["seq"], row["epoch"])

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """See `ports.journal.JournalReader`."""
        return await self._reader.read(after_seq, limit)

    async def checksum(self, seq: int) -> int | None:
        """See `ports.journal.JournalReader`."""
        return await self._reader.checksum(seq)

    async def close(self) -> None:
        """See `ports.journal.Journal`."""
        async with self._turn:
            self._tail = None
            await self._reader.close()
            writer, self._writer = self._writer, None
            if writer is not None:
                await _let_go(writer)

    async def _lead(self) -> None:
        """Connect, take the lock, and open an epoch."""
        writer = await connect(self._address, can_write=True)
        try:
            locked = await self._leadership.lock(writer, self._takeover_s)
            if not locked and not self._standby:
                held = await self._leadership.held(writer)
                raise JournalUnavailableError(f"{held}; stop that one first, or set `database.standby` to wait for it")
            while not locked:
                self._on_waiting(f"standby: {await self._leadership.held(writer)}; waiting for its end")
                locked = await self._leadership.lock(writer, TOLD_EVERY_S)
            await self._leadership.begin(writer)
        except BaseException:
            await _let_go(writer)
            raise
        self._writer = writer

    async def _connected(self) -> Connection:
        """Return the writing connection; where it is lost, another one that has its lock, with nobody in between."""
        lost = self._opened()
        if not lost.is_closed():
            return lost
        writer = await connect(self._address, timeout_s=self._timeout_s, can_write=True)
        try:
            await self._leadership.resume(writer, min(self._takeover_s, self._timeout_s / 2))
        except BaseException:
            writer.terminate()
            raise
        self._writer = writer
        return writer

    def _opened(self) -> Connection:
        if self._writer is None:
            raise JournalUnavailableError(f"{self._name}: not open")
        return self._writer

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.terminate()


async def _let_go(writer: Connection) -> None:
    """Free the lock before the connection ends: the next process need not wait until the server has noticed."""
    if not writer.is_closed():
        try:
            async with asyncio.timeout(1.0):
                await writer.execute("SELECT pg_advisory_unlock_all()")
        except STORE_ERRORS:
            writer.terminate()
    await disconnect(writer)


def _storable(entry: Entry) -> Entry:
    if _NUL not in entry.cause:
        return entry
    return replace(entry, cause=entry.cause.replace(_NUL, _UNPRINTABLE))  # a venue's word may be part of it
