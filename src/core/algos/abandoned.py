"""The planner of a parent whose own cannot be asked any more."""

from __future__ import annotations

from dataclasses import dataclass

from core.algos.conduct import govern, wind_down
from core.algos.situation import Situation
from ports.algorithms import Ending, EndReason, Market, ParentTerms, Progress, Step


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Places nothing more: takes back what is open, and ends with the reason."""

    reason: str
    counts_trades: bool = False

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        """Return what is still to be done: nothing where nothing is open."""
        situation = Situation(parent, progress, market, now_ns, stale_ns=None)
        return govern(situation) or wind_down(situation, Ending(EndReason.REFUSED, self.reason))
