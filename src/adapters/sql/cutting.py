"""What may be cut out of a journal once it is archived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.sql.codec import NO_CHECKSUM, Row
from ports.archive import Segment

TAIL_CHECKED: Final = 1_000  # entries at the end that are read whole whenever the journal is opened; they stay
REMOVED_AT_ONCE: Final = 500  # rows: some milliseconds, in which no append can be made


def refuse_cut(segment: Segment, archived: Sequence[Segment], last: Sequence[Row], head_seq: int) -> bool:
    """Say whether a segment still has to be noted in the catalogue; False: it is.

    `archived` is the catalogue, `last` the journal's own row of the segment's last entry.

    Raises:
        ValueError: it is neither in the catalogue nor what may come next.
    """
    if segment in archived:
        return False
    before = archived[-1] if archived else None
    follows = (0, NO_CHECKSUM) if before is None else (before.last_seq, before.checksum)
    if (segment.first_seq - 1, segment.previous) != follows:
        raise ValueError(f"{segment.path} does not follow what is archived, which ends at {follows[0]}")
    if segment.last_seq > head_seq - TAIL_CHECKED:
        raise ValueError(f"{segment.path} reaches to {segment.last_seq}; the newest {TAIL_CHECKED} of {head_seq} stay")
    if not last or (last[0][0], last[0][8]) != (segment.last_seq, segment.checksum):
        raise ValueError(f"{segment.path} is not what the journal holds up to {segment.last_seq}")
    return True
