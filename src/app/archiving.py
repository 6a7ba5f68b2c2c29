"""The parent's side of the archiver: starts one whenever old entries may leave the journal, and then removes them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final

import orjson

from app.archiver import ArchiverOrders
from ports.archive import NEVER_ARCHIVED, SEGMENT, ArchivedJournal, Segment
from ports.errors import LivexecError, ObjectStoreUnavailableError
from ports.execution import FactFeed
from ports.telemetry import Telemetry

DAY_NS: Final = 86_400_000_000_000
_LOOK_S: Final = 60.0
_MORE_S: Final = 1.0  # between two segments: orders go first
_AFTER_FAILURE_S: Final = 600.0
_SEGMENT_S: Final = 300.0  # for one segment; what an archiver had written by then is found by the next


class Archiving:
    """Keeps entries older than `after_days` out of the journal. Nothing depends on it but how large that grows."""

    def __init__(
        self,
        journal: ArchivedJournal,
        feed: FactFeed,
        orders: ArchiverOrders,
        after_days: int | None,
        clock: Callable[[], int],
        telemetry: Telemetry,
    ) -> None:
        self._journal = journal
        self._feed = feed
        self._orders = orders
        self._after_ns = (after_days or 0) * DAY_NS
        self._clock = clock
        self._telemetry = telemetry

    async def run(self) -> None:
        """Look every minute, at once again where there is more, later after a failure, until cancelled."""
        while True:
            try:
                pause_s = _MORE_S if await self.look() else _LOOK_S
            except LivexecError as failure:
                pause_s = _AFTER_FAILURE_S
                self._telemetry.note("archive.failed", error=str(failure), retry_s=pause_s)
            await asyncio.sleep(pause_s)

    async def look(self, keep: int = NEVER_ARCHIVED, size: int = SEGMENT) -> bool:
        """Archive one segment where one is due, and finish what was begun; True: it did.

        Raises:
            LivexecError: the journal or the archive did not answer, or the journal is damaged there.
        """
        segments = await self._journal.segments()
        if segments:
            await self._journal.cut(segments[-1])  # a process that ended meanwhile may have left rows of it
        place = segments[-1].last_seq if segments else 0
        until_seq, before_ns = self._feed.sequence - keep, self._clock() - self._after_ns
        if place + size > until_seq:
            return False
        (last,) = await self._journal.read(place + size - 1, 1)
        if last.ts_ns >= before_ns:
            return False
        segment = await self._archived(replace(self._orders, until_seq=until_seq, before_ns=before_ns, size=size))
        if segment is None:
            return False
        await self._journal.cut(segment)
        self._telemetry.note("archive.segment", path=segment.path, last_seq=segment.last_seq)
        return True

    async def _archived(self, orders: ArchiverOrders) -> Segment | None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app.archiver",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(_SEGMENT_S):
                said, _ = await process.communicate(orjson.dumps(asdict(orders)) + b"\n")
        except TimeoutError as silence:
            raise ObjectStoreUnavailableError(f"the archiver did not end in {_SEGMENT_S:g} s") from silence
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise ObjectStoreUnavailableError(f"the archiver ended with exit code {process.returncode}")
        found = orjson.loads(said)
        return None if found is None else Segment(**found)
