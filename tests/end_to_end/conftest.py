"""The real process, started for a test and surely ended after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from end_to_end.process import COMMAND, Service


class Start(Protocol):
    """Starts `livexec run` with its state in a folder; wait with `up()`."""

    async def __call__(self, folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Service:
        """See `Service.begin`."""


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Fail at once, and say why, where there is no command to run."""
    assert COMMAND.exists(), f"{COMMAND} is not there: install the project (make setup)"


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Return what starts a service; whatever still runs is killed after the test."""
    begun: list[Service] = []

    async def begin(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Service:
        begun.append(await Service.begin(folder, *options, env=env))
        return begun[-1]

    yield begin
    for service in begun:
        service.kill()
        await service.ended()
