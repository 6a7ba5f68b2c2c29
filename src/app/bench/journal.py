"""`livexec bench journal`: durable facts a second, beside the bare driver loop with the same batches."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from adapters.sql import SqliteJournal, sqlite_files, upgrade
from app.bench.bare import BareStore
from app.bench.core_alone import bench_book
from app.bench.orders import order
from app.checks import Check, as_json
from app.interpreter import share_the_interpreter
from ports.facts import Fact
from ports.journal import Entry

_BATCHES: Final = (1, 16, 100)
_ROUNDS: Final = 5
_LEAST: Final = 0.5
type Progress = Callable[[str], None]


def bench_journal(orders: int = 2_000, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Append the facts of `orders` orders in batches of 1, 16 and 100 facts, each beside as many bare rows."""
    share_the_interpreter()
    return uvloop.run(_bench(orders, progress))


async def _bench(orders: int, progress: Progress) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="livexec-bench-"))
    try:
        files = sqlite_files(f"sqlite+aiosqlite:///{folder / 'livexec.db'}")
        upgrade(files)
        journal = SqliteJournal(files.journal)
        await journal.open()
        actor = bench_book()
        facts = [
            fact for number in range(orders) for fact in actor.receive(order(number, "journal"), time.time_ns()).facts
        ]
        rates: dict[str, dict[str, float]] = {}
        checks: list[Check] = []
        seq = 0
        async with BareStore(folder / "bare.db") as bare:
            for batch in _BATCHES:
                some = facts[: max(len(facts) * batch // 100, 50 * batch)]
                pairs = []
                for _ in range(_ROUNDS):
                    ours = await _append(journal, some, batch, seq)
                    seq += len(some)
                    pairs.append((ours, await _bare(bare, len(some), batch)))
                progress(f"batches of {batch}: {median(p[0] for p in pairs):,.0f} facts a second")
                ratio = median(ours / theirs for ours, theirs in pairs)
                checks.append(Check.at_least(f"journal_over_driver_{batch}", ratio, _LEAST, "times"))
                rates[str(batch)] = {
                    "journal_per_second": round(median(p[0] for p in pairs)),
                    "driver_per_second": round(median(p[1] for p in pairs)),
                }
        await journal.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"ok": all(check.ok for check in checks), "store": "sqlite", "batches": rates, "checks": as_json(checks)}


async def _append(journal: SqliteJournal, facts: Sequence[Fact], batch: int, seq: int) -> float:
    began = time.perf_counter_ns()
    for start in range(0, len(facts), batch):
        entries = [
            Entry(seq=seq + start + place, ts_ns=1, epoch=1, actor="bench", cause="bench", fact=fact)
            for place, fact in enumerate(facts[start : start + batch], start=1)
        ]
        await journal.append(entries)
    return len(facts) / ((time.perf_counter_ns() - began) / 1e9)


async def _bare(bare: BareStore, rows: int, batch: int) -> float:
    began = time.perf_counter_ns()
    for start in range(0, rows, batch):
        await bare.commit(min(batch, rows - start))
    return rows / ((time.perf_counter_ns() - began) / 1e9)
