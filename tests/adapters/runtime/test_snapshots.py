"""A start from a snapshot and the facts after it is the start from all facts."""

from pathlib import Path

import pytest

from adapters.runtime import ActorHost, CommittedFeed, QuoteBoard
from adapters.snapshots import SnapshotFiles
from app.snapshotter import write_snapshot
from core.orchestrator import Orchestrator
from ports.journal import Entry
from ports.snapshots import NoSnapshots, Snapshots

from fakes.desk import PATIENCE, Desk, digest
from fakes.journal import MemoryJournal, MemoryStore
from fakes.records import MemoryRecords
from fakes.sayings import accepted, cancel, submit, traded
from fakes.spool import MemorySpool
from fakes.telemetry import RecordingTelemetry
from fakes.virtual_loop import virtual_now_ns


class Counting(MemoryJournal):
    """A journal that counts what is read of it."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.given = 0

    async def read(self, after_seq: int, limit: int) -> list[Entry]:
        entries = list(await super().read(after_seq, limit))
        self.given += len(entries)
        return entries


@pytest.fixture
async def store() -> MemoryStore:
    """Return what a busy desk wrote, in two lives."""
    desk = Desk()
    for number in range(6):
        desk.receive(submit(f"op-{number}", buy="1", at="50000"))
        desk.receive(accepted(f"op-{number}"))
        desk.receive(traded(f"op-{number}", f"t-{number}", "1" if number % 2 else "0.5"))
    desk.receive(cancel("op-never"))
    desk.restart()
    store = MemoryStore()
    journal = MemoryJournal(store)
    await journal.open()
    await journal.append(desk.entries)
    await journal.close()
    return store


def files_in(folder: Path, journal: MemoryJournal) -> SnapshotFiles:
    return SnapshotFiles(folder, "test", journal.checksum, RecordingTelemetry())


async def started(journal: MemoryJournal, snapshots: Snapshots) -> str:
    """Start a host on a journal as it stands, and return the digest of the book that it opened."""
    host = ActorHost(
        lambda: Orchestrator(PATIENCE),
        journal,
        MemorySpool(),
        CommittedFeed(journal),
        QuoteBoard(),
        virtual_now_ns,
        RecordingTelemetry(),
        MemoryRecords(),
        snapshots,
    )
    await host.start("test")
    assert isinstance(host.actor, Orchestrator)
    found = digest(host.actor)
    await host.stop()
    return found


async def written(store: MemoryStore, folder: Path, *until: int) -> None:
    """Write snapshots as a process beside the writer does, each from the one before."""
    journal = MemoryJournal(store)
    await journal.open()
    for seq in until:
        assert await write_snapshot(journal, files_in(folder, journal), seq) == seq
    await journal.close()


def tear(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-9])


def copy_of(store: MemoryStore) -> Counting:
    copy = MemoryStore()
    copy.rows = list(store.rows)
    return Counting(copy)


async def test_a_start_from_any_snapshot_is_the_start_from_all_facts(store: MemoryStore, tmp_path: Path) -> None:
    whole = await started(copy_of(store), NoSnapshots())
    for place in range(1, len(store.rows) + 1, 6):
        folder = tmp_path / str(place)
        await written(store, folder, place)
        journal = copy_of(store)
        assert await started(journal, files_in(folder, journal)) == whole, f"from {place}"


async def test_only_what_follows_the_newest_snapshot_is_folded(store: MemoryStore, tmp_path: Path) -> None:
    await written(store, tmp_path, 10, len(store.rows) - 3)
    journal, all_of_it = copy_of(store), copy_of(store)
    await started(journal, files_in(tmp_path, journal))
    await started(all_of_it, NoSnapshots())
    assert all_of_it.given - journal.given == len(store.rows) - 3


async def test_a_damaged_snapshot_costs_time_and_nothing_else(store: MemoryStore, tmp_path: Path) -> None:
    await written(store, tmp_path, 10)
    tear(tmp_path)
    journal = copy_of(store)
    assert await started(journal, files_in(tmp_path, journal)) == await started(copy_of(store), NoSnapshots())
