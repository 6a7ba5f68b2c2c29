"""Leading, where another process could: the lease is kept all the time, and watched while venues are written to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from adapters.runtime import watchdog
from adapters.sql import Lease, LeaseKeeper
from app.container import LiveContainer


class Leading:
    """Keeps the lease of this process; where there is none, nothing is kept, and nobody is waited for."""

    def __init__(self, container: LiveContainer) -> None:
        self._container = container
        self._lease: Lease | None = None
        self._keeping: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Keep the lease from the moment when the journal is taken; the service fails where another process leads."""
        made = self._container
        self._lease = made.lease()
        if self._lease is not None:
            self._keeping = asyncio.create_task(LeaseKeeper(self._lease, made.telemetry()).run(), name="lease")
            self._keeping.add_done_callback(made.host().defect)

    def left_s(self) -> float | None:
        """Return for how long new orders may still be sent; None where there is no lease."""
        return None if self._lease is None else self._lease.order_s()

    async def outlast(self, progress: Callable[[str], None]) -> None:
        """Wait until nothing that another process sent can reach a venue any more: a venue cannot be fenced."""
        while self._lease is not None and (left_s := self._lease.barred_s()) > 0:
            progress(f"waiting {left_s:.1f} s: until then the leader before may still reach a venue")
            await asyncio.sleep(left_s)

    def watch(self) -> None:
        """From now on the kernel ends this process where it sleeps beyond its lease: it writes to venues."""
        if self._lease is not None:
            self._lease.watch(watchdog())

    def unwatch(self) -> None:
        """It writes to no venue any more, and may take its time."""
        if self._lease is not None:
            self._lease.unwatch()

    async def end(self) -> None:
        """Keep it no longer."""
        self.unwatch()
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
