"""One life of the service's process: the real book, host and workers, on a journal and venues that outlive it."""

import asyncio
from collections.abc import Callable, Sequence

from adapters.runtime import ActorHost, CommittedFeed, Follower, QuoteBoard, VenueWorker
from core.book import Book
from core.orchestrator import KEPT_IN_MEMORY, Orchestrator
from core.reconciliation.patience import Patience
from ports.actor import Command
from ports.journal import Entry
from ports.replies import Reply
from ports.requests import Request, VenueRequest
from ports.snapshots import Snapshots

from fakes.records import MemoryRecords
from fakes.telemetry import RecordingTelemetry, Release
from fakes.venue import FakeVenue
from fakes.virtual_loop import virtual_now_ns
from simulation.journal import MortalJournal, MortalSpool


class Table:
    """What followers make of the journal; outlives processes, as a file does."""

    def __init__(self) -> None:
        self.seen: list[Entry] = []

    async def cursor(self) -> int:
        return self.seen[-1].seq if self.seen else 0

    async def take(self, entries: Sequence[Entry]) -> None:
        self.seen.extend(entries)

    async def clear(self) -> None:
        self.seen.clear()


class Witness(RecordingTelemetry):
    """Sees at every release whether its facts are really in the store."""

    def __init__(self, journal: MortalJournal, stored_seq: Callable[[], int]) -> None:
        super().__init__()
        self._journal = journal
        self._stored_seq = stored_seq

    def released(self, request: Request, needs_seq: int, durable_seq: int) -> None:
        if self._journal.is_dead:
            return  # the twitching of a process whose loop goes on a little
        self.releases.append(Release(request, needs_seq, min(durable_seq, self._stored_seq())))


class Process:
    """Starts once, and dies once."""

    def __init__(
        self,
        journal: MortalJournal,
        spool: MortalSpool,
        stored_seq: Callable[[], int],
        venues: Sequence[FakeVenue],
        table: Table,
        patience: Patience,
        snapshots: Snapshots,
        keep: int = KEPT_IN_MEMORY,
    ) -> None:
        self._journal = journal
        self._spool = spool
        self._table = table
        self.telemetry = Witness(journal, stored_seq)
        self.quotes = QuoteBoard()
        self._feed = CommittedFeed(journal)
        self.host = ActorHost(
            lambda: Orchestrator(patience, keep=keep),
            journal,
            spool,
            self._feed,
            self.quotes,
            virtual_now_ns,
            self.telemetry,
            MemoryRecords(lambda: table.seen),
            snapshots,
        )
        self._workers = {
            venue.account: VenueWorker(venue.session(), self.host, self.quotes, virtual_now_ns, self.telemetry)
            for venue in venues
        }
        self.tasks: list[asyncio.Task[None]] = []
        self.host.venue_request = self._request
        self.host.on_new_epoch = self._announce

    @property
    def orchestrator(self) -> Orchestrator:
        assert isinstance(self.host.actor, Orchestrator)
        return self.host.actor

    @property
    def book(self) -> Book:
        return self.orchestrator.book

    async def start(self) -> None:
        """Fold the journal, and let workers and follower run.

        Raises:
            JournalUnavailableError: the disk is away; make another process.
        """
        await self.host.start("simulated")
        follower = Follower("table", self._table, self._feed, (), self.telemetry)
        works = [follower.run(), *[worker.run() for worker in self._workers.values()]]
        self.tasks += [asyncio.create_task(work) for work in works]

    async def ask(self, command: Command) -> Reply:
        """Ask over a connection that breaks when the process dies.

        Raises:
            ConnectionError: it is dead, or died meanwhile.
            JournalUnavailableError, MailboxFullError: as the host.
        """
        if self._journal.is_dead:
            raise ConnectionRefusedError
        answer = await self.host.ask(command)
        if self._journal.is_dead:
            raise ConnectionResetError
        return answer.reply

    def die(self) -> None:
        """Die as by kill -9: nothing of it has any effect any more. Its tasks are for the caller to sweep up."""
        self._journal.die()
        self._spool.is_dead = True

    async def stop(self) -> None:
        """End in order, as an operator would."""
        self.host.refuse_commands()
        await self.host.drained()
        for task in self.tasks[1:]:
            task.cancel()
        await asyncio.gather(*self.tasks[1:], return_exceptions=True)
        for worker in self._workers.values():
            await worker.stop()
        await self.host.drained()
        self._feed.close()
        await self.tasks[0]
        await self.host.stop()

    def _request(self, request: VenueRequest) -> None:
        if not self._journal.is_dead:
            self._workers[request.account].put(request)

    def _announce(self) -> None:
        for worker in self._workers.values():
            worker.announce()
