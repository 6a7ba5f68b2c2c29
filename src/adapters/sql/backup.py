"""A copy of a SQLite journal, taken while it is written to, whole as of one instant."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from ports.errors import InvalidInputError, JournalUnavailableError

_PAGES: Final = 4_096  # a step; the writer goes on between two


def back_up(source: Path, target: Path) -> int:
    """Copy a journal into a new file, durable, and return the sequence that it holds. The service may run meanwhile.

    Raises:
        InvalidInputError: there is no journal, or `target` is there already.
        JournalUnavailableError: it could not be read or written; nothing is left at `target`.
    """
    if not source.is_file():
        raise InvalidInputError("state_dir", source, "there is no journal; name the folder that the service runs in")
    if target.exists():
        raise InvalidInputError("--to", target, "it is there already; name a new file")
    making = target.with_name(f"{target.name}.part")
    try:
        making.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        making.unlink(missing_ok=True)
        making.touch(mode=0o600)
        # Read-only and by its own connection: it neither writes to the journal nor moves its log into the file.
        reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
        with closing(reading) as reader, closing(sqlite3.connect(making)) as copy:
            reader.backup(copy, pages=_PAGES, sleep=0)
            copy.execute("PRAGMA journal_mode = DELETE")
            (sound,) = copy.execute("PRAGMA integrity_check").fetchone()
            if sound != "ok":
                raise JournalUnavailableError(f"the copy does not hold together: {sound}")
            (sequence,) = copy.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
        _sync(making)
        making.rename(target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as failure:
        making.unlink(missing_ok=True)
        raise JournalUnavailableError(f"the journal was not copied: {failure}") from failure
    return int(sequence)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
