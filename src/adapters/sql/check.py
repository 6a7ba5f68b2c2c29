"""Is the journal whole, and are the tables what the journal says? Changes neither; a running service may go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import orjson

from adapters.sql.archived import OpenArchive, no_archive
from adapters.sql.codec import NO_CHECKSUM, Row, checksum_of, decode_row
from adapters.sql.compare import TablesReport, compare_projections
from adapters.sql.files import SqliteFiles
from adapters.sql.segments import SegmentDamagedError
from adapters.sql.sqlite_reader import SqliteJournalReader
from adapters.sql.valuation import Valuation
from ports.archive import Segment
from ports.errors import JournalCorruptError
from ports.journal import Head

_BATCH: Final = 2_000


class Damage(StrEnum):
    """What can be wrong with entries."""

    MISSING = "MISSING"  # not there, though later ones are
    TORN = "TORN"  # its checksum does not fit, and its body is no JSON
    ALTERED = "ALTERED"  # its checksum does not fit
    UNKNOWN = "UNKNOWN"  # as it was written, but not a fact that this program knows
    UNREADABLE = "UNREADABLE"  # the file itself is damaged from here on


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the entries from `first_seq` to `last_seq`."""

    damage: Damage
    first_seq: int
    last_seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """How many entries were examined, where the journal ends, and what is wrong; nothing is where it is whole.

    Entries up to `archived` are in the archive, in so many `segments`; they were read there.
    """

    examined: int
    head: Head
    problems: Sequence[Problem]
    archived: int = 0
    segments: int = 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Journal and tables. `projections` is None where a damaged journal leaves nothing to compare them with."""

    journal: JournalReport
    projections: TablesReport | None

    @property
    def ok(self) -> bool:
        """True where the journal is whole and the tables say what it says."""
        return not self.journal.problems and self.projections is not None and not self.projections.differences


class RawReader(Protocol):
    """Reading the journal's rows as they are, whatever is wrong with them."""

    async def raw(self, after_seq: int, limit: int) -> Sequence[Row]:
        """Return up to `limit` rows after `after_seq`.

        Raises:
            JournalUnavailableError: the store did not answer.
            JournalCorruptError: the store itself says that it is damaged there; SegmentDamagedError: the archive.
        """

    async def segments(self, after_seq: int = 0) -> Sequence[Segment]:
        """Return the catalogue of the archive, from the segment on that ends after `after_seq`.

        Raises:
            JournalUnavailableError: the store did not answer.
        """


async def check(files: SqliteFiles, valuation: Valuation, archive: OpenArchive = no_archive) -> CheckReport:
    """Read every entry of the journal, then make the tables anew beside the ones there are and compare every row.

    Raises:
        JournalUnavailableError: a file is not there, has to be migrated first, or does not answer.
        JournalCorruptError: a file is no database at all, or a newer livexec's.
    """
    journal = await check_journal(files.journal, archive)
    tables = None if journal.problems else await compare_projections(files, valuation, journal.head.seq, archive)
    return CheckReport(journal, tables)


async def check_journal(path: Path, archive: OpenArchive = no_archive) -> JournalReport:
    """Read every entry, archived or not, and say which are torn, altered, missing or unknown. Raises as `check`."""
    reader = SqliteJournalReader(path, archive=archive)
    await reader.open()
    try:
        return await scan(reader)
    finally:
        await reader.close()


async def scan(reader: RawReader) -> JournalReport:
    """Read every row to the end and say what is wrong with any.

    Raises:
        JournalUnavailableError: the store did not answer.
    """
    chain, limit = _Chain(), _BATCH
    segments = await reader.segments()
    while True:
        try:
            rows = await reader.raw(chain.seq, limit)
        except SegmentDamagedError as damaged:
            if damaged.first_seq > chain.seq + 1:
                limit = damaged.first_seq - 1 - chain.seq  # what comes before it is examined
            else:
                chain.skip(damaged)
            continue
        except JournalCorruptError as damaged:
            chain.problems.append(Problem(Damage.UNREADABLE, chain.seq + 1, chain.seq + 1, str(damaged)))
            break
        if not rows:
            break
        limit = _BATCH
        for row in rows:
            chain.follow(row)
    return JournalReport(
        chain.examined,
        Head(chain.seq, chain.epoch),
        tuple(chain.problems),
        segments[-1].last_seq if segments else 0,
        len(segments),
    )


class _Chain:
    """Follows rows in their order and goes on behind whatever is wrong, so that each damage is named once."""

    def __init__(self) -> None:
        self.seq = 0
        self.epoch = 0
        self.examined = 0
        self.problems: list[Problem] = []
        # What the row before may have been chained to when it was written: as it says, or as its content says.
        self._previous: set[int] | None = {NO_CHECKSUM}  # None: the row before is missing, nobody knows

    def follow(self, row: Row) -> None:
        seq = row[0]
        if seq != self.seq + 1:
            self.problems.append(
                Problem(Damage.MISSING, self.seq + 1, seq - 1, f"{seq} comes after {self.seq}; entries are missing")
            )
            self._previous = None
        computed = {checksum_of(previous, row[:8]) for previous in self._previous or ()}
        if computed and row[8] not in computed:
            self.problems.append(_broken(row))
        else:
            self._decode(row)
        self.seq, self.epoch = seq, row[2]
        self.examined += 1
        self._previous = computed | {row[8]}

    def skip(self, segment: SegmentDamagedError) -> None:
        """Go on behind a segment of the archive that cannot be read."""
        damage = Damage.MISSING if segment.is_missing else Damage.ALTERED
        self.problems.append(Problem(damage, segment.first_seq, segment.last_seq, str(segment)))
        self.seq, self._previous = segment.last_seq, None

    def _decode(self, row: Row) -> None:
        try:
            decode_row(row)
        except JournalCorruptError as unknown:
            self.problems.append(Problem(Damage.UNKNOWN, row[0], row[0], str(unknown)))


def _broken(row: Row) -> Problem:
    try:
        orjson.loads(row[7])
    except orjson.JSONDecodeError:
        return Problem(Damage.TORN, row[0], row[0], f"the body of a {row[4]!r} is cut or overwritten")
    return Problem(Damage.ALTERED, row[0], row[0], f"a {row[4]!r} is not as it was written")
