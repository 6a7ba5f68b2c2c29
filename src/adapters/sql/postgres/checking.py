"""Checking a PostgreSQL database: the journal's chain, and the tables made anew beside the ones there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.sql.archived import OpenArchive, no_archive
from adapters.sql.check import CheckReport, scan
from adapters.sql.compare import NAMED_AT_MOST, Difference, TablesReport
from adapters.sql.migrating import PROJECTIONS
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure
from adapters.sql.postgres.reader import PostgresJournalReader
from adapters.sql.postgres.tables import PostgresTables
from adapters.sql.revisions import check_revision
from adapters.sql.schema import PROJECTION_TABLES
from adapters.sql.statements import POSTGRES
from adapters.sql.valuation import Valuation

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_BATCH: Final = 2_000
_REVISION: Final = f"SELECT version_num FROM {PROJECTIONS.version_table}"  # noqa: S608 - a constant
_SCHEMA: Final = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'projection_cursor'::regclass"


async def check_postgres(
    address: PostgresAddress, valuation: Valuation, archive: OpenArchive = no_archive
) -> CheckReport:
    """Read every entry of the journal, then make the tables anew beside the ones there are and compare every row.

    Changes nothing: the tables made anew are temporary ones, in a transaction that is rolled back. A running service
    may go on.

    Raises:
        JournalUnavailableError: the store did not answer, or has to be migrated first.
        JournalCorruptError: the tables are a newer livexec's.
    """
    reader = PostgresJournalReader(address, archive=archive)
    await reader.open()
    try:
        journal = await scan(reader)
        tables = None if journal.problems else await _compare(address, reader, valuation, journal.head.seq)
    finally:
        await reader.close()
    return CheckReport(journal, tables)


async def _compare(
    address: PostgresAddress, reader: PostgresJournalReader, valuation: Valuation, head_seq: int
) -> TablesReport:
    connection = await connect(address, can_write=True)
    try:
        check_revision(address.name, await connection.fetchval(_REVISION), PROJECTIONS.newest)
        # One moment for the whole comparison, whoever writes since: the snapshot is that of the first question.
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        live = await connection.fetchval(_SCHEMA)
        cursor = await PostgresTables(connection, valuation).cursor()
        if cursor > head_seq:
            ahead = f"the tables are at {cursor}, the journal ends at {head_seq}"
            return TablesReport(cursor, 0, (Difference("projection_cursor", 1, (ahead,)),))
        await _make_anew(connection, reader, valuation, cursor)
        return await _differences(connection, live, cursor)
    except STORE_ERRORS as error:
        raise failure(address, "compare", error) from error
    finally:
        await disconnect(connection)  # which rolls everything back


async def _make_anew(
    connection: Connection, reader: PostgresJournalReader, valuation: Valuation, until_seq: int
) -> None:
    """Make temporary tables, which hide those of the same names, and take the journal into them."""
    for table in PROJECTION_TABLES.sorted_tables:
        made = POSTGRES.text_of(CreateTable(table)).replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
        await connection.execute(made)
        for index in table.indexes:
            await connection.execute(POSTGRES.text_of(CreateIndex(index)))
    tables = PostgresTables(connection, valuation)
    at = 0
    while at < until_seq:
        entries = await reader.read(at, min(_BATCH, until_seq - at))
        at = await tables.take(entries)


async def _differences(connection: Connection, live: str, cursor: int) -> TablesReport:
    examined, differences = 0, []
    for table in PROJECTION_TABLES.sorted_tables:
        examined += await connection.fetchval(f"SELECT count(*) FROM {live}.{table.name}")  # noqa: S608 - our own names
        keys = sorted({_named(tuple(row)) for row in await connection.fetch(_differing(table, live))})
        if keys:
            differences.append(Difference(table.name, len(keys), tuple(keys[:NAMED_AT_MOST])))
    return TablesReport(cursor, examined, tuple(differences))


def _differing(table: Table, live: str) -> str:
    """Return the query for the keys of rows that only one of the two holds as they are; JSON is compared as text."""
    columns = ", ".join(f"{column.name}::text" for column in table.columns)
    key = ", ".join(column.name for column in table.primary_key)
    there, anew = (f"SELECT {columns} FROM {schema}.{table.name}" for schema in (live, "pg_temp"))  # noqa: S608
    return f"SELECT {key} FROM (({there} EXCEPT {anew}) UNION ALL ({anew} EXCEPT {there})) AS odd"  # noqa: S608


def _named(row: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in row)
