"""A process of its own writes the next snapshot as soon as one is due, and no sooner."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.snapshots import SnapshotFiles
from adapters.sql import SqliteDatabase, sqlite_files
from app.buckets import ArchivePlace
from app.program import fingerprint
from app.snapshotting import Snapshotting
from core.orchestrator import Orchestrator
from ports.journal import Entry
from ports.snapshots import LONGEST_TAIL

from fakes.desk import Desk, digest
from fakes.sayings import submit, traded
from fakes.telemetry import RecordingTelemetry

NOWHERE = ArchivePlace("none", None, "none")


class Feed:
    """A feed that says how far the journal is."""

    def __init__(self, sequence: int) -> None:
        self.sequence = sequence

    async def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        del after_seq
        yield ()


@pytest.fixture
def desk() -> Desk:
    """Return a desk whose order has traded."""
    desk = Desk()
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1"))
    return desk


async def test_it_is_written_by_a_process_when_it_is_due_and_is_the_book(desk: Desk, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    database = SqliteDatabase(sqlite_files(url))
    await database.upgrade()
    journal, telemetry = database.journal(), RecordingTelemetry()
    await journal.open()
    await journal.append(desk.entries)
    files = SnapshotFiles(tmp_path / "snapshots", fingerprint(), journal.checksum, telemetry)
    assert await Snapshotting(url, NOWHERE, files, Feed(LONGEST_TAIL - 1), telemetry).look()
    assert files.sequences() == []
    assert await Snapshotting(url, NOWHERE, files, Feed(LONGEST_TAIL), telemetry).look()
    snapshot = await files.newest(LONGEST_TAIL)
    await journal.close()
    assert snapshot is not None
    assert (snapshot.seq, snapshot.epoch) == (len(desk.entries), 1)
    restored = Orchestrator()
    restored.restore(snapshot.state)
    assert digest(restored) == digest(folded_of(desk))


async def test_one_that_cannot_be_written_is_said_and_nothing_else_happens(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'not there' / 'livexec.db'}"
    telemetry = RecordingTelemetry()

    async def nothing(seq: int) -> int | None:
        del seq
        return None

    files = SnapshotFiles(tmp_path / "snapshots", fingerprint(), nothing, telemetry)
    assert not await Snapshotting(url, NOWHERE, files, Feed(LONGEST_TAIL), telemetry).look()
    assert telemetry.noted("snapshot.failed")
    assert files.sequences() == []


async def test_one_that_takes_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.snapshotting._SNAPSHOT_S", 0.0)
    telemetry = RecordingTelemetry()

    async def nothing(seq: int) -> int | None:
        del seq
        return None

    files = SnapshotFiles(tmp_path / "snapshots", fingerprint(), nothing, telemetry)
    url = f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"
    assert not await Snapshotting(url, NOWHERE, files, Feed(LONGEST_TAIL), telemetry).look()
    assert telemetry.noted("snapshot.failed")[0]["error"] == "exit code -9"


def folded_of(desk: Desk) -> Orchestrator:
    actor = Orchestrator()
    actor.apply(desk.facts)
    return actor
