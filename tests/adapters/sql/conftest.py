"""Files, tables and questions for the tests of the SQL adapter."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.sql import PostgresAddress, SqliteFiles, Valuation
from core.positions.pnl import average_entry_price, unrealized_pnl
from ports.instruments import InstrumentKey
from ports.market_data import Quote

from fakes.databases import Asker, Bed, PostgresBed, SqliteBed, Writer
from fakes.postgres import PostgresServer
from fakes.sqlite import migrated

VALUATION = Valuation(unrealized=unrealized_pnl, average=average_entry_price)


class Quotes(dict[InstrumentKey, Quote]):
    """The newest quotes, as a test sets them."""

    def latest(self, instrument: InstrumentKey) -> Quote | None:
        return self.get(instrument)


@pytest.fixture(scope="session")
def valuation() -> Valuation:
    """Return the core's arithmetic, as the app hands it in."""
    return VALUATION


@pytest.fixture(params=["sqlite", "postgresql"])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Bed:
    """Return a fresh database of each kind."""
    if request.param == "sqlite":
        return SqliteBed(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return PostgresBed(server.fresh())


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def make_bed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Bed]:
    """Return what makes a fresh database of each kind, for tests that need one anew for every example."""
    if request.param == "sqlite":
        return lambda: SqliteBed(tmp_path_factory.mktemp("database"))
    server: PostgresServer = request.getfixturevalue("postgres")
    address = server.fresh()
    return lambda: PostgresBed(address)


@pytest.fixture
def files(tmp_path: Path) -> SqliteFiles:
    """Return two fresh files."""
    return migrated(tmp_path)


@pytest.fixture
def address(postgres: PostgresServer) -> PostgresAddress:
    """Return a fresh database of a real server."""
    return postgres.fresh()


@pytest.fixture
def quotes() -> Quotes:
    """Return quotes: none yet."""
    return Quotes()


@pytest.fixture
async def projections(bed: Bed) -> AsyncIterator[Writer]:
    """Return empty tables, open for writing."""
    projections = bed.writer(VALUATION)
    await projections.open()
    yield projections
    await projections.close()


@pytest.fixture
async def queries(bed: Bed, projections: Writer, quotes: Quotes) -> AsyncIterator[Asker]:
    """Return questions to the tables."""
    queries = bed.asker(projections, quotes, VALUATION)
    yield queries
    await queries.close()
