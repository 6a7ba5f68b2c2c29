"""Following the journal for somebody far away: a sign of life when nothing happens, an end when the door closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any, Final

from adapters.doors.errors import Kind, Refusal, RefusedError
from ports.errors import InvalidInputError
from ports.execution import FactFeed
from ports.journal import Entry

HEARTBEAT_S: Final = 15.0
MAX_STREAMS: Final = 256


class Streams:
    """The open streams of one door: how many there may be, and the one bell that ends them all."""

    def __init__(self, limit: int = MAX_STREAMS) -> None:
        self._limit = limit
        self._open = 0
        self._closing = asyncio.Event()

    def check(self) -> None:
        """Make sure that there is a place now.

        Raises:
            RefusedError: every place is taken.
        """
        if self._open >= self._limit:
            message = f"all {self._limit} streams of this door are taken; close one, or try again later"
            raise RefusedError(Refusal(Kind.TOO_MANY_STREAMS, message))

    def __enter__(self) -> None:
        """Take a place.

        Raises:
            RefusedError: every place is taken.
        """
        self.check()
        self._open += 1

    def __exit__(self, *_: object) -> None:
        self._open -= 1

    @property
    def closing(self) -> asyncio.Event:
        """Set when the door closes."""
        return self._closing


def start_of(feed: FactFeed, after: int | None, field: str) -> int:
    """Return where a stream begins: after a sequence that the journal has reached, or (None) from now on.

    Raises:
        InvalidInputError: the journal never gave out that number.
    """
    newest = feed.sequence
    if after is None:
        return newest
    if not 0 <= after <= newest:
        raise InvalidInputError(field, after, f"this journal is at {newest}: ask from 0 to {newest}, or from now on")
    return after


async def paced(
    feed: FactFeed, after: int, closing: asyncio.Event, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[Sequence[Entry]]:
    """Yield the batches after `after`; an empty one where nothing happened for `heartbeat_s` seconds.

    Ends when the feed ends or `closing` is set. A reader that does not ask is not read for: nothing piles up here.

    Raises:
        JournalUnavailableError: as the feed.
    """
    batches = feed.follow(after)
    bell = asyncio.ensure_future(closing.wait())
    coming: asyncio.Future[Sequence[Entry]] | None = None
    try:
        while not closing.is_set():
            if coming is None:
                coming = asyncio.ensure_future(anext(batches))
            either: set[asyncio.Future[Any]] = {coming, bell}
            await asyncio.wait(either, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                if not closing.is_set():
                    yield ()
                continue
            arrived, coming = coming, None
            try:
                batch = arrived.result()
            except StopAsyncIteration:
                return
            yield batch
    finally:
        bell.cancel()
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await coming
