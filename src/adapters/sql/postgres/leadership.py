"""Who may append: the one session that holds the journal's lock, and in every append the epoch it took with it.

The lock is PostgreSQL's own (advisory, of a session), held by the very connection that appends. So whoever gets it
knows that the session before is gone, and that nothing of it can still become durable. The epoch guards against a
lock that holds no longer without our knowing (a pooler between us and the server, a fail-over): it grows whenever
the journal is taken, and an append with an older one inserts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
_TAKE: Final = (
    "UPDATE journal_leader SET epoch = epoch + 1, holder = $1,"
    " since_ns = (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint"
)
_SESSION: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_END_SESSION: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE (pid, backend_start) = ($1, $2)"


@dataclass(slots=True)
class Leadership:
    """What this process knows of its own lead. `epoch` is 0 until it has led."""

    address: PostgresAddress
    epoch: int = 0
    session: asyncpg.Record | None = None  # of the connection that held the lock last

    async def lock(self, connection: Connection, within_s: float) -> bool:
        """Take the lock, waiting at most so long; False where another session keeps it."""
        if not await take_lock(connection, _KEY, within_s):
            return False
        self.session = await connection.fetchrow(_SESSION)
        return True

    async def begin(self, connection: Connection) -> None:
        """Open an epoch of our own; needs the lock."""
        self.epoch = await connection.fetchval(f"{_TAKE} RETURNING epoch", process_name())

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
        epoch = await connection.fetchval(f"{_TAKE} WHERE epoch = $2 RETURNING epoch", process_name(), self.epoch)
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
