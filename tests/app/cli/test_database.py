"""`livexec db` on real files."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from adapters.sql import SqliteJournal
from adapters.sql.cutting import TAIL_CHECKED
from ports.archive import SEGMENT
from ports.facts import LeaderStarted
from ports.journal import Entry

from fakes.command import Livexec
from fakes.story import random_story


@pytest.fixture
def journal(livexec: Livexec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a journal of a desk's day, its tables not made yet."""
    path = tmp_path / "state" / "livexec.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{path}")
    assert livexec("db", "upgrade").code == 0
    asyncio.run(write(path))
    return path


async def write(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.open()
    await journal.append(random_story(seed=1, turns=60).entries)
    await journal.close()


def test_upgrade_makes_both_files_and_may_be_repeated(livexec: Livexec, journal: Path) -> None:
    again = livexec("db", "upgrade", "--json")
    assert again.document == {
        "ok": True,
        "journal": str(journal),
        "projections": str(journal.with_name("livexec.projections.db")),
    }


def test_rebuild_makes_the_tables_and_check_finds_them_right(livexec: Livexec, journal: Path) -> None:
    made = livexec("db", "rebuild", "--json")
    checked = livexec("db", "check", "--json")
    assert (made.code, checked.code) == (0, 0)
    assert made.document["sequence"] == checked.document["journal"]["sequence"] > 100
    assert checked.document["ok"] is True
    assert checked.document["journal"]["examined"] == checked.document["journal"]["sequence"]
    assert checked.document["projections"]["examined"] > 10
    assert all(check["ok"] for check in checked.document["checks"])
    assert "made up to sequence" in made.err


def test_the_folder_of_a_service_finds_its_files(livexec: Livexec, tmp_path: Path) -> None:
    made = livexec("db", "upgrade", "--state-dir", str(tmp_path), "--json").document
    assert (made["journal"], (tmp_path / "livexec.db").exists()) == (str(tmp_path / "livexec.db"), True)
    assert livexec("db", "check", "--state-dir", str(tmp_path)).code == 0


def test_archive_moves_the_oldest_entries_and_nobody_notices(
    livexec: Livexec, journal: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNIFIED_CLOUD_LOCAL_PATH", str(tmp_path / "cloud"))
    monkeypatch.setattr("ports.archive.NEVER_ARCHIVED", TAIL_CHECKED)
    asyncio.run(grow(journal, SEGMENT + TAIL_CHECKED))
    assert livexec("db", "rebuild").code == 0
    made = livexec("db", "archive", "--json")
    assert (made.code, made.document["segments"], made.document["archived"]) == (0, 1, SEGMENT)
    assert made.document["archive"] == str(tmp_path / "cloud")
    (object_path,) = (tmp_path / "cloud" / "journal_archive").rglob("*.segment")
    checked = livexec("db", "check", "--json").document
    assert (checked["ok"], checked["journal"]["archived"], checked["journal"]["segments"]) == (True, SEGMENT, 1)
    assert checked["journal"]["examined"] == checked["journal"]["sequence"] >= SEGMENT + TAIL_CHECKED
    assert livexec("db", "archive", "--json").document["segments"] == 1
    object_path.unlink()
    gone = livexec("db", "check", "--json")
    assert (gone.code, gone.document["journal"]["problems"][0]["damage"]) == (1, "MISSING")


async def grow(path: Path, count: int) -> None:
    journal = SqliteJournal(path)
    head = await journal.open()
    for start in range(head.seq, head.seq + count, 5_000):
        facts = [LeaderStarted(epoch=1, program="p", started_ns=2_000_000_000_000_000_000)] * 5_000
        await journal.append(
            [
                Entry(seq=seq, ts_ns=1_700_000_100_000_000_000, epoch=1, actor="orchestrator", cause="", fact=fact)
                for seq, fact in enumerate(facts, start=start + 1)
            ]
        )
    await journal.close()


def test_check_names_a_row_that_the_journal_does_not_explain(livexec: Livexec, journal: Path) -> None:
    livexec("db", "rebuild")
    with sqlite3.connect(journal.with_name("livexec.projections.db")) as tables:
        tables.execute("UPDATE unified_orders SET status = 'LOST'")
    tables.close()
    told, shown = livexec("db", "check", "--json"), livexec("db", "check")
    assert (told.code, shown.code) == (1, 1)
    assert told.document["ok"] is False
    assert told.document["projections"]["differences"][0]["table"] == "unified_orders"
    assert "unified_orders" in shown.out


def test_check_names_an_altered_entry(livexec: Livexec, journal: Path) -> None:
    with sqlite3.connect(journal) as entries:
        entries.execute("UPDATE journal SET ts_ns = ts_ns + 1 WHERE seq = 3")
    entries.close()
    told, shown = livexec("db", "check", "--json"), livexec("db", "check")
    assert (told.code, told.document["ok"], told.document["projections"]["compared"]) == (1, False, False)
    assert [(each["damage"], each["first_seq"]) for each in told.document["journal"]["problems"]] == [("ALTERED", 3)]
    assert "ALTERED" in shown.out


@pytest.mark.parametrize("command", ["check", "rebuild"])
def test_a_database_that_is_not_there_is_a_failure_that_names_it(
    livexec: Livexec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/none.db")
    ran = livexec("db", command, "--json")
    assert (ran.code, ran.document["ok"], ran.document["reason_code"]) == (1, False, "JOURNAL_UNAVAILABLE")
    assert f"{tmp_path}/none.db" in ran.document["error_message"]
    assert not list(tmp_path.iterdir())
