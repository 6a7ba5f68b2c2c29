"""The parent's side of the projector: starts it, tells it how far the journal is, and starts it again when it ends."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Final

import orjson

from adapters.sql import Progress
from app.projector import ProjectorOrders
from ports.execution import FactFeed
from ports.telemetry import Telemetry

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_UNREAD_LIMIT: Final = 64 * 1024  # bytes the projector has not read; more lines would tell it nothing more


class ProjectorProcess:
    """Keeps one projector running beside the service. Starting it again is safe: its tables know their place."""

    def __init__(self, orders: ProjectorOrders, feed: FactFeed, telemetry: Telemetry) -> None:
        self._orders = orjson.dumps(asdict(orders))
        self._feed = feed
        self._telemetry = telemetry
        self._progress = Progress()

    @property
    def taken(self) -> int:
        """The last sequence that is in the tables."""
        return self._progress.seq

    async def reach(self, seq: int, timeout_s: float) -> None:
        """Return as soon as the tables have taken in `seq`.

        Raises:
            NotYetVisibleError: they had not, within `timeout_s`.
        """
        await self._progress.reach(seq, timeout_s)

    async def run(self) -> None:
        """Serve until the feed is closed and everything is in the tables."""
        pause_s = _FIRST_PAUSE_S
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "app.projector",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C at the terminal is the service's, which ends this one in turn
            )
            reached = self.taken
            try:
                code = await self._accompany(process)
            finally:
                if process.returncode is None:
                    process.kill()
            if code == 0:
                return
            if self.taken > reached:
                pause_s = _FIRST_PAUSE_S
            self._telemetry.note("projector.ended", error=f"exit code {code}", retry_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _accompany(self, process: asyncio.subprocess.Process) -> int:
        telling = asyncio.create_task(self._tell(process))
        try:
            if process.stdout is not None:
                while line := await process.stdout.readline():
                    self._progress.moved_to(int(line))
            return await process.wait()
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell(self, process: asyncio.subprocess.Process) -> None:
        pipe = process.stdin
        if pipe is None:
            return
        pipe.write(b"%b\n%d\n" % (self._orders, self._feed.sequence))
        async for _ in self._feed.follow(self._feed.sequence):
            if pipe.transport.get_write_buffer_size() < _UNREAD_LIMIT:
                pipe.write(b"%d\n" % self._feed.sequence)
        pipe.close()  # the feed is closed: catch up, and end
