"""An actor host with a scribe on it, and everything around it in memory and in virtual time."""

import asyncio

from adapters.runtime import ActorHost, CommittedFeed, MailboxLimits, QuoteBoard
from ports.actor import Command
from ports.execution import Answer
from ports.facts import LeaderStarted, MessageQuarantined, OrderTombstoned
from ports.journal import Entry
from ports.requests import SendOrder, VenueRequest
from ports.snapshots import NoSnapshots

from fakes.journal import MemoryJournal
from fakes.records import MemoryRecords
from fakes.scribe import Scribe, submit
from fakes.spool import MemorySpool
from fakes.telemetry import RecordingTelemetry
from fakes.virtual_loop import turns, virtual_now_ns


class Rig:
    """Start it with `async with`. `sent` are the names of the orders that left, in order."""

    def __init__(self, limits: MailboxLimits | None = None) -> None:
        self.journal = MemoryJournal()
        self.spool = MemorySpool()
        self.telemetry = RecordingTelemetry()
        self.feed = CommittedFeed(self.journal)
        self.quotes = QuoteBoard()
        self.records = MemoryRecords()
        self.made: list[Scribe] = []
        self.sent: list[str] = []
        self.epochs = 0
        self.host = ActorHost(
            self._make,
            self.journal,
            self.spool,
            self.feed,
            self.quotes,
            virtual_now_ns,
            self.telemetry,
            self.records,
            NoSnapshots(),
            limits,
        )
        self.host.venue_request = self._sent
        self.host.on_new_epoch = self._new_epoch

    async def __aenter__(self) -> "Rig":
        await self.host.start("test")
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.wait_for(self.host.stop(), 60)

    @property
    def scribe(self) -> Scribe:
        """The actor as it is now."""
        assert isinstance(self.host.actor, Scribe)
        return self.host.actor

    def asked(self, *commands: Command) -> list[asyncio.Task[Answer]]:
        """Hand in commands, all at once, each by a caller of its own."""
        return [asyncio.create_task(self.host.ask(command)) for command in commands]

    async def submitted(self, *names: str) -> list[asyncio.Task[Answer]]:
        """Hand in submits, and let everything run that can without time."""
        asked = self.asked(*[submit(name) for name in names])
        await turns()
        return asked

    async def durable(self) -> list[str]:
        """What the journal holds, read from the store: names, and `epoch n` or `quarantine` for the others."""
        return [_text(entry) for entry in await self.journal.read(0, 1_000_000)]

    def _make(self) -> Scribe:
        self.made.append(Scribe())
        return self.made[-1]

    def _sent(self, request: VenueRequest) -> None:
        assert isinstance(request, SendOrder)
        self.sent.append(request.client_order_id)

    def _new_epoch(self) -> None:
        self.epochs += 1


def _text(entry: Entry) -> str:
    match entry.fact:
        case OrderTombstoned():
            return entry.fact.operation_id
        case LeaderStarted():
            return f"epoch {entry.fact.epoch}"
        case MessageQuarantined():
            return "quarantine"
        case _:
            return type(entry.fact).__name__
