"""Checking: every damage is named with its sequence, every row of the tables is compared with the journal."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sql import (
    Damage,
    SqliteFiles,
    SqliteJournal,
    SqliteJournalReader,
    SqliteProjections,
    Valuation,
    check,
    check_journal,
    rebuild,
)
from adapters.sql.codec import checksum_of
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.journal import Head

from fakes.journal import MemoryJournal
from fakes.story import Story, random_story


@pytest.fixture
async def story(files: SqliteFiles, projections: SqliteProjections) -> Story:
    """Tell a story, keep it in the journal, take it into the tables."""
    story = random_story(7, 60)
    journal = SqliteJournal(files.journal)
    await journal.open()
    await journal.append(story.entries)
    await projections.take(story.entries)
    await journal.close()
    return story


def change(path: Path, statement: str, *arguments: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, arguments)


async def found(files: SqliteFiles) -> list[tuple[Damage, int, int]]:
    report = await check_journal(files.journal)
    return [(problem.damage, problem.first_seq, problem.last_seq) for problem in report.problems]


async def test_a_sound_journal_and_its_tables_pass_with_everything_examined(
    files: SqliteFiles, valuation: Valuation, story: Story
) -> None:
    report = await check(files, valuation)
    assert report.ok
    assert report.journal.examined == len(story.entries)
    assert report.journal.head == Head(len(story.entries), story.entries[-1].epoch)
    assert report.projections is not None
    assert report.projections.cursor == len(story.entries)
    assert report.projections.rows_examined > 100


async def test_what_is_new_passes_too(files: SqliteFiles, valuation: Valuation) -> None:
    report = await check(files, valuation)
    assert report.ok
    assert (report.journal.examined, report.journal.head) == (0, Head(0, 0))


@pytest.mark.parametrize(
    ("statement", "damage"),
    [
        ("UPDATE journal SET body = substr(body, 1, 9) WHERE seq = 20", Damage.TORN),
        ("UPDATE journal SET body = '{}' WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET ts_ns = ts_ns + 1 WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET cause = cause || 'x' WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET actor = CAST(x'ff' AS TEXT) WHERE seq = 20", Damage.ALTERED),
        ("UPDATE journal SET checksum = checksum + 1 WHERE seq = 20", Damage.ALTERED),
        ("DELETE FROM journal WHERE seq = 20", Damage.MISSING),
    ],
)
async def test_one_damaged_entry_is_named_and_no_other(
    files: SqliteFiles, valuation: Valuation, story: Story, statement: str, damage: Damage
) -> None:
    change(files.journal, statement.replace("'{}'", "CAST('{}' AS BLOB)"))
    assert await found(files) == [(damage, 20, 20)]
    report = await check(files, valuation)
    assert not report.ok
    assert report.projections is None


async def test_several_damages_are_all_named(files: SqliteFiles, story: Story) -> None:
    change(files.journal, "UPDATE journal SET cause = 'x' WHERE seq = 5")
    change(files.journal, "DELETE FROM journal WHERE seq BETWEEN 11 AND 14")
    change(files.journal, "UPDATE journal SET body = substr(body, 2) WHERE seq = 30")
    assert await found(files) == [(Damage.ALTERED, 5, 5), (Damage.MISSING, 11, 14), (Damage.TORN, 30, 30)]


async def test_a_fact_of_a_newer_program_is_named_as_unknown(files: SqliteFiles, story: Story) -> None:
    last = len(story.entries)
    with closing(sqlite3.connect(files.journal)) as connection:
        (previous,) = connection.execute("SELECT checksum FROM journal WHERE seq = ?", (last,)).fetchone()
    content = (last + 1, 1, 1, "book", "OrderTeleported", 1, "", b"{}")
    row = (*content, checksum_of(previous, content))
    change(files.journal, "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)
    report = await check_journal(files.journal)
    (problem,) = report.problems
    assert (problem.damage, problem.first_seq) == (Damage.UNKNOWN, last + 1)
    assert "OrderTeleported" in problem.detail


async def test_a_file_that_is_damaged_itself_is_named_from_where_it_cannot_be_read(
    files: SqliteFiles, story: Story
) -> None:
    change(files.journal, "PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(sqlite3.connect(files.journal)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'journal'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with files.journal.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert await found(files) == [(Damage.UNREADABLE, 1, 1)]


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE unified_orders SET status = 'HELD' WHERE rowid = 2", "unified_orders"),
        ("UPDATE unified_orders SET price = '100.0' WHERE rowid = 1", "unified_orders"),
        ("DELETE FROM fills WHERE rowid IN (SELECT rowid FROM fills LIMIT 1)", "fills"),
        ("UPDATE positions SET realized_pnl = '1000000' WHERE rowid = 1", "positions"),
        ("INSERT INTO breaks SELECT 'b', kind, account, canonical_id, detail, 1, 2, '' FROM breaks LIMIT 1", "breaks"),
    ],
)
async def test_one_row_that_is_not_what_the_journal_says_is_named(
    files: SqliteFiles, valuation: Valuation, story: Story, statement: str, table: str
) -> None:
    change(files.projections, statement)
    report = await check(files, valuation)
    assert not report.ok
    assert report.projections is not None
    (difference,) = report.projections.differences
    assert (difference.table, difference.rows, len(difference.keys)) == (table, 1, 1)


async def test_tables_that_lag_behind_are_compared_as_far_as_they_are(
    files: SqliteFiles, valuation: Valuation, story: Story, projections: SqliteProjections
) -> None:
    await projections.clear()
    await projections.take(story.entries[:33])
    report = await check(files, valuation)
    assert report.ok
    assert report.projections is not None
    assert report.projections.cursor == 33


async def test_tables_ahead_of_their_journal_are_named(files: SqliteFiles, valuation: Valuation, story: Story) -> None:
    change(files.journal, "DELETE FROM journal WHERE seq > 40")
    report = await check(files, valuation)
    assert not report.ok
    assert report.projections is not None
    assert report.projections.differences[0].keys == (
        f"the tables are at {len(story.entries)}, the journal ends at 40",
    )


async def test_checking_a_service_that_runs_disturbs_nobody(
    files: SqliteFiles, valuation: Valuation, story: Story, projections: SqliteProjections
) -> None:
    journal = SqliteJournal(files.journal)
    head = await journal.open()
    assert (await check(files, valuation)).ok
    story.submit("op-late")
    await journal.append(story.entries[head.seq :])
    await projections.take(story.entries[head.seq :])
    assert (await check(files, valuation)).ok
    await journal.close()


async def test_files_that_are_not_there_cannot_be_checked(tmp_path: Path, valuation: Valuation) -> None:
    files = SqliteFiles(tmp_path / "livexec.db", tmp_path / "livexec.projections.db")
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await check(files, valuation)
    assert not files.journal.exists()
    assert not files.projections.exists()


async def test_a_rebuild_mends_the_tables(
    files: SqliteFiles, valuation: Valuation, story: Story, projections: SqliteProjections
) -> None:
    change(files.projections, "DELETE FROM positions")
    assert not (await check(files, valuation)).ok
    reader = SqliteJournalReader(files.journal)
    await reader.open()
    heard: list[int] = []
    assert await rebuild(reader, projections, heard.append) == len(story.entries)
    await reader.close()
    assert heard[-1] == len(story.entries)
    assert (await check(files, valuation)).ok


async def test_a_rebuild_stops_before_damage_and_says_where(projections: SqliteProjections) -> None:
    journal = MemoryJournal()
    await journal.open()
    await journal.append(random_story(8, 40).entries)
    row = journal.store.rows[49]
    journal.store.rows[49] = (*row[:6], "altered", *row[7:])
    with pytest.raises(JournalCorruptError, match="seq 50 "):
        await rebuild(journal, projections)
