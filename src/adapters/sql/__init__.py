"""The journal and the tables made from it, in SQL databases: SQLite for one machine, PostgreSQL beside it.

Order of use: `database_at(url)`; `await database.upgrade()` once at the start; then open its journal and tables, and
hand the tables to its queries; close in the opposite order.
"""

from adapters.sql.archived import OpenArchive, no_archive
from adapters.sql.archiving import archive_next
from adapters.sql.check import CheckReport, Damage, JournalReport, Problem, check, check_journal
from adapters.sql.compare import Difference, TablesReport
from adapters.sql.database import Database, PostgresDatabase, Reader, SqliteDatabase, Tables, database_at
from adapters.sql.files import SqliteFiles, sqlite_files
from adapters.sql.postgres.address import PostgresAddress, postgres_address
from adapters.sql.postgres.journal import PostgresJournal
from adapters.sql.postgres.keeping import LeaseKeeper
from adapters.sql.postgres.lease import Lease
from adapters.sql.postgres.projections import PostgresProjections
from adapters.sql.postgres.queries import PostgresQueries
from adapters.sql.postgres.reader import PostgresJournalReader
from adapters.sql.postgres.survey import Survey, survey
from adapters.sql.progress import Progress
from adapters.sql.queries import SqlQueries
from adapters.sql.rebuilding import catch_up, rebuild
from adapters.sql.sqlite_journal import SqliteJournal
from adapters.sql.sqlite_projections import SqliteProjections
from adapters.sql.sqlite_queries import SqliteQueries
from adapters.sql.sqlite_reader import SqliteJournalReader
from adapters.sql.upgrading import upgrade
from adapters.sql.valuation import Valuation

__all__ = [
    "CheckReport",
    "Damage",
    "Database",
    "Difference",
    "JournalReport",
    "Lease",
    "LeaseKeeper",
    "OpenArchive",
    "PostgresAddress",
    "PostgresDatabase",
    "PostgresJournal",
    "PostgresJournalReader",
    "PostgresProjections",
    "PostgresQueries",
    "Problem",
    "Progress",
    "Reader",
    "SqlQueries",
    "SqliteDatabase",
    "SqliteFiles",
    "SqliteJournal",
    "SqliteJournalReader",
    "SqliteProjections",
    "SqliteQueries",
    "Survey",
    "Tables",
    "TablesReport",
    "Valuation",
    "archive_next",
    "catch_up",
    "check",
    "check_journal",
    "database_at",
    "no_archive",
    "postgres_address",
    "rebuild",
    "sqlite_files",
    "survey",
    "upgrade",
]
