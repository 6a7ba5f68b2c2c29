"""Migrations: from nothing to today's tables, wholly or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine

from adapters.sql import SqliteFiles, SqliteJournal, SqliteProjections, Valuation, upgrade
from adapters.sql.migrating import MIGRATIONS
from adapters.sql.schema import JOURNAL_REVISION, JOURNAL_TABLES, PROJECTION_TABLES, PROJECTIONS_REVISION
from ports.errors import JournalCorruptError, JournalUnavailableError
from ports.journal import Head


def tables_in(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: sql for name, sql in rows if name != "alembic_version"}


@pytest.mark.parametrize(("file", "declared"), [("journal", JOURNAL_TABLES), ("projections", PROJECTION_TABLES)])
def test_migrations_lead_to_the_tables_that_are_declared(files: SqliteFiles, file: str, declared: MetaData) -> None:
    path: Path = getattr(files, file)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), declared) == []
    engine.dispose()
    made = tables_in(path)
    assert set(made) == set(declared.tables)
    assert all(sql.rstrip().endswith("STRICT") for sql in made.values())


@pytest.mark.parametrize(("line", "newest"), [("journal", JOURNAL_REVISION), ("projections", PROJECTIONS_REVISION)])
def test_the_newest_migration_is_the_one_that_the_program_asks_for(line: str, newest: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / line))
    config.set_main_option("path_separator", "newline")
    assert ScriptDirectory.from_config(config).get_heads() == [newest]


async def test_upgrading_again_changes_nothing(files: SqliteFiles) -> None:
    before = tables_in(files.journal), tables_in(files.projections)
    upgrade(files)
    assert (tables_in(files.journal), tables_in(files.projections)) == before


async def test_folders_are_made_and_odd_names_are_names(tmp_path: Path, valuation: Valuation) -> None:
    folder = tmp_path / "new" / "100% ours; #1?"
    files = SqliteFiles(folder / "live exec.db", folder / "tables.db")
    upgrade(files)
    journal, projections = SqliteJournal(files.journal), SqliteProjections(files.projections, valuation)
    assert await journal.open() == Head(0, 0)
    assert await projections.open() == 0
    await projections.close()
    await journal.close()


async def test_a_file_in_use_needs_no_migration_and_one_that_does_is_not_in_use(files: SqliteFiles) -> None:
    journal = SqliteJournal(files.journal)
    await journal.open()
    upgrade(files)
    with closing(sqlite3.connect(files.journal)) as behind, behind:
        behind.execute("UPDATE alembic_version SET version_num = 'journal_0000'")
    with pytest.raises(JournalUnavailableError, match="another process writes to it"):
        upgrade(files)
    await journal.close()


def test_a_newer_programs_tables_are_left_alone(files: SqliteFiles) -> None:
    with closing(sqlite3.connect(files.projections)) as behind, behind:
        behind.execute("UPDATE alembic_version SET version_num = 'projections_0999'")
    with pytest.raises(JournalCorruptError, match=r"newer livexec's: .*projections_0999"):
        upgrade(files)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    files = SqliteFiles(tmp_path / "livexec.db", tmp_path / "livexec.projections.db")
    with closing(sqlite3.connect(files.projections)) as behind, behind:
        behind.execute("CREATE TABLE positions (mine TEXT)")
    with pytest.raises(JournalUnavailableError, match="positions already exists"):
        upgrade(files)
    assert set(tables_in(files.projections)) == {"positions"}


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """Return a folder's path where a file stands in the way of it."""
    (tmp_path / "in the way").write_text("")
    return tmp_path / "in the way" / "folder"


def test_where_no_file_can_be_made_the_reason_is_given(unwritable: Path) -> None:
    with pytest.raises(JournalUnavailableError, match="its folder cannot be made"):
        upgrade(SqliteFiles(unwritable / "livexec.db", unwritable / "livexec.projections.db"))


def test_a_file_that_is_no_database_is_not_migrated(tmp_path: Path) -> None:
    path = tmp_path / "livexec.db"
    path.write_bytes(b"orders" * 1_000)
    with pytest.raises(JournalCorruptError, match="not a database"):
        upgrade(SqliteFiles(path, tmp_path / "livexec.projections.db"))
    assert path.read_bytes() == b"orders" * 1_000
