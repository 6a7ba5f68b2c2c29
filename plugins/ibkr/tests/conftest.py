"""A simulated TWS in a process of its own, and a trader of one session at it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from livexec_ibkr.session import IbkrSession
from livexec_ibkr.settings import IbkrSettings

from simulators.ibkr.ground import settings_of
from simulators.ibkr.trader import CALL, EURO, FUND, FUTURE, SHARE, Connect, IbkrTrader
from simulators.process import SimulatedVenue
from simulators.shared import Shared

ALL = " ".join((SHARE, FUND, FUTURE, CALL, EURO))


@pytest.fixture(scope="session")
def simulator() -> Iterator[Shared]:
    """One process for all tests; to start one for each would take longer than the tests."""
    running = Shared("ibkr")
    yield running
    running.stop()


@pytest_asyncio.fixture
async def venue(simulator: Shared) -> AsyncIterator[SimulatedVenue]:
    async with simulator.anew() as running:
        yield running


@pytest.fixture
def settings(venue: SimulatedVenue) -> Callable[..., IbkrSettings]:
    def read(**more: str) -> IbkrSettings:
        given = {"instruments": ALL, "answer_s": "5", "probe_s": "60", "throttle_s": "5", "commission_s": "30"}
        return IbkrSettings.read(settings_of(venue, **(given | {"messages_a_second": "10000"} | more)))

    return read


@pytest_asyncio.fixture
async def connect(venue: SimulatedVenue, settings: Callable[..., IbkrSettings]) -> AsyncIterator[Connect]:
    """Whatever was connected is disconnected after the test."""
    made: list[IbkrTrader] = []

    async def connected(**more: str) -> IbkrTrader:
        trader = IbkrTrader(IbkrSession(settings(**more), time.time_ns), venue)
        made.append(trader)
        await trader.connect()
        return trader

    yield connected
    for trader in made:
        await trader.session.disconnect()


@pytest_asyncio.fixture
async def trader(connect: Connect) -> IbkrTrader:
    return await connect()
