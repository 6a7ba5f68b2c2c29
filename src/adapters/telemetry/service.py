"""What the runtime tells, as Prometheus counters and log lines."""

from __future__ import annotations

from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from adapters.telemetry.durations import Durations, steps_of
from adapters.telemetry.lines import Lines
from adapters.telemetry.tallies import Tally
from ports.requests import Request
from ports.telemetry import BATCH_FACTS, STEP_SECONDS

_FACTS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024)
_MICROSECONDS: Final = "_us"


class ServiceTelemetry:
    """Counts in `registry`, which `/metrics` shows; names follow Prometheus's own conventions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log = structlog.get_logger("livexec")
        self._lines = Lines()
        self._released = Tally(
            "livexec_requests_released", "Requests that left the book, durable facts first", ["kind"], registry
        )
        self._events = Tally("livexec_events", "What happened to the service itself", ["event"], registry)
        self.steps = steps_of(registry)
        self._batches = Durations(
            "livexec_commit_batch_facts", "Facts that one commit made durable", "journal", registry, _FACTS
        )
        self._values = Durations("livexec_measurement_seconds", "Other measurements, by name", "name", registry)

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        """Count a released request."""
        self._released.add((type(request).__name__,))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to a counter of events."""
        self._events.add((name,), value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Record a measurement: of a step, of a commit, or (in microseconds, as its name ends) any other."""
        if name == STEP_SECONDS:
            self.steps.observe(labels["step"], value)
        elif name == BATCH_FACTS:
            self._batches.observe("livexec", value)
        else:
            self._values.observe(name.removesuffix(_MICROSECONDS), value / 1e6)

    def note(self, event: str, **details: object) -> None:
        """Count an event and write its line."""
        self._events.add((event,))
        if not self._lines.admits(event):
            return
        if passed_over := self._lines.take_passed_over(event):
            details["lines_passed_over"] = passed_over
        self._log.warning(event, **details) if "error" in details else self._log.info(event, **details)

    def events(self, event: str) -> int:
        """Return how often something happened since the start."""
        return self._events.value((event,))
