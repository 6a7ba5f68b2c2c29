"""What tests ask of a service in its own process, and of the record that it leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from adapters.sql import SqliteJournalReader, check, sqlite_files
from app.digests import folded
from app.session_results import read_entries
from app.valuation import VALUATION
from core.invariants import INVARIANTS, RecordedRun
from end_to_end.process import run_command
from livexec.client import ExecutionClient


async def command(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the command as an operator does, and return what it printed."""
    ended = await asyncio.to_thread(run_command, *arguments, folder=folder)
    assert ended.code == 0, ended.stderr
    return ended.document


async def update_of(client: ExecutionClient, operation_id: str, kind: str) -> int:
    """Wait until that has happened to an order, and return its sequence."""
    async with asyncio.timeout(30):
        async for update in client.watch(0, operation_id=operation_id):
            if update.kind == kind and (kind != "OrderFilled" or update.result.status == "FILLED"):
                return update.sequence
    raise AssertionError("a watch never ends by itself")


async def assert_the_record_is_sound(folder: Path) -> None:
    """Judge the journal anew, and hold every read table against it."""
    files = sqlite_files(f"sqlite:///{folder / 'livexec.db'}")
    report = await check(files, VALUATION)
    assert report.ok, report
    reader = SqliteJournalReader(files.journal)
    await reader.open()
    try:
        entries = await read_entries(reader, 0)
    finally:
        await reader.close()
    digest = folded([entry.fact for entry in entries])
    run = RecordedRun(entries=entries, sends=(), releases=(), fold=folded, live_digest=digest)
    for name in ("position_equals_fills", "never_overfilled", "replay_identical"):
        finding = INVARIANTS[name](run)
        assert finding.ok, (name, finding.violations)
        assert finding.examined > 0, name
