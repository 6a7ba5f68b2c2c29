"""How a session is, in its own numbers: for people and doors, never for a decision of the core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ports.records import record


@record
class Budget:
    """One of the venue's rate limits as it is kept here: what is left of it now, and what comes back each second."""

    name: str
    left: float
    most: float
    refill_a_second: float


@record
class Pulse:
    """What a session knows of itself; 0 and empty: it does not know, or was never connected."""

    heard_ns: int = 0  # when the venue last said anything, UTC
    round_trip_us: int = 0  # of the last question that was measured
    clock_ahead_ms: int = 0  # the venue's clock of ours
    budgets: Sequence[Budget] = ()
    dead_man_s: int = 0  # after how long without us the venue takes every order back by itself; 0: it does not
    trouble: str = ""  # what is wrong with a session that is connected all the same


@runtime_checkable
class HasPulse(Protocol):
    """A session that tells; asked often, and therefore from memory."""

    def pulse(self) -> Pulse:
        """Return how it is now."""
