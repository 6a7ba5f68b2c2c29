"""What every suite begins with: one ground for all checks of a class, and one session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import pytest
import pytest_asyncio

from plugins.conformance.bench import Bench
from plugins.conformance.ground import Ground

NOT_MEANT: Final = "does not apply: "

type Opened = Callable[[], AbstractAsyncContextManager[Ground]]


class Examined:
    """Checks of one venue. `opened` opens its ground, and closes it when they are over."""

    pytestmark = pytest.mark.asyncio(loop_scope="class")
    opened: Opened

    @pytest_asyncio.fixture(scope="class", loop_scope="class")
    @classmethod
    async def ground(cls) -> AsyncIterator[Ground]:
        """One ground for the whole class: some may be started once a process."""
        async with cls.opened() as opened:
            yield opened

    @pytest_asyncio.fixture(scope="class", loop_scope="class")
    @classmethod
    async def connection(cls, ground: Ground) -> AsyncIterator[Bench]:
        """One session for the whole class."""
        made = Bench(ground)
        yield made
        await made.disconnect()

    @pytest_asyncio.fixture(loop_scope="class")
    async def bench(self, connection: Bench) -> AsyncIterator[Bench]:
        """The session, connected and with an empty inbox; whatever still works at the end is canceled."""
        await connection.begin()
        yield connection
        await connection.end()


def only_if(is_meant: bool, why: str) -> None:
    """End a check that means nothing for this venue."""
    if not is_meant:
        pytest.skip(f"{NOT_MEANT}{why}")
