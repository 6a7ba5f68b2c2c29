"""Checking: every damage is named with its sequence, every row of the tables is compared with the journal."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sql import (
    Damage,
    PostgresAddress,
    PostgresDatabase,
    PostgresJournal,
    SqliteFiles,
    Valuation,
    check,
    check_journal,
    rebuild,
)
from adapters.sql.codec import checksum_of
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.journal import Head

from fakes.databases import Bed, SqliteBed, Writer, stored
from fakes.journal import MemoryJournal
from fakes.postgres import PostgresServer
from fakes.story import Story, random_story

A_BREAK_MORE = (
    "INSERT INTO breaks (opened_seq, break_id, kind, detail, opened_at) SELECT 0, 'b', kind, '', 1 FROM breaks LIMIT 1"
)
ROWS = {
    "THE_FIRST": "created_seq = (SELECT min(created_seq) FROM unified_orders)",
    "ONE_HELD": "(canonical_id, strategy_id) = (SELECT canonical_id, strategy_id FROM positions ORDER BY 1, 2 LIMIT 1)",
}


@pytest.fixture
async def story(bed: Bed, projections: Writer) -> Story:
    """Tell a story, keep it in the journal, take it into the tables."""
    story = random_story(7, 60)
    journal = bed.database.journal()
    await journal.open()
    await journal.append(story.entries)
    await projections.take(story.entries)
    await journal.close()
    return story


async def found(bed: Bed, valuation: Valuation) -> list[tuple[Damage, int, int]]:
    report = await bed.database.check(valuation)
    assert not report.ok
    assert report.projections is None
    return [(problem.damage, problem.first_seq, problem.last_seq) for problem in report.journal.problems]


async def test_a_sound_journal_and_its_tables_pass_with_everything_examined(
    bed: Bed, valuation: Valuation, story: Story
) -> None:
    report = await bed.database.check(valuation)
    assert report.ok
    assert report.journal.examined == len(story.entries)
    assert report.journal.head == Head(len(story.entries), story.entries[-1].epoch)
    assert report.projections is not None
    assert report.projections.cursor == len(story.entries)
    assert report.projections.rows_examined > 100


async def test_what_is_new_passes_too(bed: Bed, valuation: Valuation) -> None:
    report = await bed.database.check(valuation)
    assert report.ok
    assert (report.journal.examined, report.journal.head) == (0, Head(0, 0))


@pytest.mark.parametrize(
    ("statement", "damage"),
    [
        ("UPDATE journal SET body = substr(body, 1, 9) WHERE seq = 20", Damage.TORN),
        ("UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 1) WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET ts_ns = ts_ns + 1 WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET cause = cause || 'x' WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET checksum = checksum + 1 WHERE seq = 20", Damage.ALTERED),
        ("DELETE FROM journal WHERE seq = 20", Damage.MISSING),
    ],
)
async def test_one_damaged_entry_is_named_and_no_other(
    bed: Bed, valuation: Valuation, story: Story, statement: str, damage: Damage
) -> None:
    bed.journal(statement)
    assert await found(bed, valuation) == [(damage, 20, 20)]


async def test_text_in_a_file_that_is_no_text_any_more_is_named(tmp_path: Path) -> None:
    bed = SqliteBed(tmp_path)
    journal = bed.database.journal()
    await journal.open()
    await journal.append(random_story(7, 60).entries)
    await journal.close()
    bed.journal("UPDATE journal SET actor = CAST(x'ff' AS TEXT) WHERE seq = 20")
    (problem,) = (await check_journal(bed.files.journal)).problems
    assert (problem.damage, problem.first_seq, problem.last_seq) == (Damage.ALTERED, 20, 20)


async def test_several_damages_are_all_named(bed: Bed, valuation: Valuation, story: Story) -> None:
    bed.journal("UPDATE journal SET cause = 'x' WHERE seq = 5")
    bed.journal("DELETE FROM journal WHERE seq BETWEEN 11 AND 14")
    bed.journal("UPDATE journal SET body = substr(body, 2) WHERE seq = 30")
    assert await found(bed, valuation) == [(Damage.ALTERED, 5, 5), (Damage.MISSING, 11, 14), (Damage.TORN, 30, 30)]


async def test_a_fact_of_a_newer_program_is_named_as_unknown(bed: Bed, valuation: Valuation, story: Story) -> None:
    last = len(story.entries)
    (row,) = bed.journal("SELECT checksum FROM journal WHERE seq = ?", last)
    content = (last + 1, 1, 1, "book", "OrderTeleported", 1, "", b"{}")
    added = (*content, checksum_of(row["checksum"], content))
    bed.journal("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *added)
    report = (await bed.database.check(valuation)).journal
    (problem,) = report.problems
    assert (problem.damage, problem.first_seq) == (Damage.UNKNOWN, last + 1)
    assert "OrderTeleported" in problem.detail


async def test_a_file_that_is_damaged_itself_is_named_from_where_it_cannot_be_read(tmp_path: Path) -> None:
    bed = SqliteBed(tmp_path)
    journal = bed.database.journal()
    await journal.open()
    await journal.append(random_story(7, 60).entries)
    await journal.close()
    with closing(sqlite3.connect(bed.files.journal)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with bed.files.journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    (problem,) = (await check_journal(bed.files.journal)).problems
    assert (problem.damage, problem.first_seq, problem.last_seq) == (Damage.UNREADABLE, 1, 1)


async def test_a_page_of_the_server_that_is_damaged_is_named_from_where_it_cannot_be_read(
    postgres: PostgresServer, address: PostgresAddress, valuation: Valuation
) -> None:
    journal = PostgresJournal(address)
    await journal.open()
    await journal.append(random_story(7, 60).entries)
    await journal.close()
    postgres.spoil(address, "journal", page=1)
    (problem,) = (await PostgresDatabase(address).check(valuation)).journal.problems
    assert problem.damage is Damage.UNREADABLE
    assert "invalid page" in problem.detail


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE unified_orders SET status = 'HELD' WHERE THE_FIRST", "unified_orders"),
        ("UPDATE unified_orders SET quantity = '100.000000000000000001' WHERE THE_FIRST", "unified_orders"),
        ("UPDATE unified_orders SET tags = '[ ]' WHERE THE_FIRST", "unified_orders"),
        ("DELETE FROM fills WHERE seq = (SELECT min(seq) FROM fills)", "fills"),
        ("UPDATE positions SET realized_pnl = '1000000' WHERE ONE_HELD", "positions"),
        (A_BREAK_MORE, "breaks"),
    ],
)
async def test_one_row_that_is_not_what_the_journal_says_is_named(
    bed: Bed, valuation: Valuation, story: Story, statement: str, table: str
) -> None:
    for name, condition in ROWS.items():
        statement = statement.replace(name, condition)
    bed.tables(statement)
    report = await bed.database.check(valuation)
    assert not report.ok
    assert report.projections is not None
    (difference,) = report.projections.differences
    assert (difference.table, difference.rows, len(difference.keys)) == (table, 1, 1)


async def test_tables_that_lag_behind_are_compared_as_far_as_they_are(
    bed: Bed, valuation: Valuation, story: Story, projections: Writer
) -> None:
    await projections.clear()
    await projections.take(story.entries[:33])
    report = await bed.database.check(valuation)
    assert report.ok
    assert report.projections is not None
    assert report.projections.cursor == 33


async def test_tables_ahead_of_their_journal_are_named(bed: Bed, valuation: Valuation, story: Story) -> None:
    bed.journal("DELETE FROM journal WHERE seq > 40")
    report = await bed.database.check(valuation)
    assert not report.ok
    assert report.projections is not None
    assert report.projections.differences[0].keys == (
        f"the tables are at {len(story.entries)}, the journal ends at 40",
    )


async def test_checking_a_service_that_runs_disturbs_nobody(
    bed: Bed, valuation: Valuation, story: Story, projections: Writer
) -> None:
    journal = bed.database.journal()
    head = await journal.open()
    assert (await bed.database.check(valuation)).ok
    story.submit("op-late")
    await journal.append(story.entries[head.seq :])
    await projections.take(story.entries[head.seq :])
    assert (await bed.database.check(valuation)).ok
    await journal.close()


async def test_a_check_leaves_nothing_behind(bed: Bed, valuation: Valuation, story: Story) -> None:
    before = stored(bed)
    assert (await bed.database.check(valuation)).ok
    assert stored(bed) == before


async def test_files_that_are_not_there_cannot_be_checked(tmp_path: Path, valuation: Valuation) -> None:
    files = SqliteFiles(tmp_path / "livexec.db", tmp_path / "livexec.projections.db")
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await check(files, valuation)
    assert not files.journal.exists()
    assert not files.projections.exists()


async def test_a_database_without_tables_cannot_be_checked(postgres: PostgresServer, valuation: Valuation) -> None:
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await PostgresDatabase(postgres.empty()).check(valuation)


async def test_a_rebuild_mends_the_tables(bed: Bed, valuation: Valuation, story: Story, projections: Writer) -> None:
    bed.tables("DELETE FROM positions")
    assert not (await bed.database.check(valuation)).ok
    reader = bed.database.reader()
    await reader.open()
    heard: list[int] = []
    assert await rebuild(reader, projections, heard.append) == len(story.entries)
    await reader.close()
    assert heard[-1] == len(story.entries)
    assert (await bed.database.check(valuation)).ok


async def test_a_rebuild_stops_before_damage_and_says_where(projections: Writer) -> None:
    journal = MemoryJournal()
    await journal.open()
    await journal.append(random_story(8, 40).entries)
    row = journal.store.rows[49]
    journal.store.rows[49] = (*row[:6], "altered", *row[7:])
    with pytest.raises(JournalCorruptError, match="seq 50 "):
        await rebuild(journal, projections)
