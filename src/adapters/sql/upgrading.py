"""Bringing both files of SQLite to the tables of this program."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import URL, create_engine, event, pool
from sqlalchemy.exc import DBAPIError

from adapters.sql.files import SqliteFiles, WriterLock
from adapters.sql.migrating import JOURNAL, PROJECTIONS, Line, migrate
from adapters.sql.sqlite_connection import BUSY_TIMEOUT_S, REVISION_QUERY, failure
from ports.errors import JournalCorruptError, JournalUnavailableError


def upgrade(files: SqliteFiles) -> None:
    """Make or migrate both files, each wholly or not at all; harmless to repeat. Blocks; call it before serving.

    Raises:
        JournalUnavailableError: a file cannot be written, or another process has it open and it needs migrating.
        JournalCorruptError: a file is damaged, or was migrated by a newer livexec.
    """
    upgrade_file(files.journal, JOURNAL)
    upgrade_file(files.projections, PROJECTIONS)


def upgrade_file(path: Path, line: Line) -> None:
    """Make or migrate one file along one line of versions. Raises as `upgrade`."""
    if _revision(path) == line.newest:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as refusal:
        raise JournalUnavailableError(f"{path}: its folder cannot be made: {refusal.strerror}") from refusal
    lock = WriterLock(path)
    lock.take()
    try:
        _migrate(path, line)
    except DBAPIError as error:
        raise _named(path, error) from error
    except CommandError as unknown:
        raise JournalCorruptError(f"{path}: its tables are a newer livexec's: {unknown}") from unknown
    finally:
        lock.release()


def _revision(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
        try:
            row = connection.execute(REVISION_QUERY).fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return None  # no such table: not migrated yet (what else may be wrong, migrating will say)
    except sqlite3.Error as error:
        raise failure(path, "upgrade", error) from error
    return str(row[0]) if row else None


def _migrate(path: Path, line: Line) -> None:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=pool.NullPool)
    event.listen(engine, "connect", _with_a_write_ahead_log)
    # The driver begins no transaction for a CREATE TABLE: ours holds a migration together.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        migrate(connection, line)


def _with_a_write_ahead_log(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode = WAL")  # kept in the file from here on


def _named(path: Path, error: DBAPIError) -> JournalUnavailableError | JournalCorruptError:
    if isinstance(error.orig, sqlite3.Error):
        return failure(path, "upgrade", error.orig)
    return JournalUnavailableError(f"{path}: upgrade: {error}")
