"""What every test may ask for. Shared fakes and simulators are plain modules: `from fakes... import ...`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# gRPC would run its own code in every child that a test forks, and that code brings a PostgreSQL down as it starts.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from fakes.postgres import NoPostgresError, PostgresServer

REPOSITORY = Path(__file__).resolve().parents[1]


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
