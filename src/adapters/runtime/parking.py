"""Messages that wait for what has left memory: read back one at a time, in the order in which they came."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from adapters.runtime.mailbox import Envelope
from adapters.runtime.supervision import Poison
from ports.actor import Outcome, Recalled
from ports.errors import JournalUnavailableError, LivexecError, MailboxFullError, NotYetVisibleError
from ports.recall import NOTHING, LoadedOrders, LoadOrders, OrderRecords
from ports.telemetry import Telemetry

_MOST_COMMANDS: Final = 1_000
_MOST_REPORTS: Final = 10_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0


class ParkingLot:
    """Reads back what messages wait for, and hands each over again by `ready`, and says so by `news`.

    One after the other: two trades of one order that has left are each decided on what the one before made true.
    A store that does not answer is asked again, for reports without end; commands are told that nobody knows.
    """

    def __init__(
        self,
        records: OrderRecords,
        ready: Callable[[Envelope], None],
        news: Callable[[], None],
        sequence: Callable[[], int],
        telemetry: Telemetry,
        on_defect: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._records = records
        self._ready = ready
        self._news = news
        self._sequence = sequence
        self._telemetry = telemetry
        self._on_defect = on_defect
        self._parked: deque[tuple[Envelope, LoadOrders]] = deque()
        self._reports = 0
        self._running: asyncio.Task[None] | None = None
        self._wants_more: asyncio.Future[LoadOrders] | None = None  # of the message that was handed over again

    @property
    def waiting(self) -> int:
        """How many messages wait here."""
        return len(self._parked)

    @property
    def is_full(self) -> bool:
        """Whether no more reports can be parked: a report that was taken must not be lost."""
        return self._reports >= _MOST_REPORTS

    def park(self, envelope: Envelope, wanted: LoadOrders) -> None:
        """Let a message wait; a command beyond the limit is refused."""
        if envelope.answer is None:
            self._reports += 1
        elif len(self._parked) - self._reports >= _MOST_COMMANDS:
            _fail(envelope, MailboxFullError(f"{_MOST_COMMANDS} commands wait for old orders; repeat later"))
            return
        self._parked.append((envelope, wanted))
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())
            self._running.add_done_callback(self._on_defect)

    def decided(self, result: Outcome | Poison) -> None:
        """The message that was handed over again was decided on, or wants more to be read back."""
        wanted = None if isinstance(result, Poison) else result.awaits
        if self._wants_more is not None and not self._wants_more.done():
            self._wants_more.set_result(wanted or NOTHING)

    async def idle(self) -> None:
        """Wait until nothing is parked."""
        while self._running is not None:
            await asyncio.wait([self._running])

    def fail_commands(self, why: str) -> None:
        """Tell every command that waits here that nobody knows; reports stay."""
        for envelope, _ in self._parked:
            _fail(envelope, JournalUnavailableError(why))

    def abandon(self, why: str) -> None:
        """Stop for good."""
        self.fail_commands(why)
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _run(self) -> None:
        try:
            while self._parked:
                envelope, wanted = self._parked[0]
                await self._serve(envelope, wanted)
                self._parked.popleft()
                self._reports -= envelope.answer is None
        finally:
            self._running = None

    async def _serve(self, envelope: Envelope, wanted: LoadOrders) -> None:
        if isinstance(envelope.message, Recalled):
            raise TypeError("a message is parked once")
        asked, found = NOTHING, LoadedOrders()
        while wanted and not _is_given_up(envelope):
            more = await self._load(envelope, wanted)
            if more is None:
                return
            asked, found = asked | wanted, found + more
            self._wants_more = asyncio.get_running_loop().create_future()
            self._ready(Envelope(Recalled(message=envelope.message, asked=asked, found=found), envelope.answer))
            self._news()
            wanted = await self._wants_more

    async def _load(self, envelope: Envelope, wanted: LoadOrders) -> LoadedOrders | None:
        """Return what was found; None: the caller was told that nobody knows."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await self._records.load(wanted, self._sequence())
            except (NotYetVisibleError, JournalUnavailableError) as failure:
                self._telemetry.note("orders.not_read_back", error=str(failure), retry_s=pause_s)
                self.fail_commands("old orders cannot be read back now; repeat with the same operation id")
                if envelope.answer is not None:
                    return None
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _is_given_up(envelope: Envelope) -> bool:
    return envelope.answer is not None and envelope.answer.done()


def _fail(envelope: Envelope, error: LivexecError) -> None:
    if envelope.answer is not None and not envelope.answer.done():
        envelope.answer.set_exception(error)
