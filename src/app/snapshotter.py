"""The snapshotter: a process of its own that folds the journal and writes a snapshot, and then ends.

It reads the journal over a connection that cannot write, and begins with the newest snapshot there is. Its parent
writes what it is to do to its standard input, as one line of JSON (an address may hold a password).
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
from prometheus_client import CollectorRegistry

from adapters.snapshots import SnapshotFiles
from adapters.sql import database_at
from adapters.telemetry import ServiceTelemetry
from app.buckets import ArchivePlace
from app.program import fingerprint
from core.orchestrator import Orchestrator
from ports.errors import LivexecError
from ports.journal import JournalReader
from ports.snapshots import Snapshot

_BATCH: Final = 5_000
_BEHIND_ORDERS: Final = 10  # of niceness, as the projector's
FAILED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotOrders:
    """What the parent tells a snapshotter when it starts it."""

    database: str = field(repr=False)  # its address, login and all
    folder: str
    until_seq: int
    archive: tuple[str, str | None, str | None]  # see `app.buckets.ArchivePlace`


async def write_snapshot(journal: JournalReader, files: SnapshotFiles, until_seq: int) -> int:
    """Fold a journal from the newest snapshot to `until_seq`, write the next one, and return its sequence.

    Raises:
        JournalUnavailableError: the journal did not answer, or ends before `until_seq`.
        JournalCorruptError: it does not hold together.
        OSError: the folder cannot be written.
    """
    actor, seq, epoch, ts_ns = Orchestrator(), 0, 0, 0
    before = await files.newest(until_seq)
    if before is not None:
        actor.restore(before.state)
        seq, epoch, ts_ns = before.seq, before.epoch, before.ts_ns
    while seq < until_seq:
        batch = await journal.read(seq, min(_BATCH, until_seq - seq))
        if not batch:
            break
        actor.apply([entry.fact for entry in batch])
        seq, ts_ns = batch[-1].seq, max(ts_ns, batch[-1].ts_ns)
        epoch = max(epoch, batch[-1].epoch)
    checksum = await journal.checksum(seq)
    if checksum is not None:
        snapshot = Snapshot(seq=seq, epoch=epoch, ts_ns=ts_ns, checksum=checksum, state=actor.state())
        files.write(snapshot)
    return seq


async def _serve(orders: SnapshotOrders) -> None:
    reader = database_at(orders.database, ArchivePlace(*orders.archive).open).reader()
    await reader.open()
    try:
        telemetry = ServiceTelemetry(CollectorRegistry())
        files = SnapshotFiles(Path(orders.folder), fingerprint(), reader.checksum, telemetry)
        await write_snapshot(reader, files, orders.until_seq)
    finally:
        await reader.close()


def main() -> int:
    """Write one snapshot as standard input says. Returns the exit code."""
    os.nice(_BEHIND_ORDERS)
    gc.disable()  # it makes what stays, and then ends
    try:
        asyncio.run(_serve(SnapshotOrders(**orjson.loads(sys.stdin.readline()))))
    except (LivexecError, OSError) as failure:
        sys.stderr.write(f"snapshotter: {failure}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
