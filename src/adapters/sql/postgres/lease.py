"""The lease of the leader of a journal on PostgreSQL: a deadline on its own clock, renewed by commits (ADR 0046)."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final

from ports.lease import NO_WATCHDOG, Watchdog

_BEATS: Final = 20  # of the process, in a lease
_DUE: Final = 5  # renewals in a lease, where nothing is committed; and the share of it in which nothing new leaves
_MS: Final = 1_000_000
_S: Final = 1e9

if sys.platform == "linux":

    def since_boot_ns() -> int:
        """Return nanoseconds since boot, the time in suspension included: a laptop that slept has lost its lease."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

else:

    def since_boot_ns() -> int:
        """Return nanoseconds since boot."""
        return time.monotonic_ns()


class Lease:
    """Until when this process may write to venues.

    It ends `length_ms` after the last renewal was *begun*, and closes a fifth of that earlier: what has been let go is
    away by its end. `send_deadline_ns` is how much later than that it may still reach a venue, by the venue that
    bears with an order longest; None where no real venue is traded and nobody has to wait for anything.
    """

    def __init__(self, length_ms: int, send_deadline_ns: int | None, clock: Callable[[], int] = since_boot_ns) -> None:
        self.length_ms = length_ms
        self.fence_ms = 0 if send_deadline_ns is None else length_ms + -(-send_deadline_ns // _MS)
        self.beat_s = length_ms / 1_000 / _BEATS
        self.now_ns = clock
        self._length_ns = length_ms * _MS
        self._ends_ns = self._closes_ns = self._awake_ns = self._barred_ns = 0
        self._renewed_ns = 0
        self._has_lapsed = False
        self._has_overslept = False  # and has not asked the journal since
        self._renew: Callable[[], Awaitable[None]] | None = None  # None: it does not lead
        self._watchdog = NO_WATCHDOG

    # -- what is asked before a write to a venue

    def order_s(self) -> float:
        """See `ports.lease.SendLease`."""
        return (self._closes_ns - self.now_ns()) / _S

    def cancel_s(self) -> float:
        """See `ports.lease.SendLease`."""
        return (max(self._closes_ns, self._awake_ns) - self.now_ns()) / _S

    def barred_s(self) -> float:
        """Return for how long what the leader before has sent may still reach a venue; 0 or less: not any more."""
        return (self._barred_ns - self.now_ns()) / _S

    # -- what the journal says

    def led(self, began_ns: int, barred_ns: int, renew: Callable[[], Awaitable[None]]) -> None:
        """This process leads: it asked to at `began_ns`, and may write to venues after `barred_ns`."""
        self._barred_ns = barred_ns
        self._renew = renew
        self._awake_ns, self._has_overslept = self.now_ns() + self._length_ns, False
        self.renewed(began_ns)

    def renewed(self, began_ns: int) -> None:
        """The journal has taken something that was handed to it at `began_ns`: this process leads."""
        self._renewed_ns = max(self._renewed_ns, began_ns)
        self._ends_ns = self._renewed_ns + self._length_ns
        self._closes_ns = self._ends_ns - self._length_ns // _DUE
        if self._has_lapsed:
            self._has_lapsed = False
            self._watchdog.arm(self._ends_ns)

    def gone(self) -> None:
        """The journal is closed: nothing leaves any more."""
        self._renew = None
        self._ends_ns = self._closes_ns = self._awake_ns = 0
        self._watchdog.disarm()

    # -- what keeps it

    @property
    def is_due(self) -> bool:
        """Whether nothing has renewed it for a while."""
        return self._renew is not None and self.now_ns() - self._renewed_ns >= self._length_ns // _DUE

    async def renew(self) -> None:
        """Ask the journal to renew it.

        Raises:
            JournalLostError: another process leads.
            JournalUnavailableError: the journal did not answer.
        """
        has_overslept = self._has_overslept  # a question from before does not count
        try:
            if self._renew is not None:
                await self._renew()
        finally:
            if has_overslept:
                self._awake_ns, self._has_overslept = self.now_ns() + self._length_ns, False

    def watch(self, watchdog: Watchdog) -> None:
        """From now on `watchdog` ends this process with its lease, where it does not say in time that it is awake."""
        self._watchdog = watchdog
        self.beat()

    def unwatch(self) -> None:
        """This process writes to no venue any more: nothing has to end it."""
        self._watchdog.disarm()
        self._watchdog = NO_WATCHDOG

    def beat(self) -> bool:
        """Say that this process is awake; returns whether its lease is found to have closed just now.

        A process that has overslept has to ask the journal first: it may not even cancel before that.
        """
        if self._renew is None:
            return False
        now_ns = self.now_ns()
        self._has_overslept |= now_ns > self._awake_ns
        if not self._has_overslept:
            self._awake_ns = now_ns + self._length_ns
        if now_ns < self._closes_ns:
            self._watchdog.arm(self._ends_ns)
            return False
        if not self._has_lapsed:  # what was let go before it closed is given one more beat to be cut short
            self._has_lapsed = True
            return True
        self._watchdog.disarm()
        return False
