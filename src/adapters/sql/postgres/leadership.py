"""Who may append: the one session that holds the journal's lock, and in every append the epoch it took with it.

The lock is PostgreSQL's own (advisory, of a session), held by the very connection that appends. So whoever gets it
knows that the session before is gone, and that nothing of it can still become durable. The epoch guards against a
lock that holds no longer without our knowing (a pooler between us and the server, a fail-over): it grows whenever
the journal is taken, and an append with an older one inserts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg

from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import process_name
from ports.errors import JournalLostError, JournalUnavailableError

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_WITHIN_S: Final = 5.0
_LIVE: Final = 0x4C495645  # "LIVE": sets our locks apart from another application's


def key_of(table: str) -> str:
    """Return the SQL of the lock that the writer of `table` holds: one for each table, whatever schema it is in."""
    return f"(({_LIVE}::bigint << 32) | '{table}'::regclass::oid::bigint)"


_KEY: Final = key_of("journal_leader")
_LEADER: Final = "SELECT epoch, holder FROM journal_leader"
# The fence never shrinks before it is given back: the leader before the last one may still have to be waited for.
_TAKE: Final = (
    "UPDATE journal_leader SET epoch = epoch + 1, holder = $1, lease_ms = $2, fence_ms = greatest($3, fence_ms),"
    " since_ns = (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint"
)
_RENEW: Final = "UPDATE journal_leader SET renewals = renewals + 1 WHERE epoch = $1"
_GIVE_BACK: Final = "UPDATE journal_leader SET lease_ms = 0, fence_ms = 0 WHERE epoch = $1"
_WAIT_FOR_APPENDS: Final = "SELECT 1 FROM journal_leader FOR UPDATE"
_PULSE: Final = "SELECT epoch, renewals, (SELECT max(seq) FROM journal) AS seq, lease_ms, fence_ms FROM journal_leader"
_SESSION: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END_SESSION: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (pid, backend_start) = ($1, $2)"
_END_HOLDER: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"  # noqa: S608 - constants
    f" AND ((classid::bigint << 32) | objid::bigint) = {_KEY}"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Pulse(NamedTuple):
    """What a leader changes as long as it leads, and its terms: a lease of 0 is none, or one that was given back."""

    epoch: int
    renewals: int
    seq: int | None
    lease_ms: int
    fence_ms: int  # how long after its last renewal what it sends may still reach a venue


@dataclass(slots=True)
class Leadership:
    """What this process knows of its own lead. `epoch` is 0 until it has led."""

    address: PostgresAddress
    lease_ms: int = 0
    fence_ms: int = 0
    epoch: int = 0
    session: asyncpg.Record | None = None  # of the connection that held the lock last

    async def lock(self, connection: Connection, within_s: float) -> bool:
        """Take the lock, waiting at most so long; False where another session keeps it."""
        if not await take_lock(connection, _KEY, within_s):
            return False
        self.session = await connection.fetchrow(_SESSION)
        return True

    async def begin(self, connection: Connection) -> Pulse:
        """Open an epoch of our own, and return the last pulse of the leader before; needs the lock."""
        terms = (process_name(), self.lease_ms, self.fence_ms)
        async with connection.transaction():
            await connection.execute(_WAIT_FOR_APPENDS)
            before = await pulse(connection)
            self.epoch = await connection.fetchval(f"{_TAKE} RETURNING epoch", *terms)
        return before

    async def renew(self, connection: Connection) -> None:
        """Show that we still lead.

        Raises:
            JournalLostError: we do not.
        """
        if await connection.execute(_RENEW, self.epoch) != "UPDATE 1":
            raise await self.lost(connection)

    async def give_back(self, connection: Connection) -> None:
        """Say that nothing of this process can reach a venue any more: the next one need not wait."""
        await connection.execute(_GIVE_BACK, self.epoch)

    async def resume(self, connection: Connection, within_s: float) -> None:
        """Take up the lead again on a new connection, as long as nobody else has led since.

        Raises:
            JournalLostError: somebody else leads or has led.
            JournalUnavailableError: our own session before is not over yet.
        """
        if not await self.lock(connection, 0):
            if self.session is not None:  # one that the server still believes in, though its connection is lost
                await connection.execute(_END_SESSION, self.session["pid"], self.session["backend_start"])
            if not await self.lock(connection, within_s):
                raise await self.lost(connection)
        terms = (process_name(), self.lease_ms, self.fence_ms, self.epoch)
        epoch = await connection.fetchval(f"{_TAKE} WHERE epoch = $4 RETURNING epoch", *terms)
        if epoch is None:
            raise await self.lost(connection)
        self.epoch = epoch

    async def lost(self, connection: Connection) -> JournalUnavailableError:
        """Return the refusal that names who leads; a `JournalLostError` where that is for good."""
        epoch, holder = await leader(connection)
        if epoch == self.epoch:
            return JournalUnavailableError(f"{self.address.name}: the lock of this process is not free yet")
        return JournalLostError(
            f"{self.address.name}: another process leads since epoch {epoch} ({holder}); this one led in epoch"
            f" {self.epoch} and must be started again"
        )

    async def held(self, connection: Connection) -> str:
        """Return who has the journal, for people."""
        epoch, holder = await leader(connection)
        return f"{self.address.name}: another process writes to it ({holder or 'unknown'}, leader since epoch {epoch})"


async def pulse(connection: Connection) -> Pulse:
    """Return the leader's pulse as it is now."""
    row = await connection.fetchrow(_PULSE, timeout=_WITHIN_S)
    if row is None:
        raise JournalUnavailableError("the row of table journal_leader is gone; restore it")
    return Pulse(*row)


async def end_holder(connection: Connection) -> None:
    """End the session that has the lock; the server lets a user end its own sessions."""
    await connection.execute(_END_HOLDER)


async def leader(connection: Connection) -> tuple[int, str]:
    """Return the newest epoch and who took it."""
    row = await connection.fetchrow(_LEADER, timeout=_WITHIN_S)
    if row is None:
        raise JournalUnavailableError("the row of table journal_leader is gone; restore it")
    return row["epoch"], row["holder"]


async def take_lock(connection: Connection, key: str, within_s: float) -> bool:
    """Take a lock for the session, waiting at most so long; False where another session keeps it."""
    if not within_s:
        return bool(await connection.fetchval(f"SELECT pg_try_advisory_lock({key})"))
    await connection.execute(f"SET lock_timeout = {int(within_s * 1000)}")
    try:
        await connection.execute(f"SELECT pg_advisory_lock({key})")
        taken = True
    except asyncpg.LockNotAvailableError:
        taken = False
    await connection.execute("SET lock_timeout = 0")
    return taken
