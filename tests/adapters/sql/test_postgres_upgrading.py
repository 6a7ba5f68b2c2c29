"""Migrations on PostgreSQL: from nothing, or from a populated database, to today's tables, wholly or not at all."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql import PostgresAddress, PostgresDatabase, PostgresJournal, PostgresProjections, Valuation
from adapters.sql.migrating import JOURNAL, PROJECTIONS, Line
from adapters.sql.postgres.upgrading import upgrade
from adapters.sql.schema import JOURNAL_TABLES, LEADER_TABLES, PROJECTION_TABLES
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.journal import Head

from fakes.databases import PostgresBed, stored
from fakes.postgres import PostgresServer, behind
from fakes.story import Story, random_story

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "{line}_0099"
down_revision = "{newest}"


def upgrade():
    op.add_column("{table}", sa.Column("later", sa.Text, nullable=False, server_default="made later"))
    op.execute("{statement}")
"""


def tables_in(address: PostgresAddress) -> set[str]:
    found = behind(
        address, "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    return {row["name"] for row in found}


def later(folder: Path, line: Line, table: str, statement: str = "SELECT 1") -> Line:
    """Return a line with one more version, as a later release would have it."""
    folder /= line.name
    folder.mkdir()
    text = LATER.format(line=line.name, newest=line.newest, table=table, statement=statement)
    (folder / "r0099_later.py").write_text(text)
    return Line(line.name, f"{line.name}_0099", (*line.folders, folder))


async def populated(address: PostgresAddress, valuation: Valuation) -> Story:
    story = random_story(11, 60)
    database = PostgresDatabase(address)
    journal, tables = database.journal(), database.tables(valuation)
    await journal.open()
    await tables.open()
    await journal.append(story.entries)
    await tables.take(story.entries)
    await tables.close()
    await journal.close()
    return story


async def test_migrations_lead_to_the_tables_that_are_declared(address: PostgresAddress) -> None:
    declared = MetaData()
    for tables in (JOURNAL_TABLES, LEADER_TABLES, PROJECTION_TABLES):
        for table in tables.sorted_tables:
            table.to_metadata(declared)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, *_: not str(name).endswith("_version")}
        )
        return list(compare_metadata(context, declared))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(address.dsn))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
    assert tables_in(address) == {*declared.tables, "journal_version", "projections_version"}


async def test_columns_are_what_the_contract_says(address: PostgresAddress) -> None:
    asked = (
        "SELECT column_name::text AS name, udt_name::text AS type, numeric_precision AS digits, numeric_scale AS places"
        " FROM information_schema.columns WHERE table_name = $1"
    )
    orders = {row.pop("name"): tuple(row.values()) for row in behind(address, asked, "unified_orders")}
    assert orders["quantity"] == orders["price"] == ("numeric", 36, 18)
    assert orders["fills"][0] == "json"
    assert orders["created_at"][0] == "int8"
    journal = {row["name"]: row["type"] for row in behind(address, asked, "journal")}
    assert (journal["seq"], journal["body"], journal["ts_ns"]) == ("int8", "bytea", "int8")


async def test_upgrading_again_changes_nothing_and_disturbs_nobody(address: PostgresAddress) -> None:
    journal = PostgresJournal(address)
    await journal.open()
    before = behind(address, "SELECT oid::bigint FROM pg_class ORDER BY oid")
    await upgrade(address)
    assert behind(address, "SELECT oid::bigint FROM pg_class ORDER BY oid") == before
    await journal.close()


async def test_two_that_upgrade_at_once_do_it_once(postgres: PostgresServer) -> None:
    address = postgres.empty()
    await asyncio.gather(*[upgrade(address) for _ in range(4)])
    journal = PostgresJournal(address)
    assert await journal.open() == Head(0, 0)
    await journal.close()


async def test_a_populated_database_goes_forward_and_keeps_what_it_holds(
    address: PostgresAddress, valuation: Valuation, tmp_path: Path
) -> None:
    story = await populated(address, valuation)
    bed = PostgresBed.__new__(PostgresBed)  # without emptying the tables
    bed.address = address
    before = stored(bed)
    lines = (
        later(tmp_path, JOURNAL, "journal"),
        later(tmp_path, PROJECTIONS, "unified_orders", "UPDATE unified_orders SET later = 'rewritten'"),
    )
    await upgrade(address, lines)
    assert behind(address, "SELECT DISTINCT later FROM journal") == [{"later": "made later"}]
    assert behind(address, "SELECT DISTINCT later FROM unified_orders") == [{"later": "rewritten"}]
    after = stored(bed)
    after["unified_orders"] = [row[:-1] for row in after["unified_orders"]]
    assert after == before
    # Told that it is at today's version, today's program reads every entry as it was.
    behind(address, "UPDATE journal_version SET version_num = $1", JOURNAL.newest)
    journal = PostgresJournal(address)
    await journal.open()
    assert list(await journal.read(0, 1_000)) == story.entries
    await journal.close()


async def test_today_s_program_leaves_a_newer_programs_tables_alone(address: PostgresAddress, tmp_path: Path) -> None:
    await upgrade(address, (later(tmp_path, JOURNAL, "journal"), PROJECTIONS))
    with pytest.raises(JournalCorruptError, match=r"newer livexec's: .*journal_0099"):
        await upgrade(address)
    with pytest.raises(JournalCorruptError, match="journal_0099"):
        await PostgresJournal(address).open()


async def test_a_migration_that_fails_leaves_nothing_behind(
    address: PostgresAddress, valuation: Valuation, tmp_path: Path
) -> None:
    await populated(address, valuation)
    lines = (
        later(tmp_path, JOURNAL, "journal"),
        later(tmp_path, PROJECTIONS, "unified_orders", "UPDATE unified_orders SET quantity = NULL"),
    )
    with pytest.raises(JournalUnavailableError, match=r"upgrade: .*null value"):
        await upgrade(address, lines)
    asked = "SELECT count(*) AS n FROM information_schema.columns WHERE column_name = 'later'"
    assert behind(address, asked) == [{"n": 0}]
    assert behind(address, "SELECT version_num FROM journal_version") == [{"version_num": JOURNAL.newest}]


async def test_a_database_with_another_s_tables_is_left_as_it_is(postgres: PostgresServer) -> None:
    address = postgres.empty()
    behind(address, "CREATE TABLE positions (mine TEXT)")
    with pytest.raises(JournalUnavailableError, match="positions"):
        await upgrade(address)
    assert tables_in(address) == {"positions"}


@pytest.mark.parametrize("held", ["journal", "projections"])
async def test_what_a_process_writes_is_not_migrated_under_it(
    address: PostgresAddress, valuation: Valuation, tmp_path: Path, held: str
) -> None:
    writer = PostgresJournal(address) if held == "journal" else PostgresProjections(address, valuation)
    await writer.open()
    lines = (later(tmp_path, JOURNAL, "journal"), later(tmp_path, PROJECTIONS, "unified_orders"))
    with pytest.raises(JournalUnavailableError, match=f"another process writes to it, and its {held} has to be"):
        await upgrade(address, lines)
    await writer.close()
    await upgrade(address, lines)


async def test_a_database_that_cannot_hold_every_character_is_refused(postgres: PostgresServer) -> None:
    address = postgres.empty(encoding="LATIN1")
    with pytest.raises(JournalUnavailableError, match="its encoding is LATIN1; create the database with UTF8"):
        await upgrade(address)
    assert not tables_in(address)
