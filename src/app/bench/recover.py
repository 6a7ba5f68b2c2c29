"""`livexec bench recover`: from a journal of many facts to a book that takes orders, with a snapshot and without."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

import uvloop
from prometheus_client import CollectorRegistry

from adapters.runtime import ActorHost, CommittedFeed, FileSpool, QuoteBoard
from adapters.snapshots import SnapshotFiles
from adapters.sql import SqliteDatabase, sqlite_files
from adapters.telemetry import ServiceTelemetry
from app.bench.core_alone import bench_history
from app.bench.records import NoRecords
from app.checks import Check, as_json
from app.interpreter import nothing_is_garbage, share_the_interpreter
from app.program import fingerprint
from app.snapshotter import write_snapshot
from core.orchestrator import Orchestrator
from ports.journal import Entry, Journal
from ports.snapshots import LONGEST_TAIL, NoSnapshots, Snapshots

_BATCH: Final = 5_000
_LIMIT_S: Final = 20.0
_SNAPSHOT_LIMIT_S: Final = 3.0
_MEASURED_FACTS: Final = 1_000_000  # the limit is for so many; fewer are held to their share of it
type Progress = Callable[[str], None]


def bench_recover(facts: int = _MEASURED_FACTS, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Write `facts` facts of whole order lives, then measure how long a start reads, checks and folds them."""
    share_the_interpreter()
    return uvloop.run(_bench(facts, progress))


async def _bench(facts: int, progress: Progress) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="livexec-bench-"))
    try:
        database = SqliteDatabase(sqlite_files(f"sqlite+aiosqlite:///{folder / 'livexec.db'}"))
        await database.upgrade()
        journal = database.journal()
        await journal.open()
        progress(f"writing {facts:,} facts")
        await _write(journal, facts)
        files = SnapshotFiles(folder / "snapshots", fingerprint(), journal.checksum, _telemetry())
        progress("making the oldest snapshot that a start may find")
        snapshot_seq = await write_snapshot(journal, files, max(facts - LONGEST_TAIL, 0))
        await journal.close()
        progress("starting from all of them, and from the snapshot")
        full_s, full_cpu_s = await _start(database, folder, lambda journal: NoSnapshots())
        fast_s, fast_cpu_s = await _start(
            database, folder, lambda journal: SnapshotFiles(files.folder, fingerprint(), journal.checksum, _telemetry())
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    share = _LIMIT_S * facts / _MEASURED_FACTS
    checks = [
        Check.at_most("recover_full_s", full_s, share, "s"),
        Check.at_most("recover_snapshot_s", fast_s, _SNAPSHOT_LIMIT_S, "s"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "facts": facts,
        "facts_per_second": round(facts / full_s),
        "recover_full_s": full_s,
        "recover_snapshot_s": fast_s,
        "recover_full_cpu_s": full_cpu_s,
        "recover_snapshot_cpu_s": fast_cpu_s,
        "tail": facts - snapshot_seq,
        "checks": as_json(checks),
    }


async def _start(
    database: SqliteDatabase, folder: Path, snapshots: Callable[[Journal], Snapshots]
) -> tuple[float, float]:
    """Return the seconds that a start takes, and those of the processor, which a busy machine changes less."""
    journal = database.journal()
    feed, found = CommittedFeed(journal), snapshots(journal)
    spool, quotes = FileSpool(folder / "livexec.db.spool"), QuoteBoard()
    host = ActorHost(Orchestrator, journal, spool, feed, quotes, time.time_ns, _telemetry(), NoRecords(), found)
    began, cpu_began = time.perf_counter(), time.process_time()
    with nothing_is_garbage():
        await host.start("bench")
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    await host.stop()
    return seconds, cpu_seconds


def _telemetry() -> ServiceTelemetry:
    return ServiceTelemetry(CollectorRegistry())


async def _write(journal: Journal, facts: int) -> None:
    made = (fact for outcome in bench_history() for fact in outcome.facts)
    for start in range(0, facts, _BATCH):
        await journal.append(
            [
                Entry(seq=seq, ts_ns=seq, epoch=1, actor="orchestrator", cause="bench", fact=fact)
                for seq, fact in enumerate(islice(made, min(_BATCH, facts - start)), start=start + 1)
            ]
        )
