"""What callers asked at the doors, and what a submit took from its arrival to its answer."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry

from adapters.telemetry.durations import Durations
from adapters.telemetry.tallies import Tally

_SUBMITS: Final = frozenset({"POST /api/orders", "submit_order"})
_INCIDENTS: Final = frozenset({"500", "INTERNAL"})


class DoorMetrics:
    """Counts requests by door, call and outcome; each of the three is one of a known few."""

    def __init__(self, registry: CollectorRegistry, steps: Durations) -> None:
        self._requests = Tally(
            "livexec_door_requests", "Requests answered, by the status they got", ["door", "call", "outcome"], registry
        )
        self._steps = steps

    def __call__(self, door: str, call: str, outcome: str, seconds: float) -> None:
        """Count one answered request."""
        self._requests.add((door, call, outcome))
        if call in _SUBMITS:
            self._steps.observe("door", seconds)

    def incidents(self) -> int:
        """Return how many requests met what nobody expected."""
        return sum(count for (_, _, outcome), count in self._requests.items() if outcome in _INCIDENTS)
