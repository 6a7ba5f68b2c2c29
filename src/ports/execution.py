"""What a door may ask of the service: hand in a command, and follow what became true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from ports.actor import Command
from ports.journal import Entry
from ports.records import brief_record
from ports.replies import Reply


@brief_record
class Answer:
    """A reply, and the sequence up to which the journal was durable when it was given."""

    reply: Reply
    sequence: int


class CommandGateway(Protocol):
    """The way in: one command, one answer, after its facts are durable."""

    async def ask(self, command: Command) -> Answer:
        """Hand `command` to the book of record and return its answer.

        Raises:
            MailboxFullError: not taken; repeat later with the same operation id.
            JournalUnavailableError: not confirmed; repeat with the same operation id.
            ShuttingDownError: the service is stopping.
        """


class FactFeed(Protocol):
    """The committed journal, followed live."""

    @property
    def sequence(self) -> int:
        """The last durable sequence."""

    def follow(self, after_seq: int) -> AsyncIterator[Sequence[Entry]]:
        """Yield batches of entries after `after_seq`, without holes, until the service stops.

        A slow reader reads older batches from the store and never slows the writer.

        Raises:
            JournalUnavailableError: the store did not answer a reader that had fallen behind.
        """
