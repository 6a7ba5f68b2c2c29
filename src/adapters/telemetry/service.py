"""What the runtime tells, as Prometheus counters and log lines."""

from __future__ import annotations

import structlog
from prometheus_client import CollectorRegistry, Histogram

from adapters.telemetry.tallies import Tally
from ports.requests import Request

_BUCKETS_US = (50, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 1_000_000)


class ServiceTelemetry:
    """Counts in `registry`, which `/metrics` shows; names follow Prometheus's own conventions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._log = structlog.get_logger("livexec")
        self._released = Tally(
            "livexec_requests_released", "Requests that left the book, durable facts first", ["kind"], registry
        )
        self._events = Tally("livexec_events", "What happened to the service itself", ["event"], registry)
        self._values = Histogram(
            "livexec_measurement", "Measurements, in the unit their name ends with", ["name"],
            registry=registry, buckets=_BUCKETS_US,
        )  # fmt: skip

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        """Count a released request."""
        self._released.add((type(request).__name__,))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to a counter of events."""
        self._events.add((name,), value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Record a measurement."""
        self._values.labels(name).observe(value)

    def note(self, event: str, **details: object) -> None:
        """Count an event and write its line."""
        self._events.add((event,))
        self._log.warning(event, **details) if "error" in details else self._log.info(event, **details)
