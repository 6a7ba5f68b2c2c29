"""Following changes of orders: the journal's end is read once for all watchers of a door, and each hears its own.

Waking every watcher for every commit costs more than the orders themselves: fifty watchers of fifty strategies would
look at each entry fifty times.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from itertools import batched
from typing import Final

from adapters.doors.updates import Translator, Update
from ports.execution import FactFeed
from ports.projections import Queries

ENTRIES_AT_ONCE: Final = 256  # looked at, and told, together
MAX_UPDATES: Final = 8_192  # remembered for those who come a little late; and as many wait for a slow watcher
type Told = tuple[int, list[Update]]


class _Reader:
    """One watcher: where it is, and what waits for it."""

    def __init__(self, place: int, strategy_id: str, operation_id: str) -> None:
        self.place = place
        self.pending: list[Update] = []
        self.news = asyncio.Event()
        self.strategy_id = strategy_id
        self._operation_id = operation_id

    def wants(self, update: Update) -> bool:
        """Say whether an update is new to it, and of its strategy or of its order, children included."""
        if update.sequence <= self.place or (self.strategy_id and update.strategy_id != self.strategy_id):
            return False
        wanted = self._operation_id
        return not wanted or wanted in (update.operation_id, update.result.get("parent_operation_id"))


class _End:
    """The journal's end, translated once for the readers who are there. One that is too slow is sent away."""

    def __init__(self, queries: Queries, feed: FactFeed, place: int) -> None:
        self.place = place
        self.floor = place  # every update after it is remembered
        self.readers: dict[str, set[_Reader]] = {}  # by strategy; empty: of all
        self._kept: deque[Update] = deque()
        self.task = asyncio.create_task(self._follow(Translator(queries), feed))
        self.task.add_done_callback(self._over)

    def join(self, reader: _Reader) -> None:
        """Let a reader at or after `floor` hear everything after its place."""
        reader.pending = [update for update in self._kept if reader.wants(update)]
        if reader.pending:
            reader.news.set()
        self.readers.setdefault(reader.strategy_id, set()).add(reader)

    def leave(self, reader: _Reader) -> None:
        """Tell a reader nothing more; harmless to repeat."""
        there = self.readers.get(reader.strategy_id, set())
        there.discard(reader)
        if not there:
            self.readers.pop(reader.strategy_id, None)

    def has(self, reader: _Reader) -> bool:
        """Say whether a reader is told what happens."""
        return reader in self.readers.get(reader.strategy_id, ())

    def _over(self, task: asyncio.Task[None]) -> None:
        """Wake everybody: nothing more comes from here. Where nobody is there, nobody needs to hear why."""
        if not task.cancelled():
            task.exception()
        for some in self.readers.values():
            for reader in some:
                reader.news.set()

    async def _follow(self, translator: Translator, feed: FactFeed) -> None:
        async for batch in feed.follow(self.place):
            for entries in batched(batch, ENTRIES_AT_ONCE):
                for update in await translator.updates(entries):
                    self._tell(update)
                self.place = entries[-1].seq
                await asyncio.sleep(0)  # a long batch must not hold up whatever else is due

    def _tell(self, update: Update) -> None:
        self._kept.append(update)
        if len(self._kept) > MAX_UPDATES:
            self.floor = self._kept.popleft().sequence
        for strategy_id in ("", update.strategy_id) if update.strategy_id else ("",):
            for reader in list(self.readers.get(strategy_id, ())):
                if reader.wants(update):
                    reader.pending.append(update)
                    reader.news.set()
                    if len(reader.pending) > MAX_UPDATES:
                        reader.pending.clear()
                        self.leave(reader)  # it reads by itself from where it was, and comes back


class Watch:
    """All watchers of a door."""

    def __init__(self, queries: Queries, feed: FactFeed) -> None:
        self._queries = queries
        self._feed = feed
        self._end: _End | None = None

    async def follow(
        self, after: int, closing: asyncio.Event, heartbeat_s: float, strategy_id: str = "", operation_id: str = ""
    ) -> AsyncGenerator[Told]:
        """Yield how far the journal is covered, and what of it concerns the watcher, in order, each change once.

        No changes are a sign of life: after `heartbeat_s` seconds without one at the latest. Empty filters do not
        filter. Ends when the feed ends or `closing` is set.

        Raises:
            NotYetVisibleError: the read tables are too far behind to go on; ask again from the last sequence.
            JournalUnavailableError: as the feed.
        """
        reader = _Reader(after, strategy_id, operation_id)
        bell = asyncio.ensure_future(closing.wait())
        bell.add_done_callback(lambda _: reader.news.set())
        try:
            while not closing.is_set():
                async with aclosing(self._catch_up(reader)) as behind:
                    async for told in behind:
                        yield told
                        if closing.is_set():
                            return
                if not self._is_near(reader):
                    return  # the feed ended before
                end = self._joined(reader)
                async with aclosing(_live(end, reader, closing, heartbeat_s)) as live:
                    async for told in live:
                        yield told
                if end.task.done() and not end.task.cancelled():  # cancelled: while this one was away, the last left
                    end.task.result()
                    return
        finally:
            bell.cancel()
            self._leave(reader)

    async def _catch_up(self, reader: _Reader) -> AsyncGenerator[Told]:
        """Read for this watcher alone until it is near the journal's end."""
        if self._is_near(reader):
            return
        translator = Translator(self._queries)
        async for batch in self._feed.follow(reader.place):
            for entries in batched(batch, ENTRIES_AT_ONCE):
                found = [update for update in await translator.updates(entries) if reader.wants(update)]
                reader.place = entries[-1].seq
                yield reader.place, found
            if self._is_near(reader):
                return

    def _is_near(self, reader: _Reader) -> bool:
        if self._end is not None and not self._end.task.done():
            return reader.place >= self._end.floor
        return self._feed.sequence - reader.place <= ENTRIES_AT_ONCE

    def _joined(self, reader: _Reader) -> _End:
        if self._end is None or self._end.task.done():
            self._end = _End(self._queries, self._feed, reader.place)
        self._end.join(reader)
        return self._end

    def _leave(self, reader: _Reader) -> None:
        if self._end is not None:
            self._end.leave(reader)
            if not self._end.readers:
                self._end.task.cancel()
                self._end = None


async def _live(end: _End, reader: _Reader, closing: asyncio.Event, heartbeat_s: float) -> AsyncGenerator[Told]:
    """Yield what comes from the journal's end, until the reader is sent away, it is over, or `closing` is set."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(heartbeat_s):
                await reader.news.wait()
        reader.news.clear()
        if closing.is_set() or not end.has(reader):
            return
        found, reader.pending = reader.pending, []
        reader.place = max(reader.place, end.place)
        is_over = end.task.done()
        if found or not is_over:
            yield reader.place, found
        if is_over:
            return
