"""Addresses of SQLite files, and the lock on one of them."""

import os
from pathlib import Path

import pytest

from adapters.sql import sqlite_files
from adapters.sql.files import WriterLock
from ports.errors import InvalidInputError, JournalUnavailableError


@pytest.mark.parametrize(
    ("url", "journal", "projections"),
    [
        ("sqlite+aiosqlite:///livexec.db", "livexec.db", "livexec.projections.db"),
        ("sqlite:///var/book.sqlite", "var/book.sqlite", "var/book.projections.sqlite"),
        ("sqlite+aiosqlite:////data/a%20b/book", "/data/a b/book", "/data/a b/book.projections.db"),
    ],
)
def test_the_tables_lie_beside_the_journal(url: str, journal: str, projections: str) -> None:
    files = sqlite_files(url)
    assert files.journal == Path(journal)
    assert files.projections == Path(projections)


@pytest.mark.parametrize("url", ["", "livexec.db", "sqlite://", "sqlite:///:memory:", "postgresql://localhost/book"])
def test_an_address_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError, match=r"database\.url: .*sqlite\+aiosqlite:///"):
        sqlite_files(url)


def test_a_password_in_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(InvalidInputError) as refused:
        sqlite_files("postgresql://desk:hunter2@db.example/book")
    assert "hunter2" not in str(refused.value)


def test_who_holds_a_file_is_named_to_who_wants_it(tmp_path: Path) -> None:
    first, second = WriterLock(tmp_path / "livexec.db"), WriterLock(tmp_path / "livexec.db")
    first.take()
    first.take()
    with pytest.raises(JournalUnavailableError, match=rf"livexec\.db: .*process {os.getpid()}"):
        second.take()
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_lock_where_no_file_can_be_made_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailableError, match="cannot be opened: No such file or directory"):
        WriterLock(tmp_path / "no" / "folder" / "livexec.db").take()
