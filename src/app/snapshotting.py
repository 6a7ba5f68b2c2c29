"""The parent's side of the snapshotter: starts one whenever the journal has grown enough since the last snapshot."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Final

import orjson

from adapters.snapshots import SnapshotFiles
from app.buckets import ArchivePlace
from app.snapshotter import SnapshotOrders
from ports.execution import FactFeed
from ports.snapshots import LONGEST_TAIL
from ports.telemetry import Telemetry

_LOOK_S: Final = 2.0
_SNAPSHOT_S: Final = 3_600.0  # for one snapshot: a hundred times what a million facts take
_AFTER_FAILURE_S: Final = 60.0


class Snapshotting:
    """Keeps the newest snapshot near the journal's end. Nothing depends on it but how long the next start takes."""

    def __init__(
        self, database: str, archive: ArchivePlace, files: SnapshotFiles, feed: FactFeed, telemetry: Telemetry
    ) -> None:
        self._database = database
        self._archive = archive
        self._files = files
        self._feed = feed
        self._telemetry = telemetry

    async def run(self) -> None:
        """Look every two seconds, later after a failure, until cancelled."""
        while True:
            written = await self.look()
            await asyncio.sleep(_LOOK_S if written else _AFTER_FAILURE_S)

    async def look(self) -> bool:
        """Have a snapshot written where one is due; False: it could not be."""
        sequence = self._feed.sequence
        if sequence - self._newest(sequence) < LONGEST_TAIL:
            return True
        code = await self._write(sequence)
        if code != 0:
            self._telemetry.note("snapshot.failed", error=f"exit code {code}", retry_s=_AFTER_FAILURE_S)
        return code == 0

    def _newest(self, sequence: int) -> int:
        return next((seq for seq in self._files.sequences() if seq <= sequence), 0)

    async def _write(self, sequence: int) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.snapshotter", stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        orders = SnapshotOrders(
            database=self._database, archive=self._archive.told(), folder=str(self._files.folder), until_seq=sequence
        )
        try:
            with suppress(TimeoutError):  # it is killed below, and its exit code says so
                async with asyncio.timeout(_SNAPSHOT_S):
                    await process.communicate(orjson.dumps(asdict(orders)) + b"\n")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0
