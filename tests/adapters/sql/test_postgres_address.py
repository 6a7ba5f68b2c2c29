"""Addresses of PostgreSQL: what is understood, what is refused, and what is never shown."""

from traceback import format_exception

import pytest

from adapters.sql import (
    PostgresAddress,
    PostgresDatabase,
    PostgresJournal,
    SqliteDatabase,
    database_at,
    postgres_address,
)
from ports.errors import InvalidInputError, JournalUnavailableError

from fakes.postgres import PostgresServer
from fakes.severing import Wire

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://desk:hunter2@db.example/book", "postgresql://db.example/book"),
        ("postgresql+asyncpg://desk:hunter2@db.example:6543/book", "postgresql://db.example:6543/book"),
        ("postgres://desk:hunter2@[::1]:5432/book", "postgresql://::1:5432/book"),
        ("postgresql://desk@/book?host=/run/postgresql&password=hunter2", "postgresql:///run/postgresql/book"),
        ("postgresql:///book", "postgresql://localhost/book"),
    ],
)
def test_people_are_told_the_server_and_its_database(url: str, name: str) -> None:
    address = postgres_address(url)
    assert address.name == name
    assert SECRET not in repr(address)
    database = database_at(url)
    assert isinstance(database, PostgresDatabase)
    assert (database.journal_name, database.tables_name) == (name, name)
    assert SECRET not in repr(database)


def test_the_driver_gets_the_login_and_what_else_is_asked_for() -> None:
    address = postgres_address("postgresql+asyncpg://desk:a%2Fb@db.example/book?ssl=require")
    assert address.dsn == "postgresql://desk:a%2Fb@db.example/book?sslmode=require"
    assert "search_path=one" in address.in_schema("one").dsn


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://desk:hunter2@db.example",
        "postgresql://desk:hunter2@db.example/",
        "postgresql://desk:hunter2@db.example:port/book",
        "postgresql+psycopg2://desk:hunter2@db.example/book",
        "mysql://desk:hunter2@db.example/book",
        "hunter2",
    ],
)
def test_an_address_that_names_no_database_is_refused_and_nothing_of_it_is_repeated(url: str) -> None:
    with pytest.raises(InvalidInputError, match=r"database\.url: .*postgresql://USER:PASSWORD@HOST") as refused:
        postgres_address(url)
    assert SECRET not in str(refused.value)


def test_a_file_is_still_a_file() -> None:
    assert isinstance(database_at("sqlite+aiosqlite:///livexec.db"), SqliteDatabase)


@pytest.mark.parametrize(
    ("part", "other"), [("/test_", "/nowhere_"), ("postgres:", "stranger:"), ("disable", "maybe"), ("sslmode", "a;b")]
)
async def test_a_connection_that_cannot_be_had_says_so_without_the_login(
    postgres: PostgresServer, address: PostgresAddress, part: str, other: str
) -> None:
    async with Wire(postgres.socket, address) as wire:
        assert SECRET in wire.address.dsn
        wrong = PostgresAddress(wire.address.name, wire.address.dsn.replace(part, other))
        with pytest.raises(JournalUnavailableError, match=wire.address.name) as refused:
            await PostgresJournal(wrong).open()
    assert SECRET not in "".join(format_exception(refused.value))


async def test_a_wrong_password_is_not_repeated(postgres: PostgresServer, address: PostgresAddress) -> None:
    postgres.ask_for_a_password("desk", "another")
    async with Wire(postgres.socket, address) as wire:
        wrong = PostgresAddress(wire.address.name, wire.address.dsn.replace("postgres:", "desk:"))
        with pytest.raises(JournalUnavailableError, match="password authentication failed") as refused:
            await PostgresJournal(wrong).open()
    assert SECRET not in "".join(format_exception(refused.value))


async def test_a_server_that_is_not_there_is_named() -> None:
    nobody = postgres_address("postgresql://desk:hunter2@127.0.0.1:1/book")
    with pytest.raises(JournalUnavailableError, match=r"postgresql://127\.0\.0\.1:1/book: connect: ") as refused:
        await PostgresJournal(nobody).open()
    assert SECRET not in str(refused.value)
