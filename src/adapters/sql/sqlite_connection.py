"""How every connection to a SQLite file is made here, and what its failures are called."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import aiosqlite

from ports.errors import JournalCorruptError, JournalUnavailableError

BUSY_TIMEOUT_S: Final = 2.0  # only a process that opens or closes the file ever holds it, and briefly
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE: Final = 0xFF


def address(path: Path) -> str:
    """Return the URI of a file that has to be there already: opening it makes no new one."""
    return f"{path.resolve().as_uri()}?mode=rw"


def failure(path: Path, what: str, error: sqlite3.Error) -> JournalUnavailableError | JournalCorruptError:
    """Return one of our errors for one of SQLite's: the file is damaged, or the store does not answer."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_CODE
    if code in _DAMAGE:
        return JournalCorruptError(f"{path}: {what}: {error}")
    if not path.exists() or "no such table" in str(error):
        return JournalUnavailableError(f"{path}: no database of livexec yet; run `livexec db upgrade`")
    return JournalUnavailableError(f"{path}: {what}: {error}")


REVISION_QUERY: Final = "SELECT version_num FROM alembic_version"


async def connect(
    path: Path, *pragmas: str, cached_statements: int = 32, damage_tolerant: bool = False
) -> aiosqlite.Connection:
    """Open a connection in autocommit mode.

    Where it is `damage_tolerant`, bytes that are no UTF-8 are read as surrogates, so that a checksum can judge them.

    Raises:
        sqlite3.Error: the file is not there, or not a database.
    """
    connecting = aiosqlite.connect(
        address(path), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S, cached_statements=cached_statements
    )
    # A process that dies of an error must end, and not wait for a connection that nobody is left to close.
    connecting._thread.daemon = True
    try:
        connection = await connecting
    except BaseException:
        connecting._thread.join(BUSY_TIMEOUT_S)  # it ends by itself; not after the loop, which it still has to tell
        raise
    try:
        if damage_tolerant:
            connection.text_factory = _text
        for pragma in pragmas:
            await connection.execute_fetchall(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()
        raise
    return connection


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
