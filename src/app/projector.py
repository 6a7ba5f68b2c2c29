"""The projector: a process of its own that keeps the read tables and the log of facts up with the journal.

It reads the journal over a connection that cannot write, so nothing it does can hold up an order. Its parent writes
to its standard input: first what it is to do, as one line of JSON (an address may hold a password, and everybody can
see the arguments of a process), then the newest sequence, a line each time. It answers on standard output with the
sequence it has reached. The end of its input means: catch up, and end.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from adapters.sql import database_at
from adapters.telemetry import FactLog, configure_logs
from app.buckets import ArchivePlace
from app.valuation import VALUATION
from ports.errors import LivexecError

_BATCH: Final = 2_000
FAILED: Final = 1
_BEHIND_ORDERS: Final = 10  # of niceness: where the processors are all busy, orders come first and tables later


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorOrders:
    """What the parent tells a projector when it starts it."""

    database: str = field(repr=False)  # its address, login and all
    archive: tuple[str, str | None, str | None]  # see `app.buckets.ArchivePlace`
    log_file: str | None
    log_level: str
    log_to_stderr: bool
    log_orders: bool
    log_fills: bool


class Projector:
    """Takes entries into the tables and the log, as far as it was told the journal goes."""

    def __init__(self, orders: ProjectorOrders, lines: asyncio.StreamReader) -> None:
        database = database_at(orders.database, ArchivePlace(*orders.archive).open)
        self._journal = database.reader()
        self._tables = database.tables(VALUATION)
        self._lines = lines
        self._log_orders, self._log_fills = orders.log_orders, orders.log_fills
        self._head = 0
        self._news = asyncio.Event()
        self._ended = False

    async def run(self) -> None:
        """Serve until the input ends and everything is taken in."""
        await self._journal.open()
        place = await self._tables.open()
        log = FactLog(place, orders=self._log_orders, fills=self._log_fills)
        listening = asyncio.create_task(self._listen())
        _say(place)
        while True:
            self._news.clear()
            ended = self._ended
            while place < self._head or ended:
                batch = await self._journal.read(place, _BATCH)
                if not batch:
                    break
                await self._tables.take(batch)
                await log.take(batch)
                place = batch[-1].seq
                _say(place)
            if ended:
                break
            await self._news.wait()
        await listening
        await self._tables.close()
        await self._journal.close()

    async def _listen(self) -> None:
        while line := await self._lines.readline():
            self._head = max(self._head, int(line))
            self._news.set()
        self._ended = True
        self._news.set()


def _say(sequence: int) -> None:
    sys.stdout.write(f"{sequence}\n")
    sys.stdout.flush()


async def _serve() -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    told = await lines.readline()
    if not told:
        return  # the parent is gone before it had said anything
    orders = ProjectorOrders(**orjson.loads(told))
    file = None if orders.log_file is None else Path(orders.log_file)
    configure_logs(orders.log_level, file, quiet=not orders.log_to_stderr)
    await Projector(orders, lines).run()


def main() -> int:
    """Run a projector, which reads what it is to do from its standard input. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the end of the input ends it, never before everything is taken in
    os.nice(_BEHIND_ORDERS)
    try:
        asyncio.run(_serve())
    except LivexecError as failure:
        sys.stderr.write(f"projector: {failure}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
