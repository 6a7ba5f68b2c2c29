"""Tiers, and which of them the outcome of a run earns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from plugins.conformance.examined import NOT_MEANT

_ROOM: Final = "plugins.conformance."


class Tier(StrEnum):
    """How much of a venue has been shown: by recordings, by a simulator, by one that fails on command."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


_OF_MODULE: Final[Mapping[str, Tier]] = {
    "bronze": Tier.BRONZE,
    **dict.fromkeys(("silver", "trading", "amending"), Tier.SILVER),
    **dict.fromkeys(("gold", "streaming", "killing"), Tier.GOLD),
}
_ORDER: Final = (Tier.BRONZE, Tier.SILVER, Tier.GOLD)


def tier_of(module: str) -> Tier:
    """Return the tier that a check belongs to, by the module that defines it; `NONE` where it is none of ours."""
    return _OF_MODULE.get(module.removeprefix(_ROOM), Tier.NONE) if module.startswith(_ROOM) else Tier.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one check: `passed`, `failed` or `skipped`; `said` is what to mend, or why it was skipped."""

    name: str
    tier: Tier
    outcome: str
    said: str = ""

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        """Return what a run wrote down."""
        return cls(
            name=str(written["name"]),
            tier=Tier(written["tier"]),
            outcome=str(written["outcome"]),
            said=str(written["said"]),
        )

    @property
    def is_kept(self) -> bool:
        """Whether it stands in nobody's way: passed, or of something that the venue does not have."""
        return self.outcome == "passed" or (self.outcome == "skipped" and self.said.startswith(NOT_MEANT))


def earned(findings: Sequence[Finding]) -> Tier:
    """Return the highest tier of which, and of all below it, at least one check passed and none is in the way."""
    best = Tier.NONE
    for tier in _ORDER:
        mine = [one for one in findings if one.tier is tier]
        if not any(one.outcome == "passed" for one in mine) or not all(one.is_kept for one in mine):
            break
        best = tier
    return best
