"""`livexec bench journal`: durable facts a second on each store, beside the bare driver with the same rows."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from adapters.sql import Database, PostgresAddress, PostgresDatabase, SqliteDatabase, postgres_address, sqlite_files
from adapters.sql.codec import encode_entries
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure
from app.bench.bare_rows import BarePostgres, BareRows, BareSqlite, Rows
from app.bench.core_alone import bench_book
from app.bench.orders import order
from app.checks import Check, as_json
from app.interpreter import set_aside, share_the_interpreter
from ports.facts import Fact
from ports.journal import Entry, Journal

_BATCHES: Final = (1, 16, 100)
_ROUNDS: Final = 5
_LEAST: Final = 0.5
type Progress = Callable[[str], None]
type Rates = dict[str, dict[str, float]]


def bench_journal(
    orders: int = 2_000, database_url: str | None = None, progress: Progress = lambda line: None
) -> dict[str, Any]:
    """Append the facts of `orders` orders in batches of 1, 16 and 100 facts, each beside the bare driver's inserts.

    The bare driver stores the same rows, but finds them ready-made: nothing is encoded, chained or guarded.

    SQLite is measured in a file of its own; PostgreSQL where `database_url` names a server, in a schema of its own
    that is dropped afterwards.

    Raises:
        InvalidInputError: `database_url` names no PostgreSQL database.
        JournalUnavailableError: the server did not answer.
    """
    share_the_interpreter()
    set_aside()
    return uvloop.run(_bench(orders, database_url, progress))


async def _bench(orders: int, database_url: str | None, progress: Progress) -> dict[str, Any]:
    actor = bench_book()
    facts = [fact for number in range(orders) for fact in actor.receive(order(number, "journal"), time.time_ns()).facts]
    checks: list[Check] = []
    stores = {}
    async with _sqlite() as (database, bare):
        stores["sqlite"] = await _measure("sqlite", database, bare, facts, checks, progress)
    if database_url is not None:
        async with _postgres(database_url) as (database, bare):
            stores["postgresql"] = await _measure("postgresql", database, bare, facts, checks, progress)
    found = {"ok": all(check.ok for check in checks), "stores": stores, "checks": as_json(checks)}
    if database_url is None:
        found["not_measured"] = "postgresql: give --database-url or DATABASE_URL"
    return found


@asynccontextmanager
async def _sqlite() -> AsyncIterator[tuple[Database, BareRows]]:
    folder = Path(tempfile.mkdtemp(prefix="livexec-bench-"))
    try:
        bare = BareSqlite(folder / "bare.db")
        await bare.open()
        try:
            yield SqliteDatabase(sqlite_files(f"sqlite+aiosqlite:///{folder / 'livexec.db'}")), bare
        finally:
            await bare.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[tuple[Database, BareRows]]:
    address = postgres_address(url)
    schema = f"livexec_bench_{secrets.token_hex(4)}"
    inside = address.in_schema(schema)
    await _run(address, f"CREATE SCHEMA {schema}")
    bare = BarePostgres(inside.dsn)
    try:
        await bare.open()
        yield PostgresDatabase(inside), bare
    finally:
        await bare.close()
        await _run(address, f"DROP SCHEMA {schema} CASCADE")


async def _run(address: PostgresAddress, statement: str) -> None:
    connection = await connect(address, can_write=True)
    try:
        await connection.execute(statement)
    except STORE_ERRORS as error:
        raise failure(address, "make a schema to measure in", error) from error
    finally:
        await disconnect(connection)


async def _measure(
    store: str, database: Database, bare: BareRows, facts: Sequence[Fact], checks: list[Check], progress: Progress
) -> Rates:
    await database.upgrade()
    journal = database.journal()
    await journal.open()
    rates: Rates = {}
    seq = 0
    try:
        for batch in _BATCHES:
            some = facts[: max(len(facts) * batch // 100, 200 * min(batch, 10))]
            pairs = []
            for _ in range(_ROUNDS + 1):
                ours = await _append(journal, some, batch, seq)
                pairs.append((ours, await _bare(bare, encode_entries(_entries(some, seq), 0), batch)))
                seq += len(some)
            del pairs[0]  # in which statements were prepared and files grew
            ratio = median(ours / theirs for ours, theirs in pairs)
            rates[str(batch)] = {
                "journal_per_second": round(median(p[0] for p in pairs)),
                "driver_per_second": round(median(p[1] for p in pairs)),
            }
            progress(f"{store}, batches of {batch}: {rates[str(batch)]['journal_per_second']:,} facts a second")
            checks.append(Check.at_least(f"journal_over_driver_{store}_{batch}", ratio, _LEAST, "times"))
    finally:
        await journal.close()
    return rates


def _entries(facts: Sequence[Fact], seq: int) -> list[Entry]:
    return [
        Entry(seq=seq + place, ts_ns=1, epoch=1, actor="bench", cause="bench", fact=fact)
        for place, fact in enumerate(facts, start=1)
    ]


async def _append(journal: Journal, facts: Sequence[Fact], batch: int, seq: int) -> float:
    entries = _entries(facts, seq)
    began = time.perf_counter_ns()
    for start in range(0, len(entries), batch):
        await journal.append(entries[start : start + batch])
    return len(facts) / ((time.perf_counter_ns() - began) / 1e9)


async def _bare(bare: BareRows, rows: Rows, batch: int) -> float:
    began = time.perf_counter_ns()
    for start in range(0, len(rows), batch):
        await bare.commit(rows[start : start + batch])
    return len(rows) / ((time.perf_counter_ns() - began) / 1e9)
