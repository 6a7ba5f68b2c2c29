"""The journal and the tables made from it, in SQL databases; SQLite for now.

Order of use: `upgrade(sqlite_files(url))` once at the start, then open a `SqliteJournal` and `SqliteProjections`,
hand the projections to `SqliteQueries`; close in the opposite order.
"""

from adapters.sql.check import CheckReport, Damage, JournalReport, Problem, check, check_journal
from adapters.sql.compare import Difference, TablesReport
from adapters.sql.files import SqliteFiles, sqlite_files
from adapters.sql.progress import Progress
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
    "Difference",
    "JournalReport",
    "Problem",
    "Progress",
    "SqliteFiles",
    "SqliteJournal",
    "SqliteJournalReader",
    "SqliteProjections",
    "SqliteQueries",
    "TablesReport",
    "Valuation",
    "catch_up",
    "check",
    "check_journal",
    "rebuild",
    "sqlite_files",
    "upgrade",
]
