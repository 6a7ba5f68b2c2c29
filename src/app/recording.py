"""`livexec run --record`: what the orchestrator is given is written down before anything of it is durable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Final

from adapters.recording import Began, Given, Made, SessionLog, SetAside, Started
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from core.risk.engine import Rules
from ports.actor import Message, Outcome
from ports.journal import Entry, Head, Journal

FOLDER: Final = "recording"  # in the state folder


class RecordedOrchestrator(Orchestrator):
    """An orchestrator that writes down every message before it decides on it."""

    def __init__(self, log: SessionLog, patience: Patience | None = None, plugin_rules: Rules | None = None) -> None:
        super().__init__(patience, plugin_rules)
        self._log = log
        self._is_made = False

    def start(self, epoch: int, program: str, now_ns: int) -> Outcome:
        """Open an epoch."""
        self._say_made()
        self._log.put(Started(epoch=epoch, program=program, now_ns=now_ns))
        return super().start(epoch, program, now_ns)

    def receive(self, message: Message, now_ns: int) -> Outcome:
        """Decide what a message leads to."""
        self._say_made()
        self._log.put(Given(message=message, now_ns=now_ns))
        return super().receive(message, now_ns)

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        """Set aside a message."""
        self._say_made()
        self._log.put(SetAside(message=message, error=error, now_ns=now_ns))
        return super().quarantine(message, error, now_ns)

    def _say_made(self) -> None:
        if not self._is_made:
            self._is_made = True
            self._log.put(Made(sequence=self.sequence))


class RecordedJournal:
    """The journal of a recorded session: a message is written down before a fact of it is durable."""

    def __init__(self, inner: Journal, log: SessionLog, patience: Patience, plugin_rules: Rules) -> None:
        self._inner = inner
        self._log = log
        self._patience = patience
        self._plugin_rules = plugin_rules

    async def open(self) -> Head:
        """Take the journal, and begin a file of the session.

        Raises:
            InvalidInputError: the recording cannot be written.
        """
        head = await self._inner.open()
        self._log.open()
        began = Began(
            program=f"livexec {version('livexec')}",
            sequence=head.seq,
            patience_ns=asdict(self._patience),
            plugin_rules=tuple(self._plugin_rules),
        )
        self._log.put(began)
        return head

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write down what led to the entries, then make them durable."""
        self._log.flush()
        await self._inner.append(entries)

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """Return entries."""
        return await self._inner.read(after_seq, limit)

    async def head(self) -> Head:
        """Return where it ends."""
        return await self._inner.head()

    async def close(self) -> None:
        """Let go of the store, and end the file."""
        await self._inner.close()
        self._log.close()


def recording_in(state_dir: Path) -> Path:
    """Return where a service with this state folder records its sessions."""
    return state_dir / FOLDER
