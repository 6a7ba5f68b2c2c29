"""Group commit: outcomes wait here until their facts are durable, and only then have any effect."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from ports.actor import Outcome, Told
from ports.errors import JournalUnavailableError
from ports.execution import Answer
from ports.facts import Fact
from ports.journal import Entry, Journal
from ports.records import maker
from ports.telemetry import BATCH_FACTS, STEP_SECONDS, Telemetry

_new_entry: Final = maker(Entry)


@dataclass(slots=True)
class Pending:
    """An outcome on its way: its entries, and the sequence that must be durable before anything of it happens.

    `message` led to it; None where none did.
    """

    message: Told | None
    outcome: Outcome
    entries: Sequence[Entry]
    needs_seq: int
    answer: asyncio.Future[Answer] | None


class Place(NamedTuple):
    """Where facts go: after which sequence, when, in which epoch, and of which actor."""

    after_seq: int
    ts_ns: int
    epoch: int
    actor: str


def entries_of(facts: Sequence[Fact], place: Place, cause: str) -> list[Entry]:
    """Return facts as entries of the journal."""
    after_seq, ts_ns, epoch, actor = place
    return [
        _new_entry(seq=seq, ts_ns=ts_ns, epoch=epoch, actor=actor, cause=cause, fact=fact)
        for seq, fact in enumerate(facts, start=after_seq + 1)
    ]


class Committer:
    """Appends what waits as one batch, then the next; effects follow in the order of decisions.

    `on_entries` is called with the entries of a batch, then `on_durable` once for each of its outcomes; `on_failure`
    once with everything that was not delivered, which then counts as never decided; `on_defect` when a task ends.
    `max_batch` bounds how many outcomes one commit takes, and so how long the first of them waits.
    """

    def __init__(
        self,
        journal: Journal,
        on_entries: Callable[[Sequence[Entry]], None],
        on_durable: Callable[[Pending], None],
        on_failure: Callable[[JournalUnavailableError, Sequence[Pending]], None],
        on_defect: Callable[[asyncio.Task[None]], None],
        max_batch: int,
        telemetry: Telemetry,
    ) -> None:
        self._journal = journal
        self._telemetry = telemetry
        self._on_entries = on_entries
        self._on_durable = on_durable
        self._on_failure = on_failure
        self._on_defect = on_defect
        self._max_batch = max_batch
        self._waiting: deque[Pending] = deque()
        self._running: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many outcomes are not durable yet."""
        return len(self._waiting)

    def put(self, pending: Pending) -> None:
        """Queue an outcome; one without facts passes at once where nothing is before it."""
        if not self._waiting and not pending.entries:
            self._on_durable(pending)
            return
        self._waiting.append(pending)
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())
            self._running.add_done_callback(self._on_defect)

    async def idle(self) -> None:
        """Wait until nothing is being committed."""
        while self._running is not None:
            await asyncio.wait([self._running])

    def abandon(self) -> Sequence[Pending]:
        """Stop committing, for good; return what was not delivered."""
        if self._running is not None:
            self._running.cancel()
        undelivered = list(self._waiting)
        self._waiting.clear()
        return undelivered

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = list(islice(self._waiting, self._max_batch))
                entries = [entry for pending in batch for entry in pending.entries]
                if entries:
                    began = time.perf_counter()
                    await self._journal.append(entries)
                    self._telemetry.observe(STEP_SECONDS, time.perf_counter() - began, step="commit")
                    self._telemetry.observe(BATCH_FACTS, len(entries))
                    self._on_entries(entries)
                for pending in batch:
                    self._on_durable(pending)
                    self._waiting.popleft()  # after its delivery: one that a defect cut short is given up, not lost
        except JournalUnavailableError as failure:
            undelivered = list(self._waiting)
            self._waiting.clear()
            self._on_failure(failure, undelivered)
        finally:
            self._running = None
