"""The journal: one sequence of facts, durable and checksummed; the truth from which all else is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ports.facts import Fact


@dataclass(slots=True, kw_only=True)
class Entry:
    """One fact in its place. `seq` counts from 1 without holes; `cause` names the message that led to it."""

    seq: int
    ts_ns: int  # the actor's now when it was decided
    epoch: int  # which leader wrote it
    actor: str
    cause: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Head:
    """Where a journal ends: its last sequence and the epoch of its last entry; 0 and 0 where it is empty."""

    seq: int
    epoch: int


class JournalReader(Protocol):
    """Reading the committed journal."""

    async def read(self, after_seq: int, limit: int) -> Sequence[Entry]:
        """Return up to `limit` entries after `after_seq`, in order; empty means there are none yet.

        Raises:
            JournalUnavailableError: the store did not answer.
            JournalCorruptError: a record is torn, altered or missing, or its kind is unknown here.
        """

    async def checksum(self, seq: int) -> int | None:
        """Return the checksum of an entry, which hangs on every one before it; None means there is no such entry.

        Raises:
            JournalUnavailableError: the store did not answer.
        """


class Journal(JournalReader, Protocol):
    """The one writer's view. Only one process may have a journal open for writing."""

    async def open(self) -> Head:
        """Take the journal for writing and return where it ends.

        Raises:
            JournalUnavailableError: the store did not answer, or another process holds it.
            JournalCorruptError: its end does not hold together.
        """

    async def append(self, entries: Sequence[Entry]) -> None:
        """Make `entries` durable, all or none; returning means they survive power loss.

        `entries` is not empty and continues the sequence without a hole.

        Raises:
            JournalUnavailableError: not confirmed. They may or may not be durable: read the head again.
        """

    async def head(self) -> Head:
        """Return where the durable journal ends, read from the store.

        Raises:
            JournalLostError: another process has led since; this one never will again.
            JournalUnavailableError: the store did not answer.
        """

    async def close(self) -> None:
        """Let go of the store; harmless to repeat."""
