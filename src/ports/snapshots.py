"""Snapshots of a book: what shortens a start, and may be lost or thrown away at any time."""

from __future__ import annotations

from typing import Any, Final, Protocol

from ports.records import record

LONGEST_TAIL: Final = 50_000  # facts after a snapshot; then the next one is made


@record
class Snapshot:
    """A book as the facts up to `seq` made it; `state` is what its actor gave (`ports.actor.Actor.state`).

    `checksum` is the journal's own of that sequence, which hangs on every one before it; `epoch` and `ts_ns` are of
    that entry too.
    """

    seq: int
    epoch: int
    ts_ns: int
    checksum: int
    state: Any


class Snapshots(Protocol):
    """Where snapshots are found."""

    async def newest(self, until_seq: int) -> Snapshot | None:
        """Return the newest one, of at most `until_seq`, that is whole, of this program and of the very journal.

        None means that there is none: everything is folded. One that is damaged, or of another program or journal, is
        passed over.

        Raises:
            JournalUnavailableError: the journal did not answer.
        """


class NoSnapshots:
    """There are none."""

    async def newest(self, until_seq: int) -> Snapshot | None:
        """See `Snapshots`."""
        del until_seq
        return None
