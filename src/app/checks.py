"""A check that a command prints: what was found, what was wanted, and whether that is good (contracts.md, CLI)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Check:
    """One line of proof."""

    name: str
    value: float
    limit: float
    unit: str
    ok: bool

    @classmethod
    def equal(cls, name: str, value: float, wanted: float, unit: str) -> Self:
        """Want exactly this."""
        return cls(name, value, wanted, unit, value == wanted)

    @classmethod
    def at_most(cls, name: str, value: float, limit: float, unit: str) -> Self:
        """Want this much or less."""
        return cls(name, value, limit, unit, value <= limit)

    @classmethod
    def at_least(cls, name: str, value: float, limit: float, unit: str) -> Self:
        """Want this much or more."""
        return cls(name, value, limit, unit, value >= limit)


def as_json(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return checks as the contract prints them."""
    return [asdict(check) for check in checks]


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there is no percentile of nothing")
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
