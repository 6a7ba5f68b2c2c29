"""What alerts look at: the vital signs now, and how counters stood some while ago."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.telemetry.durations import Durations
from adapters.telemetry.fact_metrics import FactMetrics
from adapters.telemetry.vitals import Vitals, VitalsSource
from ports.facts import OrderRecorded, OrderRefused, OrderRejected

KEPT_S: Final = 4_560.0  # an hour, and the quarter before it
_EVERY_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look. Counters are since the start of the process; `steps` holds every bucket of an order's steps."""

    vitals: Vitals
    submitted: int = 0
    refused: int = 0
    rejected: int = 0
    incidents: int = 0  # requests that met what nobody expected
    refusals: Mapping[str, int] = field(default_factory=dict)  # by rule
    steps: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @property
    def at_s(self) -> float:
        """When it was taken."""
        return self.vitals.now_ns / 1e9


class History:
    """Looks of the last seventy-six minutes, four a minute."""

    def __init__(self, bounds: Sequence[float] = ()) -> None:
        self.bounds = tuple(bounds)
        self._looks: deque[Sight] = deque()

    def add(self, sight: Sight) -> None:
        """Keep a look, where the last one is old enough."""
        if self._looks and sight.at_s - self._looks[-1].at_s < _EVERY_S:
            return
        self._looks.append(sight)
        while sight.at_s - self._looks[0].at_s > KEPT_S:
            self._looks.popleft()

    def before(self, sight: Sight, seconds: float) -> Sight:
        """Return the newest look that is at least so old; the oldest there is where none is."""
        at = bisect_left(self._looks, sight.at_s - seconds + 1e-3, key=lambda each: each.at_s)
        return self._looks[max(at - 1, 0)] if self._looks else sight

    def span_s(self, sight: Sight) -> float:
        """Return how far back it reaches."""
        return sight.at_s - self._looks[0].at_s if self._looks else 0.0


class Lookout:
    """Takes looks of the running service."""

    def __init__(
        self, vitals: VitalsSource, facts: FactMetrics, steps: Durations, incidents: Callable[[], int]
    ) -> None:
        self._vitals = vitals
        self._facts = facts
        self._steps = steps
        self._incidents = incidents
        self.bounds = steps.bounds

    def __call__(self) -> Sight:
        """Return everything as it is now."""
        return Sight(
            vitals=self._vitals(),
            submitted=self._facts.count_of(OrderRecorded),
            refused=self._facts.count_of(OrderRefused),
            rejected=self._facts.count_of(OrderRejected),
            incidents=self._incidents(),
            refusals=self._facts.refusals,
            steps=self._steps.counts(),
        )


def grown(now: Sequence[int], before: Sequence[int]) -> Sequence[int]:
    """Return what each bucket got since; a bucket that was not there had nothing."""
    return [count - (before[at] if at < len(before) else 0) for at, count in enumerate(now)]


def quantile(share: float, counts: Sequence[int], bounds: Sequence[float]) -> float:
    """Return a quantile of buckets as Prometheus reckons it: evenly spread within its bucket; 0 of nothing."""
    total = sum(counts)
    rank, below = share * total, 0
    for at, count in enumerate(counts):
        if count and below + count >= rank:
            if at == len(bounds):
                return bounds[-1]
            low = bounds[at - 1] if at else 0.0
            return low + (bounds[at] - low) * (rank - below) / count
        below += count
    return 0.0
