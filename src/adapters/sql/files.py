"""Where the two SQLite files are, and the lock that lets one process at a time write to one of them."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ports.errors import InvalidInputError, JournalUnavailableError

_FIELD: Final = "database.url"
_REMEDY: Final = "write sqlite+aiosqlite:///path/to/livexec.db (four slashes before an absolute path)"


@dataclass(frozen=True, slots=True)
class SqliteFiles:
    """The journal's file and, beside it, that of the tables made from it."""

    journal: Path
    projections: Path


def sqlite_files(url: str) -> SqliteFiles:
    """Read a database address such as `sqlite+aiosqlite:///livexec.db` (tables then: `livexec.projections.db`).

    Raises:
        InvalidInputError: no SQLite address, or one that names no file. A password in it is not repeated.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise InvalidInputError(_FIELD, "(unreadable)", _REMEDY) from None
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        raise InvalidInputError(_FIELD, address.render_as_string(hide_password=True), _REMEDY)
    journal = Path(str(address.database))
    return SqliteFiles(journal, journal.with_name(f"{journal.stem}.projections{journal.suffix or '.db'}"))


class WriterLock:
    """The right to write to one file; the operating system takes it back whenever its process ends."""

    def __init__(self, path: Path) -> None:
        self._guarded = path
        self._path = path.with_name(f"{path.name}.lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the right, or raise at once; harmless to repeat.

        Raises:
            JournalUnavailableError: another process has it, or the lock's file cannot be made.
        """
        if self._descriptor is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as refusal:
            raise JournalUnavailableError(f"{self._guarded}: cannot be opened: {refusal.strerror}") from refusal
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as refusal:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise JournalUnavailableError(
                f"{self._guarded}: another process writes to it (process {holder or 'unknown'}); stop that one first"
            ) from refusal
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the right back; harmless to repeat. The file stays, for removing it would race with a newcomer."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
