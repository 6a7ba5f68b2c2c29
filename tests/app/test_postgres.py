"""What the app does where the configuration names PostgreSQL: the doctor, and the journal's measurements."""

import asyncio
import json
from pathlib import Path

import pytest

from adapters.sql import PostgresAddress, PostgresDatabase
from app.bench import bench_journal
from app.doctor import Check, examine
from app.projector import ProjectorOrders
from ports.errors import InvalidInputError, JournalUnavailableError

from fakes.postgres import PostgresServer, behind
from fakes.story import random_story

SECRET = "hunter2"


def journal_of(tmp_path: Path, url: str) -> Check:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"doors": {"http_port": 0, "grpc_port": 0}, "state_dir": str(tmp_path / "state")}))
    return {check.name: check for check in examine(path, {"DATABASE_URL": url})}["journal"]


async def written(address: PostgresAddress) -> int:
    journal = PostgresDatabase(address).journal()
    await journal.open()
    entries = random_story(seed=1, turns=60).entries
    await journal.append(entries)
    await journal.close()
    return len(entries)


def test_the_doctor_counts_the_entries_of_a_sound_server(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.fresh()
    entries = asyncio.run(written(address))
    with postgres.careful(address):
        check = journal_of(tmp_path, address.dsn)
    assert check.ok
    assert check.detail.startswith(f"{address.name} (PostgreSQL ")
    assert check.detail.endswith(f"holds {entries} entries")


def test_the_doctor_finds_a_database_that_a_start_would_fill(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.empty()
    with postgres.careful(address):
        check = journal_of(tmp_path, address.dsn)
    assert (check.ok, check.remedy) == (True, "")
    assert check.detail.endswith("has no tables of livexec yet")
    assert behind(address, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'") == [{"n": 0}]


def test_the_doctor_finds_a_server_that_forgets_what_it_confirmed(postgres: PostgresServer, tmp_path: Path) -> None:
    check = journal_of(tmp_path, postgres.fresh().dsn)  # the tests' own server writes to no disk before it confirms
    assert not check.ok
    assert "fsync off: a power loss takes what the server had confirmed" in check.detail


def test_the_doctor_finds_a_user_who_may_make_no_tables(postgres: PostgresServer, tmp_path: Path) -> None:
    address = postgres.empty()
    behind(address, "DROP ROLE IF EXISTS guest")
    behind(address, "CREATE ROLE guest LOGIN")
    with postgres.careful(address):
        check = journal_of(tmp_path, address.dsn.replace("postgres@", "guest@"))
    assert (check.ok, check.remedy) == (False, "give its user the right to create tables there")


def test_the_doctor_says_that_no_server_answers_and_not_how_to_log_in(tmp_path: Path) -> None:
    check = journal_of(tmp_path, f"postgresql://desk:{SECRET}@127.0.0.1:1/book")
    assert not check.ok
    assert check.detail.startswith("postgresql://127.0.0.1:1/book: connect: ")
    assert check.remedy == "start the server, or mend `database.url`"
    assert SECRET not in repr(check)


def test_both_stores_are_measured_and_the_database_is_left_as_it_was(postgres: PostgresServer) -> None:
    address = postgres.fresh()
    entries = asyncio.run(written(address))
    found = bench_journal(orders=20, database_url=address.dsn)
    assert list(found["stores"]) == ["sqlite", "postgresql"]
    names = [check["name"] for check in found["checks"]]
    assert names == [f"journal_over_driver_{store}_{batch}" for store in found["stores"] for batch in (1, 16, 100)]
    assert all(rates["journal_per_second"] > 0 for store in found["stores"].values() for rates in store.values())
    assert found["ok"] == all(check["ok"] for check in found["checks"])
    assert behind(address, "SELECT count(*) AS n FROM journal") == [{"n": entries}]
    assert not behind(address, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'livexec_bench%'")


def test_without_a_server_the_measurement_says_what_it_left_out() -> None:
    found = bench_journal(orders=20)
    assert list(found["stores"]) == ["sqlite"]
    assert "DATABASE_URL" in found["not_measured"]


def test_a_server_that_cannot_be_measured_is_refused_without_the_login() -> None:
    with pytest.raises(JournalUnavailableError) as silent:
        bench_journal(orders=1, database_url=f"postgresql://desk:{SECRET}@127.0.0.1:1/book")
    with pytest.raises(InvalidInputError) as wrong:
        bench_journal(orders=1, database_url=f"mysql://desk:{SECRET}@127.0.0.1/book")
    assert SECRET not in f"{silent.value}{wrong.value}"


def test_what_a_projector_is_told_does_not_show_the_address() -> None:
    orders = ProjectorOrders(
        database=f"postgresql://desk:{SECRET}@db.example/book",
        archive=("archive", None, None),
        log_file=None,
        log_level="info",
        log_to_stderr=False,
        log_orders=True,
        log_fills=True,
    )
    assert SECRET not in repr(orders)
