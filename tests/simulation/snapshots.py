"""Snapshots of the simulated book: made beside the process at any instant, as bytes, and outliving it as files do."""

from random import Random

from adapters.snapshots.pickling import from_bytes, to_bytes
from adapters.sql.codec import NO_CHECKSUM, decode_rows
from core.orchestrator import Orchestrator
from ports.snapshots import Snapshot

from fakes.journal import MemoryStore

_KEPT = 2


class SimulatedSnapshots:
    """What the snapshotter has written; draws its own lots, so that a world without it is the same world."""

    def __init__(self, store: MemoryStore, chance: Random) -> None:
        self._store = store
        self._chance = chance
        self._written: list[tuple[Snapshot, bytes]] = []  # the state is in the bytes alone
        self.begun_from = 0  # how many starts had one

    def may_be_written(self) -> None:
        """Write one of anything up to the journal's end, from the newest one on; or none."""
        if not self._store.rows or self._chance.random() < 0.4:
            return
        rows = self._store.rows[: self._chance.randint(1, len(self._store.rows))]
        actor, seq, checksum = Orchestrator(), 0, NO_CHECKSUM
        before = self._newest(rows[-1][0])
        if before is not None:
            actor.restore(before.state)
            seq, checksum = before.seq, before.checksum
        entries = decode_rows(rows[seq:], seq, checksum)
        actor.apply([entry.fact for entry in entries])
        last = rows[-1]
        written = Snapshot(
            seq=last[0],
            epoch=max([row[2] for row in rows]),
            ts_ns=max([row[1] for row in rows]),
            checksum=last[8],
            state=None,
        )
        self._written = [*self._written, (written, to_bytes(actor.state()))][-_KEPT:]

    async def newest(self, until_seq: int) -> Snapshot | None:
        """See `ports.snapshots.Snapshots`; sometimes the folder was emptied."""
        found = None if self._chance.random() < 0.2 else self._newest(until_seq)
        self.begun_from += found is not None
        return found

    def _newest(self, until_seq: int) -> Snapshot | None:
        fitting = [(one, state) for one, state in self._written if one.seq <= until_seq]
        if not fitting:
            return None
        newest, state = max(fitting, key=lambda each: each[0].seq)
        return Snapshot(
            seq=newest.seq,
            epoch=newest.epoch,
            ts_ns=newest.ts_ns,
            checksum=newest.checksum,
            state=from_bytes(state),
        )
