"""A simulated venue in a process of its own, one live node, and a session between them: for each venue that is live."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from adapters.nautilus.live import LiveNode

from simulators.kept import KeptVenues
from simulators.live_trader import LiveTrader
from simulators.process import SimulatedVenue
from simulators.sites import SITES, Site


@pytest.fixture(scope="session")
def kept_venues() -> Iterator[KeptVenues]:
    """The simulators of all modules."""
    kept = KeptVenues()
    yield kept
    kept.stop()


@pytest.fixture(scope="module", params=SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    """Where it all happens: every test does at every venue."""
    given: Site = request.param
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue(site: Site, kept_venues: KeptVenues) -> AsyncIterator[SimulatedVenue]:
    """A simulator with a calm market: bid 60000.00, ask one tick above, 1,000 coins on each side."""
    running = await kept_venues.take(site.name, {"weight_1m": 10_000_000, **site.time_limits})
    yield running
    await running.hang_up()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(site: Site, venue: SimulatedVenue) -> AsyncIterator[LiveNode]:
    """A running node with one account at the simulator."""
    running = LiveNode([site.settings(venue, {})])
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def trader(site: Site, venue: SimulatedVenue, node: LiveNode) -> AsyncIterator[LiveTrader]:
    """A connected trader; afterwards all faults are gone and nothing of it works any more."""
    await venue.command("calm")
    await venue.command("quote", symbol=site.symbol, bid="60000", ask="60000.1")
    desk = LiveTrader(node.sessions[site.account], venue, site)
    await desk.connect()
    yield desk
    await venue.command("calm")
    await desk.session.disconnect()
    for order in (await venue.look("orders"))["orders"]:
        if order["status"] in ("NEW", "PARTIALLY_FILLED"):
            await venue.command("hand_cancel", client_order_id=order["clientOrderId"])
