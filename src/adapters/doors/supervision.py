"""The one place of the doors where anything may be caught: a caller is always answered, and the door stays open."""

from __future__ import annotations

from collections.abc import Awaitable

from adapters.doors.errors import Refusal, incident, refusal_of
from ports.errors import LivexecError


async def supervised[T](work: Awaitable[T]) -> T | Refusal:
    """Return what `work` returns, or what its caller is told of its failure."""
    try:
        return await work
    except LivexecError as expected:
        return refusal_of(expected)
    except Exception as surprise:
        return incident(surprise)
