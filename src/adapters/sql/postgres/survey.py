"""What a start would find at a PostgreSQL database. Changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure

_WITHIN_S: Final = 5.0
# What the server must not leave out, or a power loss takes commits that it had confirmed.
_ASKED: Final = (
    "SELECT current_setting('server_version') AS version, to_regclass('journal') IS NOT NULL AS is_made,"
    " has_schema_privilege(coalesce(current_schema(), 'public'), 'CREATE') AS may_make,"
    " array(SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off') AS careless"
)


@dataclass(frozen=True, slots=True)
class Survey:
    """`entries` is None where there is no journal yet; `careless` names settings that endanger what was confirmed."""

    version: str
    entries: int | None
    may_make: bool
    careless: Sequence[str]


async def survey(address: PostgresAddress) -> Survey:
    """Ask the server, within a few seconds.

    Raises:
        JournalUnavailableError: no server, no database, no login, or no answer.
    """
    connection = await connect(address, timeout_s=_WITHIN_S)
    try:
        async with asyncio.timeout(_WITHIN_S):
            found = await connection.fetchrow(_ASKED)
            entries = (
                await connection.fetchval("SELECT coalesce(max(seq), 0) FROM journal") if found["is_made"] else None
            )
    except STORE_ERRORS as error:
        raise failure(address, "survey", error) from error
    finally:
        await disconnect(connection)
    return Survey(found["version"], entries, found["may_make"], tuple(found["careless"]))
