"""Everything here runs in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from fakes.rig import Rig
from fakes.virtual_loop import VirtualLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualLoop}


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """Return a started host with a scribe; stopped, bounded, at the end."""
    async with Rig() as started:
        yield started
