"""A signal desk over a book of its own, whose file is in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from app.signals import SignalDesk
from app.signals.kept import Configured, StrategyFile
from core.book import Book
from ports.execution import CommandGateway
from ports.values import StrategyId

from fakes.telemetry import RecordingTelemetry


class MemoryFile(StrategyFile):
    """Keeps what a file would, as long as it lives; `fails` makes its disk full."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.kept: Mapping[StrategyId, Configured] = {}
        self.fails = False

    def read(self) -> dict[StrategyId, Configured]:
        return dict(self.kept)

    def write(self, configured: Mapping[StrategyId, Configured]) -> None:
        if self.fails:
            raise OSError("the disk is full")
        self.kept = dict(configured)


def signal_desk(
    gateway: CommandGateway,
    now_ns: int,
    book: Callable[[], Book] | None = None,
    file: StrategyFile | None = None,
) -> SignalDesk:
    """Return a desk at a time that stands still."""
    empty = Book()
    return SignalDesk(file or MemoryFile(), book or (lambda: empty), gateway, lambda: now_ns, RecordingTelemetry())
