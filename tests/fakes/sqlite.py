"""SQLite files with the tables of today in them, migrated once and copied for whoever asks."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from adapters.sql import SqliteFiles, upgrade


def migrated(folder: Path) -> SqliteFiles:
    """Make both files in `folder`, as `upgrade` would."""
    files = _files_in(folder)
    for path, content in zip((files.journal, files.projections), _migrated(), strict=True):
        path.write_bytes(content)
    return files


@cache
def _migrated() -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = _files_in(Path(folder))
        upgrade(files)
        return files.journal.read_bytes(), files.projections.read_bytes()


def _files_in(folder: Path) -> SqliteFiles:
    return SqliteFiles(folder / "livexec.db", folder / "livexec.projections.db")
