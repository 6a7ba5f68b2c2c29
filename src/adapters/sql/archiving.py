"""Putting the oldest entries of a journal into its archive: written, read back, compared; nothing is removed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adapters.sql.codec import Row
from adapters.sql.segments import decode_segment, encode_segment, said_of
from ports.archive import SEGMENT, Segment
from ports.errors import JournalCorruptError, JournalUnavailableError, ObjectExistsError
from ports.object_store import ObjectStore


class ArchivingReader(Protocol):
    """What is asked of the journal's reader."""

    async def stored(self, after_seq: int, limit: int) -> Sequence[Row]:
        """Return rows of the journal's own table. Raises JournalUnavailableError, JournalCorruptError."""

    async def segments(self, after_seq: int = 0) -> Sequence[Segment]:
        """Return the catalogue from the segment on that ends after `after_seq`. Raises JournalUnavailableError."""


async def archive_next(
    journal: ArchivingReader, archive: ObjectStore, until_seq: int, before_ns: int, size: int = SEGMENT
) -> Segment | None:
    """Put the next `size` entries into the archive, and return what may then be cut out of the journal.

    None: so many are not there yet, up to `until_seq` and all older than `before_ns`. Harmless to repeat after
    whatever came between: the same entries make the same object.

    Raises:
        JournalCorruptError: the journal is damaged there, or another journal's entries are where these would go.
        JournalUnavailableError: the journal did not answer.
        ObjectStoreUnavailableError, ObjectStoreRefusedError: the archive did not take it; repeat it.
    """
    segments = await journal.segments()
    before = segments[-1] if segments else None
    place = 0 if before is None else before.last_seq
    if place + size > until_seq:
        return None
    rows = await journal.stored(place, size)
    if len(rows) < size:
        raise JournalUnavailableError(f"the journal gave {len(rows)} of {size} entries after {place}")
    if rows[-1][1] >= before_ns:
        return None
    segment, content = encode_segment(rows, before)
    try:
        generation = (await archive.write(segment.path, content)).generation
    except ObjectExistsError:
        generation = None  # of another release, whose compression differs, or of another journal: look at it
    # What is there says its own digest, and its entries are held against the journal's: only then may those go.
    there = await archive.read(segment.path, generation=generation)
    found = said_of(there, segment)
    if decode_segment(there, found) != list(rows):
        raise JournalCorruptError(f"the archive's {segment.path} holds other entries; move it away")
    return found
