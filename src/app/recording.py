"""`livexec run --record`: what the orchestrator is given is written down before anything of it is durable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson

from adapters.recording import Began, Given, Made, SessionLog, SetAside, Started
from core.control_rules import ControlRules
from core.extensions import Extensions
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from core.routing.offers import RoutingRules
from ports.actor import Message, Outcome, told
from ports.archive import ArchivedJournal, Segment
from ports.facts import BreakKind
from ports.journal import Entry, Head
from ports.plain import reader_of
from ports.values import plain

FOLDER: Final = "recording"  # in the state folder
ALL_IN_MEMORY: Final = 1 << 62  # what is read back is no message that could be recorded: nothing leaves meanwhile


class RecordedOrchestrator(Orchestrator):
    """An orchestrator that writes down every message before it decides on it."""

    def __init__(
        self,
        log: SessionLog,
        patience: Patience | None = None,
        extensions: Extensions | None = None,
        halt_on_breaks: Collection[BreakKind] = (),
        routing: RoutingRules | None = None,
        controls: ControlRules | None = None,
    ) -> None:
        super().__init__(patience, extensions, halt_on_breaks, routing, controls, keep=ALL_IN_MEMORY)
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
        self._log.put(Given(message=told(message), now_ns=now_ns))
        return super().receive(message, now_ns)

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        """Set aside a message."""
        self._say_made()
        self._log.put(SetAside(message=told(message), error=error, now_ns=now_ns))
        return super().quarantine(message, error, now_ns)

    def _say_made(self) -> None:
        if not self._is_made:
            self._is_made = True
            self._log.put(Made(sequence=self.sequence))


class RecordedJournal:
    """The journal of a recorded session: a message is written down before a fact of it is durable."""

    def __init__(
        self,
        inner: ArchivedJournal,
        log: SessionLog,
        patience: Patience,
        extensions: Extensions,
        halt_on_breaks: Collection[BreakKind],
        routing: RoutingRules,
        controls: ControlRules,
    ) -> None:
        self._inner = inner
        self._log = log
        self._patience = patience
        self._extensions = extensions
        self._halt_on_breaks = tuple(halt_on_breaks)
        self._routing = routing
        self._controls = controls

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
            plugin_rules=self._extensions.names,
            halt_on_breaks=self._halt_on_breaks,
            routing=rules_text(self._routing),
            controls=rules_text(self._controls),
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

    async def checksum(self, seq: int) -> int | None:
        """Return the checksum of one entry; None: there is no such entry."""
        return await self._inner.checksum(seq)

    async def segments(self) -> Sequence[Segment]:
        """Return what is archived."""
        return await self._inner.segments()

    async def cut(self, segment: Segment) -> None:
        """Remove what is archived."""
        await self._inner.cut(segment)

    async def head(self) -> Head:
        """Return where it ends."""
        return await self._inner.head()

    async def close(self) -> None:
        """Let go of the store, and end the file."""
        await self._inner.close()
        self._log.close()


def rules_text(rules: RoutingRules | ControlRules) -> str:
    """Write rules as JSON that `read_routing` or `read_controls` reads back."""
    return orjson.dumps(asdict(rules), default=plain).decode()


def read_routing(text: str) -> RoutingRules:
    """Read the router's rules of a recorded session; empty: the usual ones."""
    rules: RoutingRules = reader_of(RoutingRules)(orjson.loads(text)) if text else RoutingRules()
    return rules


def read_controls(text: str) -> ControlRules:
    """Read the rules of controls of a recorded session; empty: the usual ones."""
    rules: ControlRules = reader_of(ControlRules)(orjson.loads(text)) if text else ControlRules()
    return rules


def recording_in(state_dir: Path) -> Path:
    """Return where a service with this state folder records its sessions."""
    return state_dir / FOLDER
