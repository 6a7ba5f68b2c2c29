"""A projection's follower: reads the committed journal at its own pace and survives its store's troubles."""

from __future__ import annotations

import asyncio

from ports.errors import JournalUnavailableError
from ports.execution import FactFeed
from ports.projections import Projection
from ports.telemetry import Telemetry

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0


class Follower:
    """Keeps one projection up with the journal. Repeating is safe: a projection skips what it has."""

    def __init__(
        self,
        name: str,
        projection: Projection,
        feed: FactFeed,
        troubles: tuple[type[Exception], ...],
        telemetry: Telemetry,
    ) -> None:
        self._name = name
        self._projection = projection
        self._feed = feed
        self._troubles: tuple[type[Exception], ...] = (JournalUnavailableError, *troubles)
        self._telemetry = telemetry
        self.taken = 0  # the last sequence taken in, once it runs

    async def run(self) -> None:
        """Follow until the feed is closed and everything is taken in."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                self.taken = await self._projection.cursor()
                async for batch in self._feed.follow(self.taken):
                    await self._projection.take(batch)
                    self.taken = batch[-1].seq
                    pause_s = _FIRST_PAUSE_S
                return
            except self._troubles as trouble:
                self._telemetry.note("projection.stalled", projection=self._name, error=str(trouble), retry_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
