"""Weekly trading hours in UTC, written as `MON-FRI 13:30-20:00, SUN 22:00-24:00`."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from ports.errors import InvalidInputError

MINUTE_NS: Final = 60 * 1_000_000_000
WEEK_MINUTES: Final = 7 * 24 * 60
_DAY_MINUTES: Final = 24 * 60
_DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EPOCH_WAS_THURSDAY: Final = 3 * _DAY_MINUTES  # 1970-01-01, from Monday 00:00
_WINDOW: Final = re.compile(r"([A-Z]{3})(?:-([A-Z]{3}))? ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_SHAPE: Final = "write windows in UTC such as MON-FRI 13:30-20:00, SUN 22:00-24:00; the end comes after the start"


class WeeklyHours:
    """Windows of a week, from Monday 00:00 UTC; a window's last minute is the one before its end."""

    __slots__ = ("_edges", "text")

    def __init__(self, text: str, windows: list[tuple[int, int]]) -> None:
        self.text = text
        self._edges = [minute for window in _merged(windows) for minute in window]

    def is_open(self, now_ns: int) -> bool:
        """Say whether `now_ns` (UTC) falls into a window."""
        return bisect_right(self._edges, _minute_of_week(now_ns)) % 2 == 1

    def minutes_until_open(self, now_ns: int) -> int:
        """Return how many minutes begin until the next window does; 0 while one is open."""
        if self.is_open(now_ns):
            return 0
        now = _minute_of_week(now_ns)
        return min((start - now) % WEEK_MINUTES for start in self._edges[::2])


def parse_hours(field: str, text: str) -> WeeklyHours:
    """Read weekly windows.

    Raises:
        InvalidInputError: no window, a day that is none, or an end that does not come after its start.
    """
    windows: list[tuple[int, int]] = []
    for part in text.strip().upper().split(","):
        found = _WINDOW.fullmatch(part.strip())
        if found is None:
            raise InvalidInputError(field, text, _SHAPE)
        first, last = found[1], found[2] or found[1]
        start = int(found[3]) * 60 + int(found[4])
        end = int(found[5]) * 60 + int(found[6])
        known = first in _DAYS and last in _DAYS and _DAYS.index(first) <= _DAYS.index(last)
        if not known or not start < end <= _DAY_MINUTES or int(found[4]) > 59 or int(found[6]) > 59:
            raise InvalidInputError(field, text, _SHAPE)
        days = range(_DAYS.index(first), _DAYS.index(last) + 1)
        windows += [(day * _DAY_MINUTES + start, day * _DAY_MINUTES + end) for day in days]
    return WeeklyHours(text, windows)


def _merged(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _minute_of_week(now_ns: int) -> int:
    return (now_ns // MINUTE_NS + _EPOCH_WAS_THURSDAY) % WEEK_MINUTES
