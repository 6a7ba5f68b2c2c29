"""A telemetry that remembers what it was told."""

from collections import Counter
from typing import NamedTuple

from ports.requests import Request


class Release(NamedTuple):
    """One request that left the book."""

    request: Request
    needs_seq: int
    durable_seq: int


class RecordingTelemetry:
    """Keeps releases in order, counters, measurements, and the names of notes with their details."""

    def __init__(self) -> None:
        self.releases: list[Release] = []
        self.counters: Counter[str] = Counter()
        self.notes: list[tuple[str, dict[str, object]]] = []
        self.observed: list[tuple[str, float]] = []

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        self.releases.append(Release(request, needs_seq, durable_seq))

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        del labels
        self.counters[name] += value

    def observe(self, name: str, value: float, **labels: str) -> None:
        del labels
        self.counters[name] += 1
        self.observed.append((name, value))

    def note(self, event: str, **details: object) -> None:
        self.notes.append((event, details))

    def noted(self, event: str) -> list[dict[str, object]]:
        """Return the details of every note of that name."""
        return [details for name, details in self.notes if name == event]
