"""A simulated Deribit in a process of its own, and a trader of one session at it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from livexec_deribit.credits import Credits
from livexec_deribit.session import DeribitSession
from livexec_deribit.settings import DeribitSettings

from simulators.deribit.trader import Connect, DeribitTrader
from simulators.process import SimulatedVenue
from simulators.shared import Shared

ALL = "DERIBIT:*:BTC-*@*"


@pytest.fixture(scope="session")
def simulator() -> Iterator[Shared]:
    """One process for all tests; to start one for each would take longer than the tests."""
    running = Shared("deribit")
    yield running
    running.stop()


@pytest_asyncio.fixture
async def venue(simulator: Shared) -> AsyncIterator[SimulatedVenue]:
    async with simulator.anew() as running:
        yield running


@pytest.fixture
def settings(venue: SimulatedVenue) -> Callable[..., DeribitSettings]:
    def read(**more: str) -> DeribitSettings:
        given = {
            "api_key": "simulated-key",
            "api_secret": "simulated-secret",
            "base_url": venue.ws,
            "instruments": ALL,
            "answer_s": "3",
        }
        return DeribitSettings.read(given | more)

    return read


@pytest_asyncio.fixture
async def connect(venue: SimulatedVenue, settings: Callable[..., DeribitSettings]) -> AsyncIterator[Connect]:
    """Whatever was connected is disconnected after the test."""
    made: list[DeribitTrader] = []

    async def connected(**more: str) -> DeribitTrader:
        trader = DeribitTrader(DeribitSession(settings(**more), time.time_ns, Credits(time.monotonic)), venue)
        made.append(trader)
        await trader.connect()
        return trader

    yield connected
    for trader in made:
        await trader.session.disconnect()


@pytest_asyncio.fixture
async def trader(connect: Connect) -> DeribitTrader:
    return await connect()
