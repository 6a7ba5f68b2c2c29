"""The actor host: hands messages to the one writer, makes its facts durable, then lets their effects out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from adapters.runtime.commits import Committer, Pending, Place, entries_of
from adapters.runtime.feed import CommittedFeed
from adapters.runtime.folding import Folded, fold
from adapters.runtime.mailbox import Envelope, Mailbox, MailboxLimits, cause_of, is_said_once
from adapters.runtime.outage import Outage, fail, only
from adapters.runtime.parking import ParkingLot
from adapters.runtime.quotes import QuoteBoard
from adapters.runtime.supervision import Attempts, Poison
from adapters.runtime.switchboard import no_venue
from adapters.runtime.timers import Timers
from ports.actor import Actor, Command, Outcome, Recalled, Told, told
from ports.errors import JournalLostError, JournalUnavailableError, LivexecError, MailboxFullError, ShuttingDownError
from ports.execution import Answer
from ports.journal import Journal
from ports.market_data import Book, FundingRate, PublicTrades, Quote, VolumeProfile
from ports.recall import OrderRecords
from ports.replies import Reply
from ports.reports import Report
from ports.requests import SendCancel, VenueRequest, WakeAt, WakeUp
from ports.snapshots import Snapshots
from ports.spool import Spool, Urgent
from ports.telemetry import Telemetry

_MESSAGES_A_TURN = 16  # then the loop gets its turn: some 2 ms of the core's work
_MANY = 8  # messages; a turn of so many is announced
_UNDURABLE_LIMIT = 4_096  # outcomes that wait for the disk; beyond it the mailbox waits (and then refuses)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0


class ActorHost:
    """Runs one actor. See design: facts are durable before requests and replies leave, always."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that an actor lives on
        self,
        make_actor: Callable[[], Actor],
        journal: Journal,
        spool: Spool,
        feed: CommittedFeed,
        quotes: QuoteBoard,
        clock: Callable[[], int],
        telemetry: Telemetry,
        records: OrderRecords,
        snapshots: Snapshots,
        limits: MailboxLimits | None = None,
    ) -> None:
        self._snapshots = snapshots
        self._make_actor, self._actor = make_actor, make_actor()
        self._journal, self._feed, self._quotes = journal, feed, quotes
        self._clock, self._telemetry = clock, telemetry
        self._attempt = Attempts(telemetry)
        limits = limits or MailboxLimits()
        self._mailbox = Mailbox(limits)
        doings = (feed.publish, self._deliver, self._commit_failed, self.defect)
        self._committer = Committer(journal, *doings, limits.batch, telemetry)
        self._parked = ParkingLot(
            records, self._mailbox.put_recalled, self._schedule, lambda: self._seq, telemetry, self.defect
        )
        self._timers = Timers(clock, self._wake)
        self._outage = Outage(spool, self, telemetry)
        self._now_ns = 0
        self._seq = self._epoch = 0
        self._program = ""
        self._drain_is_due = False
        self._open = False  # False: nothing is taken from the mailbox (not started, being made again, stopped)
        self._stopping = False
        self._remaking: asyncio.Task[None] | None = None
        self._commit_was_lost = False
        self._undelivered: list[Pending] = []  # of a lost commit, until the journal's head is known
        self._poisons: list[Poison] = []
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.venue_request: Callable[[VenueRequest], None] = no_venue
        self.on_new_epoch: Callable[[], None] = lambda: None
        self.before_many: Callable[[], None] = lambda: None  # messages are decided in this turn of the loop
        self.after_many: Callable[[], None] = lambda: None
        quotes.on_news = self._quotes_arrived

    @property
    def is_taking(self) -> bool:
        """Whether messages are being decided: False before the start, while the journal is away, and at the end."""
        return self._open and not self._stopping

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many messages wait, by lane; in the last of them outcomes, for the journal."""
        return {**self._mailbox.waiting, "commit": self._committer.waiting}

    @property
    def actor(self) -> Actor:
        """The actor, for reading."""
        return self._actor

    async def start(self, program: str, progress: Callable[[int, int], None] | None = None) -> None:
        """Open the journal, fold it, and open an epoch; `progress(done, of)` is called while folding.

        Raises:
            JournalUnavailableError: the store did not answer, or another process holds it.
            JournalCorruptError: the journal or the spool does not hold together, or is newer than this program.
            SpoolUnavailableError: there is no room for a spool.
        """
        head = await self._journal.open()
        self._program, self._epoch = program, head.epoch
        self._become(await fold(self._journal, self._snapshots, self._make_actor(), head.seq, progress))
        await self._outage.open(head.epoch)
        async with self._outage.turn:
            self._begin_epoch()
            await self._catch_up()

    async def ask(self, command: Command) -> Answer:
        """Hand in a command and wait for its answer; see `ports.execution.CommandGateway`."""
        if self._stopping:
            raise ShuttingDownError("the service is stopping and takes no new commands")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._outage.is_on:
            self._outage.put(command, answer)
        else:
            self.take(command, answer)
        return await answer

    def put_report(self, report: Report) -> None:
        """Take what a venue said; see `ports.venue.ReportSink`."""
        self._mailbox.put_report(report)
        self._schedule()

    async def drained(self) -> None:
        """Wait until every message taken so far is decided and durable."""
        while (self._open or self._remaking is not None) and self._has_work():
            if self._remaking is not None:
                await asyncio.wait([self._remaking])
            self._schedule()
            await asyncio.sleep(0)
            await self._committer.idle()
            await self._parked.idle()

    def _has_work(self) -> bool:
        return self._remaking is not None or len(self._mailbox) + self._committer.waiting + self._parked.waiting > 0

    def refuse_commands(self) -> None:
        """From now on take no commands; reports are still taken."""
        self._stopping = True

    async def stop(self, within_s: float = 30.0) -> None:
        """Decide and commit what was taken, then close the journal. Call `refuse_commands` before.

        What the journal does not take `within_s` is given up: its callers are told that nobody knows.
        """
        self._stopping = True
        try:
            async with asyncio.timeout(within_s):
                await self.drained()
        except TimeoutError:
            self._telemetry.note("stop.undrained", messages=len(self._mailbox), outcomes=self._committer.waiting)
        self._give_up("the service stopped before the journal confirmed it; repeat with the same operation id")
        await self._journal.close()

    # -- deciding

    def _schedule(self) -> None:
        if not self._drain_is_due and self._open:
            self._drain_is_due = True
            asyncio.get_running_loop().call_soon(self._drain)

    def _quotes_arrived(self) -> None:
        if self._open:
            asyncio.get_running_loop().call_later(self._quotes.wait_s, self._schedule)

    def _drain(self) -> None:
        self._drain_is_due = False
        if self._is_paused():
            return
        if len(self._mailbox) < _MANY:
            self._take_turn()
            return
        self.before_many()
        self._take_turn()
        self.after_many()

    def _take_turn(self) -> None:
        for news in self._quotes.take_news():
            if not self._open:
                return  # the actor is made again, and every quote is news to it
            self._receive(Envelope(news))
        for _ in range(_MESSAGES_A_TURN):
            if self._is_paused():
                return  # goes on when the actor has been made again, or the commit has finished
            envelope = self._mailbox.take(urgent_only=self._parked.is_full)
            if envelope is None:
                return
            self._receive(envelope)
        self._schedule()

    def _is_paused(self) -> bool:
        return not self._open or self._committer.waiting >= _UNDURABLE_LIMIT

    def _receive(self, envelope: Envelope) -> None:
        message = envelope.message
        result = self._attempt(self._actor, message, self._tick())
        if isinstance(result, Poison):
            self._poisoned(result, envelope)
        elif result.awaits is not None and not isinstance(message, Recalled):
            self._parked.park(envelope, result.awaits)
        elif result.facts or result.replies or result.requests:
            self._commit(told(message), result, cause_of(message), envelope.answer)
        if isinstance(message, Recalled):
            self._parked.decided(result)

    def _tick(self) -> int:
        self._now_ns = max(self._now_ns, self._clock())
        return self._now_ns

    def _commit(
        self, message: Told | None, outcome: Outcome, cause: str, answer: asyncio.Future[Answer] | None
    ) -> None:
        place = Place(self._seq, self._now_ns, self._epoch, self._actor.name)
        entries = entries_of(outcome.facts, place, cause)
        self._seq += len(entries)
        self._committer.put(Pending(message, outcome, entries, self._seq, answer))

    # -- letting effects out

    def _deliver(self, pending: Pending) -> None:
        durable_seq = self._feed.sequence
        for request in pending.outcome.requests:
            self._telemetry.released(request, pending.needs_seq, durable_seq)
            if isinstance(request, WakeAt):
                self._timers.set(request)
            else:
                self.venue_request(request)
        if pending.answer is not None and not pending.answer.done():
            pending.answer.set_result(Answer(only(pending.outcome.replies), durable_seq))
        if len(self._mailbox):
            self._schedule()

    def _wake(self, wake: WakeUp) -> None:
        try:
            self._mailbox.put_report(wake)
        except MailboxFullError:  # the lane is full of reports: look again a little later, nothing is lost
            self._timers.set(WakeAt(at_ns=self._clock() + 100_000_000, token=wake.token))
        self._schedule()

    # -- when something fails

    def _poisoned(self, poison: Poison, envelope: Envelope) -> None:
        self._telemetry.note("message.quarantined", error=poison.error, kind=type(poison.message).__name__)
        fail(envelope.answer, LivexecError("the message could not be processed and was quarantined"))
        if isinstance(poison.message, Quote | Book | PublicTrades | VolumeProfile | FundingRate):
            self._quotes.mute(poison.message.instrument)
        if poison.touched:  # half a turn was applied: the state is made again without it, then it is set aside
            self._poisons.append(poison)
            self._remake_soon()
        else:
            self._quarantine(poison)

    def _quarantine(self, poison: Poison) -> None:
        outcome = self._actor.quarantine(poison.message, poison.error, self._tick())
        self._commit(None, outcome, f"quarantine:{cause_of(poison.message)}", None)

    def _commit_failed(self, failure: JournalUnavailableError, undelivered: Sequence[Pending]) -> None:
        """Nothing of `undelivered` happens; whether its facts are durable only the journal's head can tell."""
        self._telemetry.note("journal.unavailable", error=str(failure), undelivered=len(undelivered))
        self._parked.fail_commands(str(failure))
        self._undelivered = list(undelivered)
        self._timers.clear()
        self._commit_was_lost = True
        self._remake_soon(str(failure))
        for one in undelivered:
            self._outage.put(one.message, one.answer, one.outcome)
        for envelope in self._mailbox.take_commands():
            self._outage.put(envelope.message, envelope.answer)

    # -- for an outage (adapters.runtime.outage.Desk)

    def decided(self, command: Urgent) -> Outcome | None:
        """See `Desk`."""
        tried = self._attempt(self._actor, command, self._tick())
        return None if isinstance(tried, Poison) or tried.awaits is not None else tried

    def let_out(self, cancel: SendCancel) -> None:
        """See `Desk`."""
        self._telemetry.released(cancel, self._seq + 1, self._feed.sequence)
        self.venue_request(cancel)

    def answer_of(self, reply: Reply) -> Answer:
        """See `Desk`."""
        return Answer(reply, self._feed.sequence)

    def take(self, command: Command, answer: asyncio.Future[Answer]) -> None:
        """See `Desk`."""
        self._mailbox.put_command(command, answer)
        self._schedule()

    # -- making the actor again

    def _remake_soon(self, because: str = "") -> None:
        self._open = False
        self._outage.begin(self._epoch, because)
        if self._remaking is None:
            self._remaking = asyncio.get_running_loop().create_task(self._remake())
            self._remaking.add_done_callback(self.defect)

    async def _remake(self) -> None:
        """Make the actor again from what is durable; after a lost commit in a new epoch, as after a restart."""
        pause_s = _FIRST_PAUSE_S
        while not await self._made_again():
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _made_again(self) -> bool:
        """Read the journal back and bring it up to date; False means that it failed again."""
        await self._committer.idle()
        made = await self._fold_again()
        async with self._outage.turn:  # only now: what is decided in an outage must not be part of what was folded
            self._become(made)
            is_new_epoch, self._commit_was_lost = self._commit_was_lost, False
            if is_new_epoch:
                self._put_back_reports(made.seq)
                self._begin_epoch()
            for poison in self._poisons:
                self._quarantine(poison)
            if not await self._catch_up():
                self._commit_was_lost |= is_new_epoch
                return False
        if is_new_epoch:
            self.on_new_epoch()
        return True

    async def _catch_up(self) -> bool:
        """Journal what the spool holds before anything else is decided; False means that the journal failed."""
        poisons = len(self._poisons)
        for command in self._outage.kept:
            if not any(poison.message is command for poison in self._poisons):
                self._receive(Envelope(command))
        await self._committer.idle()
        if self._commit_was_lost or len(self._poisons) > poisons:
            return False
        await self._outage.end()
        self._poisons.clear()
        self._remaking, self._open = None, True
        self._schedule()
        return True

    async def _fold_again(self) -> Folded:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                head = await self._journal.head()
                return await fold(self._journal, self._snapshots, self._make_actor(), head.seq, None)
            except JournalLostError:
                raise  # it will never be ours again: the service ends, and says who leads
            except JournalUnavailableError as failure:
                self._outage.begin(self._epoch, str(failure))
                self._telemetry.note("journal.still_unavailable", error=str(failure), retry_s=pause_s)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _put_back_reports(self, head_seq: int) -> None:
        """Decide again on what venues said and what proved not to be durable; nobody would say it again."""
        undelivered, self._undelivered = self._undelivered, []
        lost = [one for one in undelivered if not one.entries or one.needs_seq > head_seq]
        self._mailbox.put_back([one.message for one in lost if one.answer is None and is_said_once(one.message)])

    def defect(self, task: asyncio.Task[None]) -> None:
        """A failure that nothing here may survive: stop taking messages, and let the service end."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._stopping = True
            self._give_up(f"the service cannot go on: {error}")
            if not self.failure.done():
                self.failure.set_exception(error)

    def _give_up(self, why: str) -> None:
        """Do nothing any more, and leave no caller waiting."""
        self._open = False
        self._timers.clear()
        remaking, self._remaking = self._remaking, None
        if remaking is not None:
            remaking.cancel()
        self._outage.give_up()
        self._parked.abandon(why)
        waiting: list[Pending | Envelope] = [*self._committer.abandon(), *self._mailbox.take_commands()]
        for one in waiting:
            fail(one.answer, JournalUnavailableError(why))

    def _begin_epoch(self) -> None:
        self._epoch += 1
        outcome = self._actor.start(self._epoch, self._program, self._tick())
        self._commit(None, outcome, "start", None)

    def _become(self, made: Folded) -> None:
        self._epoch, self._now_ns = max(self._epoch, made.epoch), max(self._now_ns, made.now_ns)
        self._actor, self._seq = made.actor, made.seq
        self._feed.begin_at(made.seq)
        self._quotes.everything_is_news()
