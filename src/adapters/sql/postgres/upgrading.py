"""Bringing a PostgreSQL database to the tables of this program: both lines of versions, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.sql.migrating import JOURNAL, PROJECTIONS, Line, migrate
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import connect
from adapters.sql.postgres.leadership import key_of
from ports.errors import JournalCorruptError, JournalUnavailableError

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

LINES: Final = (JOURNAL, PROJECTIONS)
_OLDEST: Final = 140_000  # PostgreSQL 14
_GUARDS: Final = {JOURNAL.name: "journal_leader", PROJECTIONS.name: "projection_cursor"}  # whose writer has its lock
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('livexec migrations'), hashtext(current_schema()))"
_IS_THERE: Final = "SELECT CAST(to_regclass(:table) AS text)"
_PATIENCE: Final = "SET LOCAL lock_timeout = '30s'"


async def upgrade(address: PostgresAddress, lines: Sequence[Line] = LINES) -> None:
    """Make or migrate the tables, wholly or not at all; harmless to repeat, and nothing where they are the newest.

    Raises:
        JournalUnavailableError: no server, no right to make tables, or another process writes what has to be migrated.
        JournalCorruptError: the tables were migrated by a newer livexec.
    """

    async def writer() -> Connection:
        return await connect(address, can_write=True)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=writer, poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await _refuse_odd_servers(address, connection)
            behind = await _behind(connection, lines)
            if not behind:
                return
            await connection.execute(text(_PATIENCE))
            await connection.execute(text(_ONE_AT_A_TIME))
            for line in await _behind(connection, lines):  # asked again: another process may just have done it
                await _refuse_in_use(address, connection, line)
                await connection.run_sync(_migrated, line)
    except DBAPIError as error:
        raise JournalUnavailableError(f"{address.name}: upgrade: {error.orig}") from error
    except CommandError as unknown:
        raise JournalCorruptError(f"{address.name}: its tables are a newer livexec's: {unknown}") from unknown
    finally:
        await engine.dispose()


async def _refuse_odd_servers(address: PostgresAddress, connection: AsyncConnection) -> None:
    asked = "SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_schema()"
    version, encoding, schema = (await connection.execute(text(asked))).one()
    if version < _OLDEST:
        raise JournalUnavailableError(
            f"{address.name}: PostgreSQL {version // 10_000} is too old; 14 or newer is needed"
        )
    if encoding != "UTF8":
        raise JournalUnavailableError(f"{address.name}: its encoding is {encoding}; create the database with UTF8")
    if schema is None:
        raise JournalUnavailableError(f"{address.name}: its search_path names no schema; create that first")


async def _behind(connection: AsyncConnection, lines: Sequence[Line]) -> list[Line]:
    behind = []
    for line in lines:
        made = await connection.scalar(text(_IS_THERE), {"table": line.version_table})
        asked = text(f"SELECT version_num FROM {line.version_table}")  # noqa: S608 - a constant
        if made is None or await connection.scalar(asked) != line.newest:
            behind.append(line)
    return behind


async def _refuse_in_use(address: PostgresAddress, connection: AsyncConnection, line: Line) -> None:
    guard = _GUARDS[line.name]
    if await connection.scalar(text(_IS_THERE), {"table": guard}) is None:
        return
    # Not text(): it would take the casts in the key for parameters.
    taken = await connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({key_of(guard)})")
    if not taken.scalar_one():
        raise JournalUnavailableError(
            f"{address.name}: another process writes to it, and its {line.name} has to be migrated; stop that one first"
        )


def _migrated(connection: SyncConnection, line: Line) -> None:
    migrate(connection, line, line.version_table)
