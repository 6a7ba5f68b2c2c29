"""A copy of the journal, taken while it is written to, is a journal."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from adapters.sql import PostgresDatabase, PostgresJournal, SqliteFiles, SqliteJournal, check_journal, upgrade
from adapters.sql.backup import back_up
from app.valuation import VALUATION
from ports.errors import InvalidInputError
from ports.facts import Fact, LeaderStarted

from contract.journal.facts import entries
from fakes.postgres import PostgresServer

HELD, MORE = 500, 100


def facts(count: int) -> list[Fact]:
    return [LeaderStarted(epoch=1, program="copied", started_ns=number) for number in range(count)]


async def test_a_copy_taken_under_way_is_whole_and_is_written_on(tmp_path: Path) -> None:
    source, target = tmp_path / "livexec.db", tmp_path / "elsewhere.db"
    upgrade(SqliteFiles(source, tmp_path / "tables.db"))
    journal = SqliteJournal(source)
    await journal.open()
    every = entries(facts(HELD + MORE))
    await journal.append(every[:HELD])
    copying = asyncio.create_task(asyncio.to_thread(back_up, source, target))
    for entry in every[HELD:]:
        await journal.append([entry])
    held = await copying
    await journal.close()
    assert HELD <= held <= HELD + MORE
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    restored = SqliteJournal(target)
    assert (await restored.open()).seq == held
    await restored.append(entries(facts(1), after_seq=held))
    await restored.close()
    found = await check_journal(target)
    assert (list(found.problems), found.examined) == ([], held + 1)


async def test_a_dump_of_a_server_under_way_is_whole_and_is_written_on(postgres: PostgresServer) -> None:
    address = postgres.fresh()
    journal = PostgresJournal(address)
    await journal.open()
    every = entries(facts(HELD + MORE))
    await journal.append(every[:HELD])
    dumping = asyncio.create_task(asyncio.to_thread(postgres.dump, address))
    for entry in every[HELD:]:
        await journal.append([entry])
    copy = await asyncio.to_thread(postgres.restored, await dumping)
    await journal.close()
    found = await PostgresDatabase(copy).check(VALUATION)
    assert list(found.journal.problems) == []
    held = found.journal.examined
    assert HELD <= held <= HELD + MORE
    restored = PostgresJournal(copy)  # in an epoch after the one that it was copied in
    assert (await restored.open()).seq == held
    await restored.append(entries(facts(1), after_seq=held))
    await restored.close()


def test_a_copy_overwrites_nothing_and_needs_a_journal(tmp_path: Path) -> None:
    (tmp_path / "there.db").touch()
    with pytest.raises(InvalidInputError, match="state_dir"):
        back_up(tmp_path / "none.db", tmp_path / "new.db")
    with pytest.raises(InvalidInputError, match="--to"):
        back_up(tmp_path / "there.db", tmp_path / "there.db")
