"""The archive: entries leave the journal only where they are safe elsewhere, and whoever reads notices nothing."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import orjson
import pytest

from adapters.runtime.folding import fold
from adapters.sql import Damage, Database, PostgresDatabase, SqliteDatabase, Valuation, archive_next, rebuild
from adapters.sql.archived import SEGMENT_COLUMNS
from adapters.sql.cutting import TAIL_CHECKED
from adapters.sql.database import Reader
from adapters.sql.segments import digest_of, encode_segment
from adapters.storage import LocalObjectStore
from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient, Waiting
from core.orchestrator import Orchestrator
from ports.archive import ArchivedJournal, Segment
from ports.errors import JournalCorruptError, JournalUnavailableError, ObjectStoreUnavailableError
from ports.facts import LeaderStarted
from ports.journal import Entry
from ports.object_store import ObjectStore
from ports.snapshots import NoSnapshots

from fakes.databases import Bed, PostgresBed, SqliteBed, Writer, stored
from fakes.desk import digest
from fakes.gcs.fake import running_gcs
from fakes.object_store import MemoryObjectStore
from fakes.story import random_story

SIZE = 150
PATIENT = Waiting(connect_s=5, answer_s=5, total_s=10, first_pause_s=0.001, longest_pause_s=0.001)


@cache
def told() -> tuple[Entry, ...]:
    """Return a story, and then so many entries that all of it may leave."""
    entries = random_story(7, 300).entries
    last = entries[-1]
    later = [
        Entry(
            seq=last.seq + number,
            ts_ns=last.ts_ns + number,
            epoch=2,
            actor=last.actor,
            cause="start",
            fact=LeaderStarted(epoch=2, program="later", started_ns=last.ts_ns + number),
        )
        for number in range(1, TAIL_CHECKED + 1)
    ]
    return (*entries, *later)


@dataclass
class Archived:
    """A journal with a story in it, its archive, and a reader of both."""

    bed: Bed
    database: Database
    journal: ArchivedJournal
    reader: Reader
    store: ObjectStore
    entries: Sequence[Entry]

    async def next(self, before_ns: int = 2**62) -> Segment | None:
        return await archive_next(self.reader, self.store, len(self.entries) - TAIL_CHECKED, before_ns, SIZE)

    async def put(self) -> list[Segment]:
        """Archive and cut all that may leave."""
        while (segment := await self.next()) is not None:
            await self.journal.cut(segment)
        return list(await self.journal.segments())

    async def all(self, page: int = 97) -> list[Entry]:
        """Read everything, in pages that end anywhere."""
        found: list[Entry] = []
        while batch := await self.reader.read(len(found), page):
            found += batch
        return found

    def first_stored(self) -> int:
        (row,) = self.bed.journal("SELECT min(seq) AS seq FROM journal")
        return int(row["seq"])

    async def problems(self, valuation: Valuation) -> list[tuple[Damage, int, int]]:
        report = await self.database.check(valuation)
        return [(each.damage, each.first_seq, each.last_seq) for each in report.journal.problems]


@pytest.fixture
def store() -> MemoryObjectStore:
    """Return an empty archive."""
    return MemoryObjectStore()


@pytest.fixture
async def archived(bed: Bed, store: MemoryObjectStore) -> AsyncIterator[Archived]:
    """Return a journal with its story, nothing of it archived yet."""
    async with opened(bed, store) as archived:
        yield archived


@asynccontextmanager
async def opened(bed: Bed, store: ObjectStore) -> AsyncIterator[Archived]:
    """Open a journal over a bed and an archive, with the story in it."""
    database: Database
    if isinstance(bed, SqliteBed):
        database = SqliteDatabase(bed.files, lambda: store)
    else:
        assert isinstance(bed, PostgresBed)
        database = PostgresDatabase(bed.address, lambda: store)
    journal, reader = database.journal(), database.reader()
    await journal.open()
    try:
        await journal.append(told())
        await reader.open()
        yield Archived(bed, database, journal, reader, store, told())
    finally:
        await reader.close()
        await journal.close()


async def test_what_left_the_journal_is_read_as_if_it_were_there(archived: Archived) -> None:
    before = await archived.reader.raw(0, 10_000)
    segments = await archived.put()
    assert [(one.first_seq, one.last_seq) for one in segments] == [(1, 150), (151, 300), (301, 450)]
    assert archived.first_stored() == 451
    assert await archived.reader.raw(0, 10_000) == before
    for page in (97, 150, 10_000):
        assert await archived.all(page) == list(archived.entries)
    for place in (149, 150, 448, 449, 450, 451):
        assert await archived.reader.read(place, 3) == list(archived.entries[place : place + 3])
    assert [await archived.reader.checksum(seq) for seq in (1, 150, 151, 450, 451)] == [
        before[seq - 1][8] for seq in (1, 150, 151, 450, 451)
    ]


async def test_a_start_from_both_makes_the_same_book(archived: Archived) -> None:
    whole = Orchestrator()
    whole.apply([entry.fact for entry in archived.entries])
    await archived.put()
    head = await archived.journal.head()
    assert head.seq == len(archived.entries)
    folded = await fold(archived.journal, NoSnapshots(), Orchestrator(), head.seq, None)
    assert isinstance(folded.actor, Orchestrator)
    assert digest(folded.actor) == digest(whole)


async def test_the_journal_goes_on_behind_what_left(archived: Archived) -> None:
    await archived.put()
    last = archived.entries[-1]
    await archived.journal.append([replace(last, seq=last.seq + 1)])
    await archived.journal.close()
    assert (await archived.journal.open()).seq == last.seq + 1
    assert len(await archived.all()) == last.seq + 1


async def test_check_examines_both_and_the_tables_are_made_from_both(
    archived: Archived, projections: Writer, valuation: Valuation
) -> None:
    await rebuild(archived.reader, projections)
    before = stored(archived.bed)
    await archived.put()
    await rebuild(archived.reader, projections)
    assert stored(archived.bed) == before
    report = await archived.database.check(valuation)
    assert report.ok
    assert report.journal.examined == len(archived.entries)
    assert (report.journal.archived, report.journal.segments) == (450, 3)


async def test_what_was_killed_before_the_cut_is_archived_once(archived: Archived, store: MemoryObjectStore) -> None:
    first = await archived.next()
    there = await store.list("")
    assert await archived.next() == first  # the next process finds the object
    assert await store.list("") == there
    assert archived.first_stored() == 1


@pytest.mark.parametrize("removed", [0, 70], ids=["before any row was removed", "half-way"])
async def test_what_was_killed_in_the_cut_reads_the_same_and_is_finished(archived: Archived, removed: int) -> None:
    segment = await archived.next()
    assert segment is not None
    archived.bed.journal(
        f"INSERT INTO journal_segments ({SEGMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
        segment.first_seq,
        segment.last_seq,
        segment.path,
        segment.previous,
        segment.checksum,
        segment.digest,
    )
    archived.bed.journal("DELETE FROM journal WHERE seq <= ?", removed)
    assert await archived.all() == list(archived.entries)
    await archived.journal.cut(segment)
    assert archived.first_stored() == 151
    assert await archived.all() == list(archived.entries)


async def test_entries_that_are_cut_between_two_questions_of_a_reader_are_found(archived: Archived) -> None:
    half = await archived.reader.read(0, 100)
    await archived.put()
    assert [*half, *await archived.reader.read(100, 10_000)] == list(archived.entries)


async def test_a_segment_that_was_altered_is_named_and_the_rest_examined(
    archived: Archived, store: MemoryObjectStore, valuation: Valuation
) -> None:
    segments = await archived.put()
    path = segments[1].path
    content = await store.read(path)
    await store.write(path, content[:-20] + bytes(20), replacing=(await store.info(path)).generation)
    assert await archived.problems(valuation) == [(Damage.ALTERED, 151, 300)]
    assert await archived.reader.read(0, 100) == list(archived.entries[:100])
    with pytest.raises(JournalCorruptError, match="seq 151 to 300"):
        await archived.reader.read(140, 100)


async def test_another_segment_in_its_place_is_no_archive(
    archived: Archived, store: MemoryObjectStore, valuation: Valuation
) -> None:
    segments = await archived.put()
    path = segments[0].path
    _, other = encode_segment((await archived.reader.raw(0, SIZE))[:-1], None)
    await store.write(path, other, replacing=(await store.info(path)).generation)
    assert await archived.problems(valuation) == [(Damage.ALTERED, 1, 150)]


async def test_a_segment_that_is_gone_is_named(
    archived: Archived, store: MemoryObjectStore, valuation: Valuation
) -> None:
    segments = await archived.put()
    for number in (0, 2):
        await store.delete(segments[number].path, (await store.info(segments[number].path)).generation)
    assert await archived.problems(valuation) == [(Damage.MISSING, 1, 150), (Damage.MISSING, 301, 450)]


async def test_an_archive_that_does_not_answer_is_no_damage(archived: Archived, store: MemoryObjectStore) -> None:
    await archived.put()
    store.away = True
    with pytest.raises(JournalUnavailableError, match="archive"):
        await archived.reader.read(0, 10)
    assert await archived.reader.read(451, 10) == list(archived.entries[451:461])
    with pytest.raises(ObjectStoreUnavailableError):
        await archive_next(archived.reader, store, len(archived.entries), 2**62, 50)


async def test_a_damaged_journal_is_not_archived(archived: Archived, store: MemoryObjectStore) -> None:
    archived.bed.journal("UPDATE journal SET cause = 'another' WHERE seq = 99")
    with pytest.raises(JournalCorruptError, match="seq 99"):
        await archived.next()
    assert await store.list("") == []


async def test_what_another_release_compressed_otherwise_is_the_same_segment(
    archived: Archived, store: MemoryObjectStore
) -> None:
    rows = await archived.reader.raw(0, SIZE)
    segment, content = encode_segment(rows, None)
    line, _, packed = content.partition(b"\n")
    said = orjson.loads(line)
    said.pop("digest")
    repacked = zlib.compress(zlib.decompress(packed), 1)
    digest_of_it = digest_of(said, repacked)
    await store.write(segment.path, orjson.dumps(said | {"digest": digest_of_it}) + b"\n" + repacked)
    found = await archived.next()
    assert found == replace(segment, digest=digest_of_it)
    assert await archived.put()
    assert await archived.all() == list(archived.entries)


async def test_other_entries_in_the_segments_place_stop_it(archived: Archived, store: MemoryObjectStore) -> None:
    rows = await archived.reader.raw(0, SIZE)
    segment, _ = encode_segment(rows, None)
    _, shorter = encode_segment(rows[:-1], None)
    await store.write(segment.path, shorter)
    with pytest.raises(JournalCorruptError, match=segment.path):
        await archived.next()
    assert archived.first_stored() == 1


async def test_nothing_is_cut_that_does_not_follow_or_is_not_the_journals(archived: Archived) -> None:
    segment = await archived.next()
    assert segment is not None
    newest = len(archived.entries)
    checksum = await archived.reader.checksum(newest)
    assert checksum is not None
    for wrong in (
        replace(segment, checksum=segment.checksum ^ 1),
        replace(segment, first_seq=2),
        replace(segment, previous=5),
        replace(segment, last_seq=newest, checksum=checksum),
    ):
        with pytest.raises(ValueError, match="segment"):
            await archived.journal.cut(wrong)
    assert await archived.journal.segments() == []
    assert archived.first_stored() == 1


async def test_what_is_young_stays(archived: Archived) -> None:
    assert await archived.next(before_ns=archived.entries[SIZE - 1].ts_ns) is None
    assert await archived.next(before_ns=archived.entries[SIZE - 1].ts_ns + 1) is not None


@pytest.fixture(params=["local folder", "cloud"])
def real_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """Return a folder, or a bucket that loses an answer to a write."""
    if request.param == "local folder":
        yield LocalObjectStore(tmp_path / "archive")
        return
    with running_gcs("archive") as fake:
        client = GcsClient(fake.endpoint)
        direct = GcsObjectStore(client, "archive", PATIENT)
        fake.fail(503, "upload", performed=True)
        try:
            yield direct
        finally:
            direct.close()
            client.close()


async def test_a_folder_and_the_cloud_serve_as_archives(tmp_path: Path, real_store: ObjectStore) -> None:
    async with opened(SqliteBed(tmp_path), real_store) as archived:
        segments = await archived.put()
        assert [one.path for one in await real_store.list("journal_archive/")] == [one.path for one in segments]
        assert await archived.all() == list(archived.entries)
