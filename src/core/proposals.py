"""Limits that wait for a second person; one document at a time, because the next one would undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ports.facts import Fact, LimitsProposalEnded, LimitsProposed


class Proposals:
    """The proposal that waits, if one does."""

    def __init__(self) -> None:
        self.waiting: LimitsProposed | None = None

    def appliers(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes each kind of fact."""
        return {LimitsProposed: self._proposed, LimitsProposalEnded: self._ended}

    def canonical(self) -> tuple[object, ...]:
        """Return what waits in one fixed shape."""
        return () if self.waiting is None else (self.waiting.proposal_id, self.waiting.expires_ns)

    def _proposed(self, fact: LimitsProposed) -> None:
        self.waiting = fact

    def _ended(self, fact: LimitsProposalEnded) -> None:
        self.waiting = None
