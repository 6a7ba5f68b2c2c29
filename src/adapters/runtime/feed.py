"""The committed journal, followed live: the newest entries from memory, older ones from the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import islice
from typing import Final

from ports.journal import Entry, JournalReader

_KEPT: Final = 20_000  # entries in memory; a reader further behind reads from the store
_READ_AT_ONCE: Final = 1_000
_FEW: Final = 4  # readers that are woken by every commit
_AT_ONCE: Final = 8  # beyond, so many of them a turn, those first who have waited longest
_TURN_S: Final = 0.001


class CommittedFeed:
    """What the writer has committed. Readers keep their own place and never slow the writer.

    A few readers hear of every commit at once. Many are told in turns and less often (fifty: every 7 ms), because
    waking each of them for each of a thousand commits a second would leave no time for the commits, and waking all of
    them together would hold up whatever comes just then.
    """

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._kept: list[Entry] = []
        self._sequence = 0
        self._waiting: dict[asyncio.Future[None], int] = {}  # the reader's place; the one who came first is first
        self._closed = False
        self._due: asyncio.TimerHandle | None = None

    @property
    def sequence(self) -> int:
        """The last durable sequence."""
        return self._sequence

    def begin_at(self, sequence: int) -> None:
        """Say where the journal ended when it was opened (or read back); older entries come from the store."""
        self._kept.clear()
        self._sequence = sequence
        self._wake()

    def publish(self, entries: Sequence[Entry]) -> None:
        """Add entries that became durable just now."""
        self._kept.extend(entries)
        self._sequence = entries[-1].seq
        beyond = len(self._kept) - _KEPT
        if beyond > _KEPT // 64:  # some at a time: to free many takes milliseconds that nobody else has meanwhile
            del self._kept[:beyond]
        if len(self._waiting) <= _FEW:  # after what is released now: an order leaves before anybody reads of it
            asyncio.get_running_loop().call_soon(self._wake)
        elif self._due is None:
            self._due = asyncio.get_running_loop().call_later(_TURN_S, self._wake_some)

    def close(self) -> None:
        """End every follower once it has everything."""
        self._closed = True
        self._wake()

    async def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        """Yield batches after `after_seq`, without holes, until the feed is closed."""
        place = after_seq
        while True:
            if place < self._sequence:
                batch = self._from_memory(place) or await self._read(place)
                if batch:
                    place = batch[-1].seq
                    yield batch
                continue
            if self._closed:
                return
            news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[news] = place
            try:
                await news
            finally:
                self._waiting.pop(news, None)

    async def _read(self, place: int) -> Sequence[Entry]:
        # The store may already hold what its writer has not been told of: no reader is ahead of the writer.
        return await self._reader.read(place, min(_READ_AT_ONCE, self._sequence - place))

    def _from_memory(self, place: int) -> Sequence[Entry]:
        if not self._kept or self._kept[0].seq > place + 1:
            return ()
        start = place + 1 - self._kept[0].seq
        return self._kept[start : start + _READ_AT_ONCE]

    def _wake(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        for news in self._waiting:
            if not news.done():
                news.set_result(None)

    def _wake_some(self) -> None:
        self._due = None
        for news in list(islice(self._waiting, _AT_ONCE)):
            del self._waiting[news]
            if not news.done():
                news.set_result(None)
        place = next(iter(self._waiting.values()), self._sequence)
        if place < self._sequence:  # the next has news to hear of, too
            self._due = asyncio.get_running_loop().call_later(_TURN_S, self._wake_some)
