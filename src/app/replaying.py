"""`livexec replay --verify`: a recorded session is led again, and every fact is held against the journal's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry

from adapters.recording import Began, Given, Made, SetAside, Started, lines_of, lives_in
from adapters.runtime.mailbox import cause_of
from adapters.runtime.supervision import Poison, attempt
from adapters.sql import database_at
from adapters.sql.codec import encode_fact
from adapters.telemetry import ServiceTelemetry
from app.buckets import ArchivePlace
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.demo import proof
from app.digests import digest_of, folded
from app.extensions import extensions_of
from app.recording import ALL_IN_MEMORY, read_controls, read_routing, recording_in
from app.session_results import read_entries
from core.control_rules import ControlRules
from core.extensions import POLICY, Extensions
from core.invariants import RecordedRun, Release, check
from core.orchestrator import Orchestrator
from core.reconciliation.patience import Patience
from core.routing.offers import RoutingRules
from plugins.discovery import discover
from ports.actor import Message, Outcome
from ports.errors import InvalidInputError
from ports.facts import BreakKind, OrderRecorded, kind_of, version_of
from ports.journal import Entry
from ports.market_data import PublicTrades, Quote
from ports.requests import SendOrder
from ports.values import ClientOrderId

_LISTED: Final = 20


@dataclass(slots=True)
class Led:
    """What became of a session that was led again."""

    compared: int = 0
    quotes: int = 0
    messages: int = 0
    public_trades: int = 0  # that the market told of, and in how many messages: those between two were added up
    messages_of_trades: int = 0
    lives: int = 0
    never_durable: int = 0  # facts that died with their process before the journal had them
    differences: list[str] = field(default_factory=list)
    sends: list[ClientOrderId] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)


class Replay:
    """Leads the orchestrators of a session again, message by message."""

    def __init__(self, entries: Sequence[Entry], extensions: Extensions) -> None:
        self._entries = entries
        self._extensions = extensions
        self._patience = Patience()
        self._halt_on_breaks: tuple[BreakKind, ...] = ()
        self._routing = RoutingRules()
        self._controls = ControlRules()
        self._place = 0  # the sequence that the actor has come to
        self._until = len(entries)  # of the facts that this actor's life left in the journal
        self._epoch = 0
        self.actor = self._orchestrator()
        self.led = Led()

    def lead(self, lines: Iterator[Began | Made | Started | Given | SetAside], ends: Iterator[int]) -> None:
        """Lead one process's life again; `ends` says, for each actor made, where the next one began."""
        for line in lines:
            match line:
                case Began():
                    self._begin(line)
                case Made():
                    self._make(line.sequence, next(ends))
                case Started():
                    self._epoch = line.epoch
                    self._hold(self.actor.start(line.epoch, line.program, line.now_ns), line.now_ns, "start")
                case Given():
                    self._give(line.message, line.now_ns)
                case SetAside():
                    outcome = self.actor.quarantine(line.message, line.error, line.now_ns)
                    self._hold(outcome, line.now_ns, f"quarantine:{cause_of(line.message)}")

    def _begin(self, line: Began) -> None:
        self.led.lives += 1
        self._patience = Patience(**line.patience_ns)
        self._halt_on_breaks = tuple([BreakKind(kind) for kind in line.halt_on_breaks])
        self._routing = read_routing(line.routing)
        self._controls = read_controls(line.controls)
        if line.plugin_rules != self._extensions.names:
            remedy = f"install and configure the plugins that it had: {', '.join(line.plugin_rules) or 'none'}"
            raise InvalidInputError("plugins", ", ".join(self._extensions.names), remedy)

    def _orchestrator(self) -> Orchestrator:
        made_with = (self._patience, self._extensions, self._halt_on_breaks, self._routing, self._controls)
        return Orchestrator(*made_with, keep=ALL_IN_MEMORY)

    def _make(self, sequence: int, until: int) -> None:
        if sequence > len(self._entries):
            self._differs(f"an actor was made of {sequence} facts; the journal has {len(self._entries)}")
        elif self._place < sequence and self.led.compared:
            self._differs(f"nothing that was recorded leads to the facts after {self._place}")
        self.actor = self._orchestrator()
        self.actor.apply([entry.fact for entry in self._entries[:sequence]])
        self._place, self._until = sequence, until

    def _give(self, message: Message, now_ns: int) -> None:
        self.led.messages += 1
        self.led.quotes += isinstance(message, Quote)
        if isinstance(message, PublicTrades):
            self.led.public_trades += message.count
            self.led.messages_of_trades += 1
        outcome = attempt(self.actor, message, now_ns)
        if not isinstance(outcome, Poison):
            self._hold(outcome, now_ns, cause_of(message))

    def _hold(self, outcome: Outcome, now_ns: int, cause: str) -> None:
        """Hold what became true against the journal, fact by fact."""
        needs_seq = self._place + len(outcome.facts)
        for fact in outcome.facts:
            self._place += 1
            if self._place > self._until:
                self.led.never_durable += 1
                continue
            self.led.compared += 1
            again = Entry(
                seq=self._place, ts_ns=now_ns, epoch=self._epoch, actor=self.actor.name, cause=cause, fact=fact
            )
            written, led = _bytes(self._entries[self._place - 1]), _bytes(again)
            if written != led:
                self._differs(f"{self._place}: the journal has {written!r}, the replay {led!r}")
        if needs_seq > self._until:
            return
        for request in outcome.requests:
            self.led.releases.append(Release(request, needs_seq, needs_seq))
            if isinstance(request, SendOrder):
                self.led.sends.append(request.client_order_id)

    def _differs(self, how: str) -> None:
        self.led.differences.append(how)


def _bytes(entry: Entry) -> bytes:
    """Return everything of an entry as the journal writes it."""
    head = f"{entry.seq} {entry.ts_ns} {entry.epoch} {entry.actor} {kind_of(entry.fact)} {version_of(entry.fact)} "
    return head.encode() + entry.cause.encode() + b" " + encode_fact(entry.fact)


def replay_session(state_dir: Path, database_url: str | None, progress: Callable[[str], None]) -> dict[str, Any]:
    """Do what `verify_session` does, with what the plugins bring that are installed here."""
    policy = _policy_of(lives_in(recording_in(state_dir))[0])
    extensions = extensions_of(discover(), ServiceTelemetry(CollectorRegistry()), policy)
    return asyncio.run(verify_session(state_dir, database_url, extensions, progress))


def _policy_of(recording: Path) -> str | None:
    """Return the routing policy of a plugin that a session had; None: ours."""
    began = next((line for line in lines_of(recording) if isinstance(line, Began)), None)
    named = () if began is None else began.plugin_rules
    return next((name.removeprefix(POLICY) for name in named if name.startswith(POLICY)), None)


async def verify_session(
    state_dir: Path,
    database_url: str | None = None,
    extensions: Extensions | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Lead the recorded session of a state folder again, and return whether its journal has exactly the same facts.

    The journal is that folder's own, or the one at `database_url`; nobody may be writing it.

    Raises:
        ObjectMissingError: nothing was recorded there.
        InvalidInputError: the recording is damaged, or had other plugins' rules.
        JournalUnavailableError, JournalCorruptError: as the journal.
    """
    files = lives_in(recording_in(state_dir))
    url = database_url or f"sqlite+aiosqlite:///{(state_dir / 'livexec.db').absolute()}"
    reader = database_at(url, ArchivePlace("", None, str(state_dir / "store")).open).reader()
    await reader.open()
    try:
        entries = await read_entries(reader, 0)
    finally:
        await reader.close()
    replay = Replay(entries, extensions or Extensions())
    ends = iter(_ends(files, len(entries)))
    for path in files:
        progress(f"leading {path.name} again")
        replay.lead(lines_of(path), ends)
    return _verdict(replay, entries, files)


def _ends(files: Sequence[Path], head: int) -> list[int]:
    """Return, for each actor made, at which sequence the next one was made; for the last, the journal's head."""
    made = [line.sequence for path in files for line in lines_of(path) if isinstance(line, Made)]
    return [*made[1:], head]


def _verdict(replay: Replay, entries: Sequence[Entry], files: Sequence[Path]) -> dict[str, Any]:
    led = replay.led
    first = next((line.sequence for line in lines_of(files[0]) if isinstance(line, Began)), 0)
    run = RecordedRun(
        entries=entries,
        sends=led.sends,
        releases=led.releases,
        fold=folded,
        live_digest=digest_of(replay.actor),
    )
    findings = check(run)
    # A session need not have had a halt, say: what examined nothing is shown so, and is no violation here.
    invariants: Mapping[str, Any] = {
        name: {**shown, "ok": findings[name].ok} for name, shown in proof.as_json(findings).items()
    }
    checks = [
        Check.equal("facts_that_differ", len(led.differences), 0, "facts"),
        Check.equal("facts_compared", led.compared, len(entries) - first, "facts"),
    ]
    return {
        "ok": all(each.ok for each in checks) and all(each["ok"] for each in invariants.values()),
        "processes": led.lives,
        "messages": led.messages,
        "quotes": led.quotes,
        "public_trades": led.public_trades,
        "messages_of_trades": led.messages_of_trades,
        "orders": sum(isinstance(entry.fact, OrderRecorded) for entry in entries),
        "facts": len(entries),
        "never_durable": led.never_durable,
        "differences": led.differences[:_LISTED],
        "invariants": invariants,
        "checks": checks_as_json(checks),
    }
