"""A process of its own archives what is old; the service alone removes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.sql import SqliteDatabase, sqlite_files
from app.archiver import ArchiverOrders
from app.archiving import DAY_NS, Archiving
from app.buckets import ArchivePlace
from ports.errors import LivexecError, ObjectStoreUnavailableError
from ports.facts import LeaderStarted
from ports.journal import Entry

from fakes.telemetry import RecordingTelemetry


class Feed:
    """A feed that says how far the journal is."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence

    async def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        del after_seq
        yield ()


def entries(count: int) -> list[Entry]:
    """Starts of a program, a nanosecond apart: nothing is cheaper."""
    return [
        Entry(seq=seq, ts_ns=seq, epoch=1, actor="orchestrator", cause="start", fact=started(seq))
        for seq in range(1, count + 1)
    ]


def started(seq: int) -> LeaderStarted:
    return LeaderStarted(epoch=1, program="p", started_ns=seq)


async def written(url: str, place: ArchivePlace, count: int) -> SqliteDatabase:
    database = SqliteDatabase(sqlite_files(url), place.open)
    await database.upgrade()
    journal = database.journal()
    await journal.open()
    for start in range(0, count, 5_000):
        await journal.append(entries(count)[start : start + 5_000])
    await journal.close()
    return database


async def test_a_process_archives_what_is_old_and_the_service_removes_it(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    place = ArchivePlace("none", None, str(tmp_path / "store"))
    database = await written(url, place, 2_500)
    journal, telemetry = database.journal(), RecordingTelemetry()
    await journal.open()
    try:
        orders = ArchiverOrders(database=url, archive=place.told())
        archiving = Archiving(journal, Feed(2_500), orders, 1, lambda: DAY_NS + 1_001, telemetry)
        assert await archiving.look(keep=1_000, size=1_000)
        assert telemetry.noted("archive.segment")[0]["last_seq"] == 1_000
        assert not await archiving.look(keep=1_000, size=1_000)  # the rest is to be kept
        assert [each.fact for each in await journal.read(998, 4)] == [started(seq) for seq in range(999, 1_003)]
    finally:
        await journal.close()


async def test_what_is_young_is_not_archived_and_no_process_is_started_for_it(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    place = ArchivePlace("none", None, str(tmp_path / "store"))
    journal = (await written(url, place, 2_100)).journal()
    await journal.open()
    try:
        orders = ArchiverOrders(database="nowhere", archive=place.told())
        archiving = Archiving(journal, Feed(2_100), orders, 1, lambda: DAY_NS + 999, RecordingTelemetry())
        assert not await archiving.look(keep=1_000, size=1_000)
    finally:
        await journal.close()


async def test_a_process_that_fails_removes_nothing(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    (tmp_path / "store").write_text("no folder", encoding="utf-8")
    place = ArchivePlace("none", None, str(tmp_path / "store"))
    journal = (await written(url, place, 2_100)).journal()
    await journal.open()
    try:
        orders = ArchiverOrders(database=url, archive=place.told())
        archiving = Archiving(journal, Feed(2_100), orders, 1, lambda: 2 * DAY_NS, RecordingTelemetry())
        with pytest.raises(LivexecError, match="archiver"):
            await archiving.look(keep=1_000, size=1_000)
        assert await journal.segments() == []
    finally:
        await journal.close()


def test_what_an_archiver_is_told_does_not_show_the_address() -> None:
    orders = ArchiverOrders(database="postgresql://desk:dont-tell@db.example/book", archive=("archive", None, None))
    assert "dont-tell" not in repr(orders)


async def test_a_process_that_does_not_end_is_given_up_and_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.archiving._SEGMENT_S", 0.0)
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    place = ArchivePlace("none", None, str(tmp_path / "store"))
    journal = (await written(url, place, 2_500)).journal()
    await journal.open()
    try:
        orders = ArchiverOrders(database=url, archive=place.told())
        archiving = Archiving(journal, Feed(2_500), orders, 1, lambda: DAY_NS + 1_001, RecordingTelemetry())
        with pytest.raises(ObjectStoreUnavailableError, match="did not end"):
            await archiving.look(keep=1_000, size=1_000)
        assert [each.seq for each in await journal.read(0, 1)] == [1]
        assert await journal.segments() == []
    finally:
        await journal.close()
