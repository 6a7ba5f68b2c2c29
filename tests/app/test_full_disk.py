"""SQLite's disk is full: a cancel is spooled all the same, and journalled by the next process that has room."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.runtime import ActorHost, CommittedFeed, FileSpool, QuoteBoard
from adapters.sql import database_at
from adapters.sql.sqlite_journal import SqliteJournal
from ports.errors import JournalUnavailableError
from ports.facts import OrderTombstoned
from ports.replies import CancelReply
from ports.snapshots import NoSnapshots

from fakes.records import MemoryRecords
from fakes.scribe import Scribe, cancel, submit
from fakes.telemetry import RecordingTelemetry


@asynccontextmanager
async def host_in(folder: Path, pages: int | None = None) -> AsyncIterator[ActorHost]:
    """Run a host on real files; its database may grow by no more than so many pages."""
    database = database_at(f"sqlite+aiosqlite:///{folder / 'livexec.db'}")
    await database.upgrade()
    journal = SqliteJournal(folder / "livexec.db")
    feed, spool = CommittedFeed(journal), FileSpool(folder / "livexec.db.spool", size=4096)
    kept = (MemoryRecords(), NoSnapshots())
    host = ActorHost(Scribe, journal, spool, feed, QuoteBoard(), time.time_ns, RecordingTelemetry(), *kept)
    host.venue_request = lambda request: None
    await host.start("test")
    if pages is not None:
        writer = journal._writer  # how much a disk holds is set where it writes
        assert writer is not None
        ((used,),) = await writer.execute_fetchall("PRAGMA page_count")
        await writer.execute_fetchall(f"PRAGMA max_page_count = {used + pages}")
    try:
        yield host
    finally:
        host.refuse_commands()
        await host.stop(within_s=0.2)


async def fill_up(host: ActorHost) -> None:
    for number in range(1_000):
        await host.ask(submit(f"o{number}"))


async def test_a_cancel_outlives_a_full_disk_and_the_process(tmp_path: Path) -> None:
    async with host_in(tmp_path, pages=2) as host:
        with pytest.raises(JournalUnavailableError, match="full"):
            await fill_up(host)
        assert isinstance((await host.ask(cancel("taken-back"))).reply, CancelReply)
        with pytest.raises(JournalUnavailableError, match="nothing but cancels and halts"):
            await host.ask(submit("another"))
    async with host_in(tmp_path) as host:
        assert isinstance(host.actor, Scribe)
        journalled = [fact.operation_id for fact in host.actor.facts if isinstance(fact, OrderTombstoned)]
        assert journalled[-1] == "taken-back"
        await host.ask(submit("another"))
    assert await FileSpool(tmp_path / "livexec.db.spool", size=4096).open() == []
