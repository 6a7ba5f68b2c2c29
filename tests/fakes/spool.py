"""A spool in memory, which outlives the processes that open it, with faults that a test turns on."""

import asyncio
from collections.abc import Sequence

from ports.errors import SpoolUnavailableError
from ports.spool import Spooled


class MemorySpool:
    """`kept` is what is durable. While `fails`, it keeps and clears nothing; until `may_keep`, keeping waits."""

    def __init__(self) -> None:
        self.kept: list[Spooled] = []
        self.fails = False
        self.may_keep = asyncio.Event()
        self.may_keep.set()

    async def open(self) -> Sequence[Spooled]:
        await self._answer()
        return list(self.kept)

    async def keep(self, spooled: Spooled) -> None:
        await self.may_keep.wait()
        await self._answer()
        self.kept.append(spooled)

    async def clear(self) -> None:
        await self._answer()
        self.kept.clear()

    async def _answer(self) -> None:
        await asyncio.sleep(0)  # a real one answers later
        if self.fails:
            raise SpoolUnavailableError("the spool's disk fails")
