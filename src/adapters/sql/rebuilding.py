"""Making projections from the journal: all of them anew, or what they have not taken in yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ports.journal import JournalReader
from ports.projections import Projection

_BATCH: Final = 2_000


async def rebuild(
    journal: JournalReader, projections: Projection, on_progress: Callable[[int], None] | None = None
) -> int:
    """Empty `projections` and take in the whole journal; returns the last sequence taken in.

    Cut short, it leaves projections that are right as far as their cursor says. `on_progress` hears each cursor.

    Raises:
        JournalUnavailableError: one of the two did not answer.
        JournalCorruptError: the journal is damaged; the projections hold what comes before the damage.
    """
    await projections.clear()
    return await catch_up(journal, projections, on_progress=on_progress)


async def catch_up(
    journal: JournalReader,
    projections: Projection,
    until_seq: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Take in what `projections` lack, as far as the journal (or `until_seq`) goes; returns their cursor. Raises as
    `rebuild`.
    """
    cursor = await projections.cursor()
    while until_seq is None or cursor < until_seq:
        limit = _BATCH if until_seq is None else min(_BATCH, until_seq - cursor)
        entries = await journal.read(cursor, limit)
        if not entries:
            break
        await projections.take(entries)
        cursor = entries[-1].seq
        if on_progress is not None:
            on_progress(cursor)
    return cursor
