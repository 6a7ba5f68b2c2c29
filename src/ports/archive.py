"""The archive of a journal: its oldest entries as objects, chained to each other and to what the journal holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from ports.journal import Journal
from ports.records import record

SEGMENT: Final = 10_000  # entries in an object of an archive
NEVER_ARCHIVED: Final = 50_000  # of the newest entries, so that a start from a snapshot asks the journal alone


@record
class Segment:
    """The entries from `first_seq` to `last_seq` in the object `path`.

    `previous` is the checksum that its first entry hangs on, `checksum` that of its last; `digest` is of the object.
    """

    first_seq: int
    last_seq: int
    path: str
    previous: int
    checksum: int
    digest: str


class ArchivedJournal(Journal, Protocol):
    """The one writer's view of a journal whose oldest entries may be elsewhere; reading it reads both as one."""

    async def segments(self) -> Sequence[Segment]:
        """Return what is archived, the oldest first, without holes; none means that nothing is.

        Raises:
            JournalUnavailableError: the store did not answer.
        """

    async def cut(self, segment: Segment) -> None:
        """Note a segment as archived, durably, and then remove its rows, some at a time.

        Its object is in the archive and was read back. Harmless to repeat; a repeat removes what is left of its rows.

        Raises:
            ValueError: it does not follow what is archived, is not what the journal holds, or would take its newest
                entries; nothing was changed.
            JournalUnavailableError: not confirmed; repeat it.
        """
