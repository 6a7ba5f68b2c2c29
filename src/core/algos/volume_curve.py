"""Volume curves: made of past trades by time of day, and what they expect of a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Final

from ports.algorithms import VolumeCurve
from ports.errors import InvalidInputError
from ports.market_data import Trade
from ports.values import divide, exact

DAY_NS: Final = 86_400 * 1_000_000_000
_FINE: Final = 10**9  # expected volumes are whole billionths of the unit: only their proportions matter


class CurveBuilder:
    """Adds up trades by time of day and by day; a curve is their average over the days that had trades.

    Raises:
        InvalidInputError: the bucket does not divide a day.
    """

    def __init__(self, bucket_ns: int) -> None:
        if bucket_ns <= 0 or DAY_NS % bucket_ns:
            raise InvalidInputError("bucket_ns", bucket_ns, "use a length that divides a day, such as 5 minutes")
        self._bucket_ns = bucket_ns
        self._sums = [Decimal(0)] * (DAY_NS // bucket_ns)
        self._days: set[int] = set()

    def take(self, trades: Iterable[Trade]) -> None:
        """Count trades, in any order; each must come once."""
        with exact():
            for trade in trades:
                self._days.add(trade.event_time_ns // DAY_NS)
                self._sums[trade.event_time_ns % DAY_NS // self._bucket_ns] += trade.quantity

    def curve(self) -> VolumeCurve | None:
        """Return the average day; None where no trade was counted."""
        if not self._days:
            return None
        days = Decimal(len(self._days))
        return VolumeCurve(bucket_ns=self._bucket_ns, volumes=tuple(divide(each, days) for each in self._sums))


def daily_volume(curve: VolumeCurve) -> Decimal:
    """Return what a day trades on average."""
    with exact():
        return sum(curve.volumes, Decimal(0))


@lru_cache(maxsize=256)  # pure, and asked again at every step of a parent
def expected_shares(curve: VolumeCurve, times_ns: tuple[int, ...]) -> tuple[int, ...]:
    """Return the volume expected from the first of `times_ns` until each, in billionths of the unit.

    Within a bucket volume is even; after midnight the day begins again.
    """
    volumes = [int(volume * _FINE) for volume in curve.volumes]
    sums = list(accumulate(volumes, initial=0))

    def until(time_ns: int) -> int:
        days, rest_ns = divmod(time_ns, DAY_NS)
        bucket, inside_ns = divmod(rest_ns, curve.bucket_ns)
        return days * sums[-1] + sums[bucket] + volumes[bucket] * inside_ns // curve.bucket_ns

    first = until(times_ns[0])
    return tuple(until(time_ns) - first for time_ns in times_ns)


def in_billionths(volume: Decimal) -> int:
    """Return a volume as `expected_shares` counts it."""
    return int(volume * _FINE)
