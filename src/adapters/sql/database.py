"""One database, by its address: SQLite's two files or PostgreSQL's one database, behind the same few questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from adapters.sql.archived import OpenArchive, no_archive
from adapters.sql.archiving import ArchivingReader
from adapters.sql.check import CheckReport, RawReader, check
from adapters.sql.files import SqliteFiles, sqlite_files
from adapters.sql.postgres.address import PostgresAddress, is_postgres, postgres_address
from adapters.sql.postgres.checking import check_postgres
from adapters.sql.postgres.journal import PostgresJournal
from adapters.sql.postgres.lease import Lease
from adapters.sql.postgres.projections import PostgresProjections
from adapters.sql.postgres.queries import PostgresQueries
from adapters.sql.postgres.reader import PostgresJournalReader
from adapters.sql.postgres.upgrading import upgrade as upgrade_postgres
from adapters.sql.queries import Followed, SqlQueries
from adapters.sql.sqlite_journal import SqliteJournal
from adapters.sql.sqlite_projections import SqliteProjections
from adapters.sql.sqlite_queries import SqliteQueries
from adapters.sql.sqlite_reader import SqliteJournalReader
from adapters.sql.upgrading import upgrade as upgrade_files
from adapters.sql.valuation import Valuation
from ports.archive import ArchivedJournal
from ports.errors import JournalUnavailableError
from ports.journal import JournalReader
from ports.market_data import QuoteReader
from ports.projections import Projection


class Reader(JournalReader, ArchivingReader, RawReader, Protocol):
    """A journal's reader that has to be opened."""

    async def open(self) -> None:
        """Connect; harmless to repeat.

        Raises:
            JournalUnavailableError: there is no journal, or one that has to be migrated first.
            JournalCorruptError: it is damaged, or a newer livexec's.
        """

    async def close(self) -> None:
        """Disconnect; harmless to repeat."""


class Tables(Projection, Followed, Protocol):
    """Projections that have to be opened; one process at a time may have them so."""

    async def open(self) -> int:
        """Take the tables for writing and return their cursor; harmless to repeat.

        Raises:
            JournalUnavailableError: there are no tables, they have to be migrated first, or another process has them.
            JournalCorruptError: they are damaged, or a newer livexec's.
        """

    async def close(self) -> None:
        """Finish what is under way and let go; harmless to repeat."""


class Database(Protocol):
    """Where the journal and its tables are. Nothing is opened before it is asked."""

    @property
    def journal_name(self) -> str:
        """Where the journal is, for people: a path, or a server and its database; never a login."""

    @property
    def tables_name(self) -> str:
        """Where the tables are, for people."""

    async def upgrade(self) -> None:
        """Make or migrate everything, wholly or not at all; harmless to repeat.

        Raises:
            JournalUnavailableError: it cannot be written, or another process writes what has to be migrated.
            JournalCorruptError: it is damaged, or a newer livexec's.
        """

    def require(self) -> None:
        """Refuse a database that is not there, where that can be seen without opening it.

        Raises:
            JournalUnavailableError: it is not there.
        """

    def journal(
        self, *, standby: bool = False, on_waiting: Callable[[str], None] = ..., lease: Lease | None = ...
    ) -> ArchivedJournal:
        """Return the writer's journal; as `standby` it waits for its turn, and says so to `on_waiting`.

        `lease` is told of its lead, where another machine could lead.
        """

    def reader(self) -> Reader:
        """Return a reader of the journal."""

    def tables(self, valuation: Valuation) -> Tables:
        """Return the writer's tables."""

    def queries(
        self, followed: Followed, quotes: QuoteReader, valuation: Valuation, *, pool_size: int = ...
    ) -> SqlQueries:
        """Return questions to the tables, over at most `pool_size` connections; `followed` is who writes them."""

    async def check(self, valuation: Valuation) -> CheckReport:
        """Examine every entry and every row; changes nothing.

        Raises:
            JournalUnavailableError: it is not there, has to be migrated first, or does not answer.
            JournalCorruptError: it is no database of livexec, or a newer livexec's.
        """


def _nobody(line: str) -> None:
    del line


@dataclass(frozen=True, slots=True)
class SqliteDatabase:
    """Two files. A second process is refused; it cannot wait as a standby."""

    files: SqliteFiles
    archive: OpenArchive = no_archive

    @property
    def journal_name(self) -> str:
        """The journal's path."""
        return str(self.files.journal)

    @property
    def tables_name(self) -> str:
        """The tables' path."""
        return str(self.files.projections)

    async def upgrade(self) -> None:
        """See `Database`. Blocks: call it before serving."""
        upgrade_files(self.files)

    def require(self) -> None:
        """See `Database`."""
        for path in (self.files.journal, self.files.projections):
            if not path.exists():
                raise JournalUnavailableError(
                    f"{path}: there is no such file; run `livexec db upgrade`, or give --config or --state-dir"
                )

    def journal(
        self, *, standby: bool = False, on_waiting: Callable[[str], None] = _nobody, lease: Lease | None = None
    ) -> SqliteJournal:
        """See `Database`; the file's own lock keeps everybody else out, and ends with this process."""
        del standby, on_waiting, lease
        return SqliteJournal(self.files.journal, archive=self.archive)

    def reader(self) -> SqliteJournalReader:
        """See `Database`."""
        return SqliteJournalReader(self.files.journal, archive=self.archive)

    def tables(self, valuation: Valuation) -> SqliteProjections:
        """See `Database`."""
        return SqliteProjections(self.files.projections, valuation)

    def queries(
        self, followed: Followed, quotes: QuoteReader, valuation: Valuation, *, pool_size: int = 2
    ) -> SqliteQueries:
        """See `Database`; two connections serve, for more would only queue for the interpreter."""
        del pool_size
        return SqliteQueries(self.files.projections, followed, quotes, valuation)

    async def check(self, valuation: Valuation) -> CheckReport:
        """See `Database`."""
        return await check(self.files, valuation, self.archive)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One database of a server."""

    address: PostgresAddress
    archive: OpenArchive = no_archive

    @property
    def journal_name(self) -> str:
        """The server and its database."""
        return self.address.name

    @property
    def tables_name(self) -> str:
        """The same: the tables stand beside the journal."""
        return self.address.name

    async def upgrade(self) -> None:
        """See `Database`."""
        await upgrade_postgres(self.address)

    def require(self) -> None:
        """See `Database`: only the server can tell."""

    def journal(
        self, *, standby: bool = False, on_waiting: Callable[[str], None] = _nobody, lease: Lease | None = None
    ) -> PostgresJournal:
        """See `Database`."""
        return PostgresJournal(self.address, standby=standby, on_waiting=on_waiting, archive=self.archive, lease=lease)

    def reader(self) -> PostgresJournalReader:
        """See `Database`."""
        return PostgresJournalReader(self.address, archive=self.archive)

    def tables(self, valuation: Valuation) -> PostgresProjections:
        """See `Database`."""
        return PostgresProjections(self.address, valuation)

    def queries(
        self, followed: Followed, quotes: QuoteReader, valuation: Valuation, *, pool_size: int = 5
    ) -> PostgresQueries:
        """See `Database`."""
        return PostgresQueries(self.address, followed, quotes, valuation, pool_size=pool_size)

    async def check(self, valuation: Valuation) -> CheckReport:
        """See `Database`."""
        return await check_postgres(self.address, valuation, self.archive)


def database_at(url: str, archive: OpenArchive = no_archive) -> SqliteDatabase | PostgresDatabase:
    """Return the database at an address such as `sqlite+aiosqlite:///livexec.db` or `postgresql://HOST/DATABASE`.

    `archive` opens the store that the oldest entries of its journal were put into, where they were.

    Raises:
        InvalidInputError: no such address, or one that names no file or database. A password in it is not repeated.
    """
    if is_postgres(url):
        return PostgresDatabase(postgres_address(url), archive)
    return SqliteDatabase(sqlite_files(url), archive)
