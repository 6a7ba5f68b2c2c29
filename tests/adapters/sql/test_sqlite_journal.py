"""What is SQLite's own of the journal: its file, its locks, its limits, and a process that is killed."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.sql import SqliteFiles, SqliteJournal, SqliteJournalReader, check_journal
from adapters.sql.cutting import TAIL_CHECKED
from adapters.sql.sqlite_journal import MAX_ROWS
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.facts import Fact, LeaderStarted
from ports.journal import Head

from contract.journal.facts import entries

WRITER = """
import asyncio, sys
from pathlib import Path
from adapters.sql import SqliteJournal
from ports.facts import LeaderStarted
from ports.journal import Entry

async def main():
    journal = SqliteJournal(Path(sys.argv[1]))
    await journal.open()
    for seq in range(1, 1_000_000):
        fact = LeaderStarted(epoch=1, program="killed", started_ns=seq)
        await journal.append([Entry(seq=seq, ts_ns=seq, epoch=1, actor="book", cause="", fact=fact)])
        print(seq, flush=True)

asyncio.run(main())
"""


def leaders(count: int) -> list[Fact]:
    return [LeaderStarted(epoch=1, program="livexec", started_ns=number) for number in range(count)]


async def test_what_a_killed_process_was_told_is_durable_is_there_and_its_lock_is_gone(files: SqliteFiles) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, str(files.journal)]
    writer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    assert writer.stdout is not None
    journal = SqliteJournal(files.journal)
    told = [int(await writer.stdout.readline()) for _ in range(50)]
    with pytest.raises(JournalUnavailableError, match=f"another process writes to it .process {writer.pid}"):
        await journal.open()
    writer.kill()
    told += [int(line) for line in (await writer.stdout.read()).split(b"\n")[:-1]]
    await writer.wait()
    head = await journal.open()
    assert head.seq in {told[-1], told[-1] + 1}  # the last one may be durable although nobody was told
    assert len(await journal.read(0, head.seq + 10)) == head.seq
    await journal.append(entries(leaders(2), after_seq=head.seq))
    await journal.close()
    assert not (await check_journal(files.journal)).problems


async def test_every_commit_is_synced_and_nobody_waits_for_readers(files: SqliteFiles) -> None:
    journal = SqliteJournal(files.journal)
    await journal.open()
    assert journal._writer is not None
    (synchronous,) = await journal._writer.execute_fetchall("PRAGMA synchronous")
    (mode,) = await journal._writer.execute_fetchall("PRAGMA journal_mode")
    assert (tuple(synchronous), tuple(mode)) == ((2,), ("wal",))  # 2: FULL
    await journal.close()


async def test_a_batch_larger_than_a_statement_is_still_all_or_nothing(files: SqliteFiles) -> None:
    written = entries(leaders(2 * MAX_ROWS + 1))
    journal = SqliteJournal(files.journal)
    await journal.open()
    with closing(sqlite3.connect(files.journal)) as behind:
        behind.execute(
            f"CREATE TRIGGER refusal BEFORE INSERT ON journal WHEN NEW.seq = {len(written)}"
            " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    with pytest.raises(JournalUnavailableError, match="the disk is full"):
        await journal.append(written)
    assert await journal.head() == Head(0, 0)
    with closing(sqlite3.connect(files.journal)) as behind:
        behind.execute("DROP TRIGGER refusal")
    await journal.append(written)
    assert await journal.head() == Head(len(written), 1)
    assert list(await journal.read(0, len(written))) == written
    await journal.close()


async def test_a_large_batch_that_was_cut_short_is_taken_back(files: SqliteFiles) -> None:
    journal = SqliteJournal(files.journal)
    await journal.open()
    append = asyncio.create_task(journal.append(entries(leaders(3 * MAX_ROWS))))
    for _ in range(3):
        await asyncio.sleep(0)
    append.cancel()
    with pytest.raises(asyncio.CancelledError):
        await append
    assert await journal.head() == Head(0, 0)
    await journal.append(entries(leaders(3)))
    assert await journal.head() == Head(3, 1)
    await journal.close()


async def test_a_store_that_takes_too_long_is_unavailable_and_its_late_commit_is_found_by_the_head(
    files: SqliteFiles,
) -> None:
    journal = SqliteJournal(files.journal, timeout_s=0.05)
    await journal.open()
    with closing(sqlite3.connect(files.journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # holds the file, as nobody else should
        with pytest.raises(JournalUnavailableError, match=r"not durable in 0\.05 s"):
            await journal.append(entries(leaders(2)))
        with pytest.raises(JournalUnavailableError, match=r"no answer in 0\.05 s"):
            await journal.head()
        other.execute("COMMIT")
    patient = SqliteJournalReader(files.journal)
    await patient.open()
    while True:
        try:
            head = await journal.head()  # waits behind the late commit
            break
        except JournalUnavailableError:
            continue
    assert head == Head(len(await patient.read(0, 10)), head.epoch)
    await journal.append(entries(leaders(1), after_seq=head.seq))
    await patient.close()
    await journal.close()


async def test_only_the_end_is_read_when_a_long_journal_is_opened(files: SqliteFiles) -> None:
    journal = SqliteJournal(files.journal)
    await journal.open()
    await journal.append(entries(leaders(TAIL_CHECKED + 10)))
    await journal.close()
    with closing(sqlite3.connect(files.journal)) as behind, behind:
        behind.execute("UPDATE journal SET cause = 'altered' WHERE seq = 9")
    assert await journal.open() == Head(TAIL_CHECKED + 10, 1)
    with pytest.raises(JournalCorruptError, match="seq 9 "):
        await journal.read(0, 20)
    await journal.close()
    with closing(sqlite3.connect(files.journal)) as behind, behind:
        behind.execute("UPDATE journal SET cause = 'altered' WHERE seq = 11")
    with pytest.raises(JournalCorruptError, match="seq 11 "):
        await journal.open()


async def test_text_that_is_no_text_any_more_is_named_by_its_sequence(files: SqliteFiles) -> None:
    journal = SqliteJournal(files.journal)
    await journal.open()
    await journal.append(entries(leaders(3)))
    with closing(sqlite3.connect(files.journal)) as behind, behind:
        behind.execute("UPDATE journal SET actor = CAST(x'626fff6b' AS TEXT) WHERE seq = 2")
    with pytest.raises(JournalCorruptError, match="seq 2 "):
        await journal.read(0, 10)
    await journal.close()


async def test_a_reader_follows_a_writer_and_cannot_write(files: SqliteFiles) -> None:
    journal, reader = SqliteJournal(files.journal), SqliteJournalReader(files.journal)
    await journal.open()
    await reader.open()
    await reader.open()
    assert list(await reader.read(0, 5)) == []
    await journal.append(entries(leaders(2)))
    assert len(await reader.read(0, 5)) == 2
    with pytest.raises(JournalUnavailableError, match="readonly"):
        await reader.rows("DELETE FROM journal", ())
    await journal.close()
    assert len(await reader.read(0, 5)) == 2
    await reader.close()
    await reader.close()


@pytest.mark.parametrize("make", [SqliteJournal, SqliteJournalReader])
async def test_a_journal_that_was_never_made_says_how_to_make_it(
    tmp_path: Path, make: type[SqliteJournal | SqliteJournalReader]
) -> None:
    path = tmp_path / "livexec.db"
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await make(path).open()
    assert not path.exists()
    sqlite3.connect(path).close()
    with pytest.raises(JournalUnavailableError, match="run `livexec db upgrade`"):
        await make(path).open()


@pytest.mark.parametrize("revision", ["journal_0999", "projections_0001", "3f8a"])
async def test_tables_of_a_newer_or_another_program_are_refused_by_name(files: SqliteFiles, revision: str) -> None:
    with closing(sqlite3.connect(files.journal)) as behind, behind:
        behind.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    with pytest.raises(JournalCorruptError, match=revision):
        await SqliteJournal(files.journal).open()


async def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "livexec.db"
    path.write_bytes(b"orders" * 1_000)
    with pytest.raises(JournalCorruptError, match="not a database"):
        await SqliteJournal(path).open()


def test_a_process_that_forgets_to_close_its_journal_still_ends(files: SqliteFiles) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from adapters.sql import SqliteJournal\n"
        "journal = SqliteJournal(Path(sys.argv[1]))\n"
        "async def main():\n    await journal.open()\n    raise SystemExit(3)\n"
        "asyncio.run(main())\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(files.journal)],
        env=environment,
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 3
