"""Lots drawn from a seed, each by itself: asked in whatever order, before or after a restart, they are the same."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

WIDEST: Final = 10**6  # a draw lies in -WIDEST .. WIDEST
_SEED_BYTES: Final = 6  # a fact keeps the seed, and every JSON reader holds 48 bits exactly


def seed_of(name: str) -> int:
    """Return the seed that a name (an operation id) stands for."""
    return int.from_bytes(blake2b(name.encode(), digest_size=_SEED_BYTES).digest())


def draw(seed: int, what: str, number: int) -> int:
    """Return a whole number from -10^6 to 10^6, each as likely (to one part in 10^12)."""
    digest = blake2b(f"{seed}/{what}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % (2 * WIDEST + 1) - WIDEST
