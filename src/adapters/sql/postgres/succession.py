"""How a process comes to lead: at once, or as a standby when the leader's lock is free or its lease has run out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect
from adapters.sql.postgres.leadership import Leadership, Pulse, end_holder, pulse
from adapters.sql.postgres.lease import since_boot_ns
from ports.errors import JournalUnavailableError

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

TOLD_EVERY_S: Final = 10.0  # how often a standby says that it waits
_LOOK_EVERY_S: Final = 0.5  # at the leader's pulse, while its lock is waited for
_AGAIN_S: Final = 0.5  # after a connection was lost
_MS: Final = 1_000_000


class Watched:
    """The newest pulse of the leader, and when it was first seen: its lease began before that."""

    def __init__(self, clock: Callable[[], int] = since_boot_ns) -> None:
        self._clock = clock
        self._seen: Pulse | None = None
        self._seen_ns = 0

    def look(self, seen: Pulse) -> None:
        """Take note of a pulse that was just read."""
        if seen != self._seen:
            self._seen, self._seen_ns = seen, self._clock()

    @property
    def overdue_ms(self) -> int:
        """For how long nothing has renewed a lease that has run out; 0 where it may hold, or where there is none."""
        still_ms = (self._clock() - self._seen_ns) // _MS
        return still_ms if self._seen is not None and 0 < self._seen.lease_ms < still_ms else 0

    def barred_ns(self, before: Pulse) -> int:
        """Return until when a leader, whose pulse was `before` when its lead ended just now, may reach a venue."""
        last_ns = self._seen_ns if before == self._seen else self._clock()
        return last_ns + before.fence_ms * _MS if before.fence_ms else 0


class Succession:
    """Takes the lock that only one session has. A `standby` waits for it; another process is refused."""

    def __init__(
        self, leadership: Leadership, takeover_s: float, *, standby: bool, on_waiting: Callable[[str], None]
    ) -> None:
        self.watched = Watched()
        self._leadership = leadership
        self._takeover_s = takeover_s
        self._standby = standby
        self._on_waiting = on_waiting
        self._told_s: float | None = None  # None: it has not waited yet

    async def take(self) -> Connection:
        """Return a connection that has the lock; one that is lost while a standby waits is made again.

        Raises:
            JournalUnavailableError: the server does not answer, or another process leads and this is no standby.
        """
        while True:
            try:
                return await self._taken()
            except (*STORE_ERRORS, JournalUnavailableError) as away:
                if self._told_s is None:
                    raise
                self._tell(f"standby: {away}")
                await asyncio.sleep(_AGAIN_S)

    async def _taken(self) -> Connection:
        writer = await connect(self._leadership.address, can_write=True)
        try:
            if not await self._leadership.lock(writer, self._takeover_s):
                await self._wait(writer)
        except BaseException:
            await let_go(writer)
            raise
        return writer

    async def _wait(self, writer: Connection) -> None:
        if not self._standby:
            held = await self._leadership.held(writer)
            raise JournalUnavailableError(f"{held}; stop that one first, or set `database.standby` to wait for it")
        while True:
            self.watched.look(await pulse(writer))
            self._tell(f"standby: {await self._leadership.held(writer)}; waiting for its end")
            if overdue_ms := self.watched.overdue_ms:
                self._on_waiting(f"standby: the leader's lease has run out ({overdue_ms:,} ms); its session is ended")
                await end_holder(writer)
            if await self._leadership.lock(writer, _LOOK_EVERY_S):
                return

    def _tell(self, line: str) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._told_s is None or now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            self._on_waiting(line)


async def let_go(writer: Connection) -> None:
    """Free the lock before the connection ends: the next process need not wait until the server has noticed."""
    if not writer.is_closed():
        try:
            async with asyncio.timeout(1.0):
                await writer.execute("SELECT pg_advisory_unlock_all()")
        except STORE_ERRORS:
            writer.terminate()
    await disconnect(writer)
