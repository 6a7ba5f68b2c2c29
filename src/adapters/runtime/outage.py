"""What still goes out while the journal is away: cancels and halts, which only reduce risk (ADR 0026)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from ports.actor import Command, Message, Outcome
from ports.commands import CancelAll
from ports.errors import (
    JournalAwayError,
    JournalUnavailableError,
    LivexecError,
    MailboxFullError,
    SpoolUnavailableError,
)
from ports.execution import Answer
from ports.replies import Reply
from ports.requests import SendCancel
from ports.spool import URGENT, Spool, Spooled, Urgent
from ports.telemetry import Telemetry


class Desk(Protocol):
    """What the host does for an outage."""

    def decided(self, command: Urgent) -> Outcome | None:
        """Return what a command leads to by the book as it is now, none of it durable; None: it made the book raise."""

    def let_out(self, cancel: SendCancel) -> None:
        """Hand a cancel to its venue's worker."""

    def answer_of(self, reply: Reply) -> Answer:
        """Return a reply with the sequence that is durable."""

    def take(self, command: Command, answer: asyncio.Future[Answer]) -> None:
        """Take a command as ever: the journal is back."""


class Outage:
    """Keeps urgent commands in the spool, lets their cancels out, and holds them for the journal's return.

    They are decided by the book as it was, and again, with facts, when the journal is back; every other command is
    refused. `turn` is held by whoever carries a command out, and by the host while it brings the journal up to date.
    """

    def __init__(self, spool: Spool, desk: Desk, telemetry: Telemetry) -> None:
        self._spool = spool
        self._desk = desk
        self._telemetry = telemetry
        self._kept: list[Urgent] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._epoch = 0
        self._because = ""
        self.is_on = False
        self.turn = asyncio.Lock()

    @property
    def kept(self) -> Sequence[Urgent]:
        """What has to be journalled before anything else is decided, oldest first."""
        return self._kept

    async def open(self, epoch: int) -> None:
        """Read what a process before left; `epoch` is the journal's last.

        Where another process has led since, a cancel-all is left out: it would take back orders that came after it.

        Raises:
            SpoolUnavailableError: it cannot be read or made.
            JournalCorruptError: it is damaged.
        """
        left = await self._spool.open()
        self._kept = [one.command for one in left if one.epoch >= epoch or not isinstance(one.command, CancelAll)]
        if left:
            self._telemetry.note("spool.found", commands=len(left), outdated=len(left) - len(self._kept))

    def begin(self, epoch: int, because: str = "") -> None:
        """The journal is away, or being read back."""
        self.is_on, self._epoch = True, epoch
        self._because = because or self._because

    def put(
        self, message: Message | None, answer: asyncio.Future[Answer] | None, outcome: Outcome | None = None
    ) -> None:
        """Carry out an urgent command, refuse any other.

        `outcome` is what it led to where that was decided already: of such a one nobody knows whether it is durable.
        """
        if answer is None or not isinstance(message, URGENT):
            kind = JournalAwayError if outcome is None else JournalUnavailableError
            fail(answer, kind(self._why()))
            return
        task = asyncio.get_running_loop().create_task(self._carry_out(message, answer, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """The journal has everything that was kept; needs the turn."""
        if self._kept:
            self._telemetry.note("spool.journalled", commands=len(self._kept))
            self._kept.clear()
            try:
                await self._spool.clear()
            except SpoolUnavailableError as failure:  # they come again at the next start, which is on the safe side
                self._telemetry.note("spool.unavailable", error=str(failure))
        self.is_on, self._because = False, ""

    def give_up(self) -> None:
        """Leave no caller waiting; what was kept is there at the next start."""
        for task in self._tasks:
            task.cancel()

    async def _carry_out(self, command: Urgent, answer: asyncio.Future[Answer], outcome: Outcome | None) -> None:
        try:
            async with self.turn:
                if not self.is_on:
                    self._desk.take(command, answer)
                    return
                reply = await self._keep(command, outcome or self._desk.decided(command))
        except (JournalUnavailableError, MailboxFullError) as failure:
            fail(answer, failure)
        except asyncio.CancelledError:
            fail(answer, JournalUnavailableError(self._why()))
            raise
        else:
            if not answer.done():
                answer.set_result(self._desk.answer_of(reply))

    async def _keep(self, command: Urgent, outcome: Outcome | None) -> Reply:
        if outcome is None:
            raise JournalUnavailableError(self._why())
        try:
            if command not in self._kept:  # what a nervous caller repeats takes no room
                await self._spool.keep(Spooled(command, self._epoch))
                self._kept.append(command)
                self._telemetry.note("spool.kept", kind=type(command).__name__)
        except SpoolUnavailableError as failure:
            self._telemetry.note("spool.unavailable", error=str(failure))
            why = f"its cancels were sent, and it is recorded nowhere: {failure}; repeat it"
            raise JournalUnavailableError(why) from failure
        finally:  # what reduces risk leaves in any case
            for request in outcome.requests:
                if isinstance(request, SendCancel):
                    self._desk.let_out(request)
        return only(outcome.replies)

    def _why(self) -> str:
        state = f"away ({self._because})" if self._because else "being read back"
        return (
            f"the journal is {state}: nothing but cancels and halts is taken until it is back; "
            "repeat with the same operation id"
        )


def fail(answer: asyncio.Future[Answer] | None, error: LivexecError) -> None:
    """Tell a caller, where one still waits."""
    if answer is not None and not answer.done():
        answer.set_exception(error)


def only(replies: Sequence[Reply]) -> Reply:
    """Return the one reply of a command."""
    (reply,) = replies
    return reply
