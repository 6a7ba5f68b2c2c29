"""The journal on PostgreSQL: one connection writes, and a batch of entries is one statement, durable when it returns.

The statement is an INSERT from arrays: one round trip, and it carries the epoch of the leader. COPY would be faster
and can carry no condition; in a transaction that asks first, it is slower up to some thirty facts (ADR 0011).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, Final

from adapters.sql.archived import SEGMENT_COLUMNS, OpenArchive, no_archive
from adapters.sql.codec import NO_CHECKSUM, encode_entries, refuse_holes
from adapters.sql.cutting import REMOVED_AT_ONCE, TAIL_CHECKED, refuse_cut
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, failure
from adapters.sql.postgres.leadership import Leadership
from adapters.sql.postgres.lease import Lease, since_boot_ns
from adapters.sql.postgres.reader import PostgresJournalReader
from adapters.sql.postgres.succession import Succession, let_go
from ports.archive import Segment
from ports.errors import JournalUnavailableError
from ports.journal import Entry, Head

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

TAKEOVER_S: Final = 2.0  # a process that was just killed keeps its lock until the server has noticed
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
# As an append: only the leader of the epoch notes what was archived.
_NOTE: Final = (
    "WITH leader AS MATERIALIZED (SELECT 1 FROM journal_leader WHERE epoch = $7 FOR SHARE)"  # noqa: S608 - constants
    f" INSERT INTO journal_segments ({SEGMENT_COLUMNS})"
    " SELECT $1::bigint, $2::bigint, $3::text, $4::bigint, $5::bigint, $6::text FROM leader"
)
_REMOVE: Final = (
    "DELETE FROM journal WHERE seq IN"  # noqa: S608 - a constant
    f" (SELECT seq FROM journal WHERE seq <= $1 ORDER BY seq LIMIT {REMOVED_AT_ONCE})"
)
_NUL, _UNPRINTABLE = "\x00", "\ufffd"  # the one character that PostgreSQL's text cannot hold


class PostgresJournal:
    """The journal at `address`, which `upgrade` has made. One process at a time may have it open.

    `timeout_s` bounds every wait for the store. An append that took longer has an unknown outcome, as one that
    failed, was cancelled or lost its connection: nothing more is appended until `head` has been read back. `head`
    connects again where it must, and refuses for good once another process has led.

    A second process is refused; as `standby` it waits in `open` until the leader is gone or its lease has run out, and
    calls `on_waiting` with a line for people, at first and every ten seconds. `lease` is told of the lead and of every
    commit; whoever keeps it asks `renew` for one while there is none.
    """

    def __init__(
        self,
        address: PostgresAddress,
        *,
        timeout_s: float = 10.0,
        takeover_s: float = TAKEOVER_S,
        standby: bool = False,
        on_waiting: Callable[[str], None] = lambda line: None,
        archive: OpenArchive = no_archive,
        lease: Lease | None = None,
    ) -> None:
        self._address = address
        self._name = address.name
        self._timeout_s = timeout_s
        self._takeover_s = takeover_s
        self._lease = lease
        self._reader = PostgresJournalReader(address, archive=archive)
        terms = (0, 0) if lease is None else (lease.length_ms, lease.fence_ms)
        self._leadership = Leadership(address, *terms)
        self._succession = Succession(self._leadership, takeover_s, standby=standby, on_waiting=on_waiting)
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
            began_ns = since_boot_ns()
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
            if self._lease is not None:
                self._lease.renewed(began_ns)

    async def renew(self) -> None:
        """Renew the lease without an entry; where the connection is lost, on another one that has its lock.

        Raises:
            JournalLostError: another process leads.
            JournalUnavailableError: not renewed.
        """
        async with self._turn:
            began_ns = since_boot_ns()
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._leadership.renew(await self._connected())
            except TimeoutError as silence:
                self._hang_up()
                raise JournalUnavailableError(f"{self._name}: not renewed in {self._timeout_s:g} s") from silence
            except STORE_ERRORS as error:
                raise failure(self._address, "renew", error) from error
            if self._lease is not None:
                self._lease.renewed(began_ns)

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

    async def segments(self) -> Sequence[Segment]:
        """See `ports.archive.ArchivedJournal`."""
        return await self._reader.segments()

    async def cut(self, segment: Segment) -> None:
        """See `ports.archive.ArchivedJournal`."""
        head = await self._reader.rows(_HEAD)
        there = await self._reader.stored(segment.last_seq - 1, 1)
        if refuse_cut(segment, await self.segments(), there, head[0][1] or 0):
            await self._write(_NOTE, *astuple(segment), self._leadership.epoch)
        # By turns with appends: to remove all of it at once would hold them up for as long as that takes.
        while await self._write(_REMOVE, segment.last_seq) != "DELETE 0":
            pass

    async def _write(self, statement: str, *values: Any) -> str:
        async with self._turn:
            writer = self._opened()
            try:
                done: str = await writer.execute(statement, *values, timeout=self._timeout_s)
                if done == "INSERT 0 0":
                    raise await self._leadership.lost(writer)
            except TimeoutError as silence:
                raise JournalUnavailableError(f"{self._name}: not cut in {self._timeout_s:g} s") from silence
            except STORE_ERRORS as error:
                raise JournalUnavailableError(str(failure(self._address, "cut", error))) from error
            return done

    async def close(self) -> None:
        """See `ports.journal.Journal`."""
        async with self._turn:
            self._tail = None
            await self._reader.close()
            writer, self._writer = self._writer, None
            if self._lease is not None:
                self._lease.gone()
            if writer is not None:
                await self._leave(writer)

    async def _lead(self) -> None:
        """Connect, take the lock, and open an epoch."""
        writer = await self._succession.take()
        began_ns = since_boot_ns()
        try:
            before = await self._leadership.begin(writer)
        except BaseException:
            await let_go(writer)
            raise
        self._writer = writer
        if self._lease is not None:
            self._lease.led(began_ns, self._succession.watched.barred_ns(before), self.renew)

    async def _leave(self, writer: Connection) -> None:
        if self._lease is not None and not writer.is_closed() and self._lease.barred_s() <= 0:
            try:
                async with asyncio.timeout(1.0):
                    await self._leadership.give_back(writer)
            except STORE_ERRORS:  # the next one waits until it has run out
                writer.terminate()
        await let_go(writer)

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


def _storable(entry: Entry) -> Entry:
    if _NUL not in entry.cause:
        return entry
    return replace(entry, cause=entry.cause.replace(_NUL, _UNPRINTABLE))  # a venue's word may be part of it
