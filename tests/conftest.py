"""What every test may ask for. Shared fakes and simulators are plain modules: `from fakes... import ...`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# gRPC would run its own code in every child that a test forks, and that code brings a PostgreSQL down as it starts.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from fakes.memory_disk import memory_disk
from fakes.postgres import NoPostgresError, PostgresServer

REPOSITORY = Path(__file__).resolve().parents[1]
TEMPORARY = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes the folders of tests


def pytest_configure() -> None:
    """Let the files of tests lie in memory, where nobody said otherwise."""
    if (folder := memory_disk()) is not None:
        os.environ.setdefault(TEMPORARY, str(folder))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Leave nothing in memory of a run in which nothing failed."""
    folder: Path | None = session.config._tmp_path_factory._basetemp  # type: ignore[attr-defined]  # pytest's own
    is_worker = hasattr(session.config, "workerinput")
    if exitstatus == 0 and not is_worker and folder is not None and folder.parent.parent == memory_disk():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the folder that holds `pyproject.toml`, `src` and `tests`."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of recorded market data and venue payloads, which is not part of the repository."""
    folder = Path(os.environ.get("LIVEXEC_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded data is not here: {folder} (set LIVEXEC_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a real PostgreSQL server, one for all tests of a session."""
    try:
        server = PostgresServer()
    except NoPostgresError as reason:
        pytest.skip(f"no PostgreSQL can be started here: {reason}")
    yield server
    server.stop()
