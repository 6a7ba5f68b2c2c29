"""The lease of a process that leads: until when what it writes to venues may still leave it."""

from __future__ import annotations

import math
from typing import Final, Protocol


class SendLease(Protocol):
    """Asked before each write to a venue, because a venue cannot tell a leader from the one before it."""

    def order_s(self) -> float:
        """Return for how long a new order or an amend may still leave (seconds); 0 or less: not any more."""

    def cancel_s(self) -> float:
        """Return for how long a cancel may still leave (seconds); 0 or less: not any more.

        Longer than `order_s` where the journal is away from a process that is awake: what only reduces risk leaves.
        """


class _Unfenced:
    """No lease: nobody else can lead."""

    def order_s(self) -> float:
        """See `SendLease`."""
        return math.inf

    def cancel_s(self) -> float:
        """See `SendLease`."""
        return math.inf


class Watchdog(Protocol):
    """Ends this process at an instant, whatever the process does then; each call takes the place of the one before."""

    def arm(self, at_ns: int) -> None:
        """End the process at `at_ns` (nanoseconds since boot, time in suspension included)."""

    def disarm(self) -> None:
        """Do not end it."""


class _NoWatchdog:
    """Ends nothing."""

    def arm(self, at_ns: int) -> None:
        """See `Watchdog`."""

    def disarm(self) -> None:
        """See `Watchdog`."""


UNFENCED: Final[SendLease] = _Unfenced()
NO_WATCHDOG: Final[Watchdog] = _NoWatchdog()
