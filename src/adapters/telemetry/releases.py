"""Keeps every release, so that "durable before released" can be checked over a whole run."""

from __future__ import annotations

from ports.requests import Request
from ports.telemetry import Telemetry


class ReleaseRecorder:
    """A telemetry that also remembers each release; for runs of a known length, since it keeps them all."""

    def __init__(self, inner: Telemetry) -> None:
        self._inner = inner
        self.releases: list[tuple[Request, int, int]] = []

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        """Remember a release."""
        self.releases.append((request, needs_seq, durable_seq))
        self._inner.released(request, needs_seq, durable_seq)

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Pass on."""
        self._inner.count(name, value, **labels)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Pass on."""
        self._inner.observe(name, value, **labels)

    def note(self, event: str, **details: object) -> None:
        """Pass on."""
        self._inner.note(event, **details)
