"""The real process, started for a test and surely ended after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import httpx
import pytest
import pytest_asyncio

from end_to_end.process import COMMAND, Service


class Start(Protocol):
    """Starts `livexec run` with its state in a folder; wait with `up()`."""

    async def __call__(
        self, folder: Path, *options: str, env: Mapping[str, str] | None = None, command: Path = COMMAND
    ) -> Service:
        """See `Service.begin`."""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Fail at once, and say why, where there is no command to run."""
    assert COMMAND.exists(), f"{COMMAND} is not there: install the project (make setup)"


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Return what starts a service; whatever still runs is killed after the test."""
    begun: list[Service] = []

    async def begin(
        folder: Path, *options: str, env: Mapping[str, str] | None = None, command: Path = COMMAND
    ) -> Service:
        begun.append(await Service.begin(folder, *options, env=env, command=command))
        return begun[-1]

    yield begin
    for service in begun:
        service.kill()
        await service.ended()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """Return a service for all tests of a module, on paper and with its defaults."""
    service = await Service.begin(tmp_path_factory.mktemp("serving") / "state")
    try:
        yield await service.up()
    finally:
        service.kill()
        await service.ended()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(serving: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of its REST door."""
    async with serving.rest() as client:
        yield client
