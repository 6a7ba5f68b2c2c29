"""A journal that a process opens, with a disk's lateness and failures; it may die in the middle of anything."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ports.errors import SpoolUnavailableError
from ports.journal import Entry, Head
from ports.spool import Spooled

from fakes.journal import AppendFails, MemoryJournal, MemoryStore
from fakes.spool import MemorySpool
from fakes.virtual_loop import pause


@dataclass
class Disk:
    """How the disk behaves: how often an append fails, and whether it answers at all."""

    random: Random
    failing: float = 0.0
    is_away: bool = False

    def delay_s(self) -> float:
        return self.random.choice((0.0, 0.0001, 0.001, 0.02))


class MortalSpool:
    """One process's hold on the spool. After `die` no call of it ever returns."""

    def __init__(self, spool: MemorySpool, disk: Disk) -> None:
        self._spool = spool
        self._disk = disk
        self.is_dead = False

    async def open(self) -> Sequence[Spooled]:
        return await self._spool.open()

    async def keep(self, spooled: Spooled) -> None:
        await self._answer()
        if self._disk.random.random() < self._disk.failing:
            raise SpoolUnavailableError("the spool's disk failed")
        await self._spool.keep(spooled)
        await self._answer()

    async def clear(self) -> None:
        await self._answer()
        await self._spool.clear()
        await self._answer()

    async def _answer(self) -> None:
        delay_s = self._disk.delay_s()
        if delay_s:
            await pause(delay_s)
        if self.is_dead:
            await asyncio.get_running_loop().create_future()


class MortalJournal:
    """One process's hold on the store. After `die` no call of it ever returns, and the store is free for the next."""

    def __init__(self, store: MemoryStore, disk: Disk) -> None:
        self._store = store
        self._journal = MemoryJournal(store)
        self._disk = disk
        self.is_dead = False

    def die(self) -> None:
        self.is_dead = True
        if self._store.writer is self._journal:
            self._store.writer = None  # the kernel lets go of a dead process's lock

    def fail_next_append(self, when: AppendFails) -> None:
        self._journal.fail_next_append(when)

    async def open(self) -> Head:
        await self._answer()
        return await self._journal.open()

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._answer()
        if self._disk.random.random() < self._disk.failing:
            self._journal.fail_next_append(self._disk.random.choice(list(AppendFails)))
        await self._journal.append(entries)
        await self._answer()

    async def head(self) -> Head:
        await self._answer()
        return await self._journal.head()

    async def checksum(self, seq: int) -> int | None:
        await self._answer()
        return await self._journal.checksum(seq)

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        await self._answer()
        return await self._journal.read(after_seq, limit)

    async def close(self) -> None:
        await self._journal.close()

    async def _answer(self) -> None:
        delay_s = self._disk.delay_s()
        if delay_s:
            await pause(delay_s)
        if self.is_dead:
            await asyncio.get_running_loop().create_future()  # the dead are never answered
        self._journal.away = self._disk.is_away
