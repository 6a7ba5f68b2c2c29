"""What the runtime tells whoever watches it; telling never fails and never waits."""

from __future__ import annotations

from typing import Final, Protocol

from ports.requests import Request

STEP_SECONDS: Final = "order_step_seconds"  # a measurement with label `step`: decide, commit or send
BATCH_FACTS: Final = "commit_batch_facts"  # a measurement: how many facts one commit made durable


class Telemetry(Protocol):
    """Counters, timings and notes about the service itself."""

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        """A request left the book; `needs_seq` is the last of its own facts, `durable_seq` what was durable."""

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to a counter."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Record one measurement, in the unit that `name` ends with."""

    def note(self, event: str, **details: object) -> None:
        """Write one structured log line; never a secret."""
