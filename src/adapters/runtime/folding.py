"""Making an actor from what is durable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ports.actor import Actor
from ports.errors import JournalUnavailableError
from ports.journal import JournalReader
from ports.snapshots import Snapshots

_READ_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Folded:
    """An actor that facts made: up to which sequence, by whom they were written last, and when."""

    actor: Actor
    seq: int
    epoch: int
    now_ns: int


async def fold(
    journal: JournalReader,
    snapshots: Snapshots,
    actor: Actor,
    until_seq: int,
    progress: Callable[[int, int], None] | None,
) -> Folded:
    """Let a new actor take over the newest snapshot and apply every fact from there up to `until_seq`.

    `progress(done, of)` is called on the way.

    Raises:
        JournalUnavailableError: the store did not answer, or not with all that there is.
        JournalCorruptError: the journal does not hold together, or is newer than this program.
    """
    place = epoch = now_ns = 0
    snapshot = await snapshots.newest(until_seq)
    if snapshot is not None:
        actor.restore(snapshot.state)
        place, epoch, now_ns = snapshot.seq, snapshot.epoch, snapshot.ts_ns
    while place < until_seq:
        batch = await journal.read(place, _READ_AT_ONCE)
        if not batch:
            raise JournalUnavailableError(f"the journal gave nothing after {place} of {until_seq}")
        actor.apply([entry.fact for entry in batch])
        place = batch[-1].seq
        epoch = max(epoch, batch[-1].epoch)
        now_ns = max(now_ns, batch[-1].ts_ns)
        if progress is not None:
            progress(place, until_seq)
    return Folded(actor, place, epoch, now_ns)
