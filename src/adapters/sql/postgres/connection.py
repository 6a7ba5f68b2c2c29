"""How every connection to PostgreSQL is made here, and what its failures are called."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Final

import asyncpg

from adapters.sql.postgres.address import PostgresAddress
from ports.errors import JournalCorruptError, JournalUnavailableError

if TYPE_CHECKING:
    type Connection = asyncpg.Connection[asyncpg.Record]

# What the driver raises: the server's word, its own, and the network's (silence is a `TimeoutError`, an `OSError`).
STORE_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_DAMAGE: Final = (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError)
CONNECT_WITHIN_S: Final = 10.0
_GOODBYE_S: Final = 2.0
_NAME_BYTES: Final = 63  # the server cuts longer ones
# What may not be left to the server's configuration: a commit is durable when it is confirmed; a session is ended by
# nothing but its process; and one whose machine is gone is noticed within half a minute, so that its locks are freed.
_SETTINGS: Final = (
    "SET synchronous_commit = on; SET idle_session_timeout = 0; SET statement_timeout = 0; SET lock_timeout = 0;"
    " SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
)
_PLANNED_ONCE: Final = "; SET plan_cache_mode = force_generic_plan"  # a plan for each append would cost a tenth of it
_READ_ONLY: Final = "; SET default_transaction_read_only = on"


def process_name() -> str:
    """Return how this process is called where people ask who holds something."""
    return f"process {os.getpid()} on {socket.gethostname()}"


async def connect(
    address: PostgresAddress, *, timeout_s: float = CONNECT_WITHIN_S, can_write: bool = False
) -> Connection:
    """Open a connection; a statement once prepared stays prepared.

    Raises:
        JournalUnavailableError: no server, no database, no login, or no answer in time.
    """
    connection = None
    try:
        async with asyncio.timeout(timeout_s):
            connection = await asyncpg.connect(
                dsn=address.dsn,
                timeout=timeout_s,
                max_cached_statement_lifetime=0,
                server_settings={"application_name": f"livexec {process_name()}"[:_NAME_BYTES]},
            )
            await connection.execute(_SETTINGS + (_PLANNED_ONCE if can_write else _READ_ONLY))
    except BaseException as failed:
        if connection is not None:
            connection.terminate()
        if isinstance(failed, (*STORE_ERRORS, ValueError)):  # ValueError: a part of the address that cannot be used
            raise failure(address, "connect", failed) from None  # the driver's frames hold the login
        raise
    return connection


def failure(address: PostgresAddress, what: str, error: Exception) -> JournalUnavailableError | JournalCorruptError:
    """Return one of our errors for one of the driver's: the store is damaged, or does not answer."""
    if isinstance(error, _DAMAGE):
        return JournalCorruptError(f"{address.name}: {what}: {error}")
    if isinstance(error, asyncpg.UndefinedTableError):
        return JournalUnavailableError(f"{address.name}: no database of livexec yet; run `livexec db upgrade`")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return JournalUnavailableError(f"{address.name}: there is no such database; create it, it may be empty")
    if isinstance(error, TimeoutError) and not str(error):
        return JournalUnavailableError(f"{address.name}: {what}: no answer in time")
    return JournalUnavailableError(f"{address.name}: {what}: {str(error) or type(error).__name__}")


async def disconnect(connection: Connection) -> None:
    """Say goodbye, or hang up where that takes too long."""
    try:
        async with asyncio.timeout(_GOODBYE_S):
            await connection.close()
    except STORE_ERRORS:
        connection.terminate()
