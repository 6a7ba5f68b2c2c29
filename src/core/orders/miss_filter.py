"""A filter that is exact where it says "never": what was added is always "perhaps", most of the rest is "never"."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

_PROBES: Final = 8  # with 16 bits a name: of 2,000 names that were never added, one is "perhaps"
_HALF: Final = (1 << 60) - 1


class MissFilter:
    """Names, each known by a number of 120 bits that was computed from it (a Bloom filter).

    It grows by blocks, each twice as large as the one before, so that nothing is ever moved. The same numbers in the
    same order make the same bits.
    """

    def __init__(self, first_capacity: int = 1 << 20, bits_a_name: int = 16) -> None:
        self._capacity = first_capacity  # of the block that is filled; a power of two, and so are the bits
        self._bits_a_name = bits_a_name
        self._blocks: list[bytearray] = []  # the first is made when the first name comes
        self._in_block = 0
        self.count = 0

    def add(self, number: int) -> None:
        """Remember a name, for ever; harmless to repeat."""
        if not self._blocks or self._in_block == self._capacity:
            self._capacity *= 2 if self._blocks else 1
            self._blocks.append(bytearray(self._capacity * self._bits_a_name // 8))
            self._in_block = 0
        block = self._blocks[-1]
        mask, place, step = len(block) * 8 - 1, number & _HALF, number >> 60 | 1
        for _ in range(_PROBES):
            bit = place & mask
            block[bit >> 3] |= 1 << (bit & 7)
            place += step
        self._in_block += 1
        self.count += 1

    def may_have(self, number: int) -> bool:
        """Say whether a name was perhaps added; False: it never was."""
        for block in self._blocks:  # noqa: SIM110 - a generator costs more than the look itself
            if _has(block, number):
                return True
        return False

    def canonical(self) -> tuple[object, ...]:
        """Return what is remembered in one short shape."""
        return self.count, tuple([blake2b(block, digest_size=16).hexdigest() for block in self._blocks])


def _has(block: bytearray, number: int) -> bool:
    mask, place, step = len(block) * 8 - 1, number & _HALF, number >> 60 | 1
    for _ in range(_PROBES):
        bit = place & mask
        if not block[bit >> 3] & 1 << (bit & 7):
            return False
        place += step
    return True
