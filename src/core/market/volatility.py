"""How much a price moves: one look a second, the newest few minutes counting most."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from core.market.volume import SECOND_NS
from ports.values import ZERO, divide, multiply_rounded

_MEMORY: Final = 300  # looks that the estimate leans on: five minutes of a market that moves every second
_LEAST: Final = 10  # with fewer looks nothing is said
_LONGEST_GAP_NS: Final = 60 * SECOND_NS  # beyond it the feed was away, and the move is no sample
_ROOT: Final = Context(prec=9)  # an estimate; the same digits on every machine
_BPS: Final = Decimal(10_000)
_DAY_S: Final = Decimal(86_400)
_NS: Final = Decimal(SECOND_NS)


class Volatility:
    """The variance of one instrument's mid over a second: an average of squared returns that forgets."""

    __slots__ = ("_at_ns", "_looks", "_mid", "_variance")

    def __init__(self) -> None:
        self._at_ns = 0
        self._mid = ZERO
        self._looks = 0
        self._variance = ZERO

    def take(self, mid: Decimal, at_ns: int) -> None:
        """Look at the mid as of a time; looks that come within a second of the last one say nothing new."""
        passed_ns = at_ns - self._at_ns
        if passed_ns < SECOND_NS:
            return
        if self._mid and passed_ns <= _LONGEST_GAP_NS:
            moved = divide(mid - self._mid, self._mid)
            sample = divide(multiply_rounded(moved, moved) * _NS, Decimal(passed_ns))
            self._looks = min(self._looks + 1, _MEMORY)
            self._variance += divide(sample - self._variance, Decimal(self._looks))
        self._mid, self._at_ns = mid, at_ns

    def bps_a_second(self) -> Decimal | None:
        """Return one standard deviation of a second's return in basis points; None where too little was seen."""
        return None if self._looks < _LEAST else _ROOT.multiply(_ROOT.sqrt(self._variance), _BPS)

    def of_a_day(self) -> Decimal | None:
        """Return the standard deviation of a day's return as a fraction, by the root of time; None as above."""
        return None if self._looks < _LEAST else _ROOT.sqrt(self._variance * _DAY_S)
