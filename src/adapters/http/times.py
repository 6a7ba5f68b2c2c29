"""Moments in queries: ISO 8601 for people, nanoseconds for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.doors.text import INT64_MAX
from ports.errors import InvalidInputError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(field: str, text: str) -> int:
    """Return UTC nanoseconds; empty is 0, and a moment without a zone is UTC.

    Raises:
        InvalidInputError: not a moment, or before 1970.
    """
    if not text:
        return 0
    if text.isascii() and text.isdigit() and len(text) > 8:
        moment_ns = int(text[:20])
    else:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as broken:
            raise InvalidInputError(
                field, text, "write a moment such as 2026-11-22T18:00:00Z, or UTC nanoseconds"
            ) from broken
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment_ns = (aware - _EPOCH) // timedelta(microseconds=1) * 1_000
    if not 0 <= moment_ns <= INT64_MAX:
        raise InvalidInputError(field, text, "write a moment from 1970 to 2262")
    return moment_ns
