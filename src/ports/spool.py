"""The spool: what reduces risk and could not be journalled, kept until the journal takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from ports.commands import CancelAll, CancelOrder, RaiseHalt
from ports.records import brief_record

type Urgent = CancelOrder | CancelAll | RaiseHalt
URGENT: Final = (CancelOrder, CancelAll, RaiseHalt)  # nothing else may leave before it is journalled


@brief_record
class Spooled:
    """A command that was carried out while the journal was away, and the epoch in which it was."""

    command: Urgent
    epoch: int


class Spool(Protocol):
    """A small store beside the journal; it has its own room, so that a full disk does not keep it from writing."""

    async def open(self) -> Sequence[Spooled]:
        """Return what was kept and never cleared, by this process or one before it, oldest first; empty: nothing.

        Raises:
            SpoolUnavailableError: it cannot be read or made.
            JournalCorruptError: it is damaged, so that a halt may be missing.
        """

    async def keep(self, spooled: Spooled) -> None:
        """Make a command durable; returning means that it survives power loss.

        Raises:
            SpoolUnavailableError: it is full, or its disk fails; nothing was kept.
        """

    async def clear(self) -> None:
        """Forget everything: the journal has it.

        Raises:
            SpoolUnavailableError: its disk fails; it may come back at the next start, which is harmless.
        """
