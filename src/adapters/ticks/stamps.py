"""Stamps in micro-, milli- or nanoseconds: their size says which."""

from __future__ import annotations

from typing import Final

# Each bound is a date no recording is near (1973 above, 5138 below).
MILLI_BELOW: Final = 100_000_000_000_000
MICRO_BELOW: Final = 100_000_000_000_000_000
OLDEST: Final = 100_000_000_000


def ns_per_unit(stamp: int) -> int | None:
    """Return how many nanoseconds the unit of `stamp` has; None where it is no time since 1973."""
    if stamp < OLDEST:
        return None
    return 1_000_000 if stamp < MILLI_BELOW else 1_000 if stamp < MICRO_BELOW else 1
