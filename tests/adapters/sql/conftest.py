"""Files, tables and questions for the tests of the SQL adapter."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.sql import SqliteFiles, SqliteProjections, SqliteQueries, Valuation, upgrade
from core.positions.pnl import average_entry_price, unrealized_pnl
from ports.instruments import InstrumentKey
from ports.market_data import Quote

VALUATION = Valuation(unrealized=unrealized_pnl, average=average_entry_price)


class Quotes(dict[InstrumentKey, Quote]):
    """The newest quotes, as a test sets them."""

    def latest(self, instrument: InstrumentKey) -> Quote | None:
        return self.get(instrument)


@pytest.fixture(scope="session")
def valuation() -> Valuation:
    """Return the core's arithmetic, as the app hands it in."""
    return VALUATION


@pytest.fixture(scope="session")
def make_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], SqliteFiles]:
    """Return what makes two fresh files, for tests that need them anew for every example."""

    def make() -> SqliteFiles:
        folder = tmp_path_factory.mktemp("database")
        files = SqliteFiles(folder / "livexec.db", folder / "livexec.projections.db")
        upgrade(files)
        return files

    return make


@pytest.fixture
def files(tmp_path: Path) -> SqliteFiles:
    """Return two fresh files."""
    files = SqliteFiles(tmp_path / "livexec.db", tmp_path / "livexec.projections.db")
    upgrade(files)
    return files


@pytest.fixture
def quotes() -> Quotes:
    """Return quotes: none yet."""
    return Quotes()


@pytest.fixture
async def projections(files: SqliteFiles) -> AsyncIterator[SqliteProjections]:
    """Return empty tables, open for writing."""
    projections = SqliteProjections(files.projections, VALUATION)
    await projections.open()
    yield projections
    await projections.close()


@pytest.fixture
async def queries(files: SqliteFiles, projections: SqliteProjections, quotes: Quotes) -> AsyncIterator[SqliteQueries]:
    """Return questions to the tables."""
    queries = SqliteQueries(files.projections, projections, quotes, VALUATION, visible_within_s=0.05)
    yield queries
    await queries.close()
