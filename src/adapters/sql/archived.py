"""Reading a journal whose oldest entries are in an archive: rows from both, as if they were one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from adapters.sql.codec import Row
from adapters.sql.segments import SegmentDamagedError, decode_segment
from ports.archive import Segment
from ports.errors import (
    JournalUnavailableError,
    ObjectMissingError,
    ObjectStoreRefusedError,
    ObjectStoreUnavailableError,
)
from ports.object_store import ObjectStore

type OpenArchive = Callable[[], ObjectStore]  # called once, and only where something archived is read
SEGMENT_COLUMNS: Final = "first_seq, last_seq, path, previous, checksum, digest"  # in the order of its fields
SEGMENTS_AFTER: Final = f"SELECT {SEGMENT_COLUMNS} FROM journal_segments WHERE last_seq > "  # noqa: S608 - constants
_HELD: Final = 2  # segments kept in memory: pages may lie across the border of two


def no_archive() -> ObjectStore:
    """Stand for an archive where none was named.

    Raises:
        JournalUnavailableError: always.
    """
    raise JournalUnavailableError("the journal's oldest entries are in its archive, and no archive is named here")


def as_segments(rows: Sequence[tuple[Any, ...]]) -> list[Segment]:
    """Return what the catalogue in the database holds, given in the order of its columns."""
    names = SEGMENT_COLUMNS.split(", ")
    return [Segment(**dict(zip(names, row, strict=True))) for row in rows]


class ArchivedRows:
    """Rows of the journal's own table (`stored`), and before them those of the archive that its catalogue names."""

    def __init__(
        self,
        stored: Callable[[int, int], Awaitable[list[Row]]],
        segments_after: Callable[[int], Awaitable[list[Segment]]],
        open_archive: OpenArchive,
    ) -> None:
        self._stored = stored
        self._segments_after = segments_after
        self._open_archive = open_archive
        self._archive: ObjectStore | None = None
        self._held: dict[str, list[Row]] = {}

    async def rows(self, after_seq: int, limit: int) -> list[Row]:
        """Return up to `limit` rows after `after_seq`.

        Raises:
            JournalUnavailableError: the database or the archive did not answer.
            SegmentDamagedError: a segment is not there, or not as it was put there.
        """
        rows = await self._stored(after_seq, limit)
        place = max(after_seq, 0)
        if rows and rows[0][0] == place + 1:
            return rows
        # They begin later, or there are none. The catalogue is asked after the table, so that a segment that was cut
        # between the two is in it.
        segments = await self._segments_after(place)
        if not segments:
            return rows
        archived: list[Row] = []
        for segment in segments:
            held = await self._of(segment)
            archived += held[place + 1 - segment.first_seq :][: limit - len(archived)]
            place = segment.last_seq
            if len(archived) == limit:
                return archived
        return archived + await self._stored(place, limit - len(archived))

    async def _of(self, segment: Segment) -> list[Row]:
        held = self._held.get(segment.path)
        if held is None:
            while len(self._held) >= _HELD:
                del self._held[next(iter(self._held))]
            content = await self._read(segment)
            held = self._held[segment.path] = await asyncio.to_thread(decode_segment, content, segment)
        return held

    async def _read(self, segment: Segment) -> bytes:
        try:
            if self._archive is None:
                self._archive = self._open_archive()
            return await self._archive.read(segment.path)
        except ObjectMissingError as missing:
            raise SegmentDamagedError(segment, "is not there", is_missing=True) from missing
        except (ObjectStoreUnavailableError, ObjectStoreRefusedError) as silent:
            raise JournalUnavailableError(f"the journal's archive, {segment.path}: {silent}") from silent
