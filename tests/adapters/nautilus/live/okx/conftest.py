"""A simulated OKX in a process of its own, one live node, and a session between them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.nautilus.live import LiveNode

from simulators.kept import KeptVenues
from simulators.live_trader import LiveTrader
from simulators.okx_account import ACCOUNT, SITE, settings_for
from simulators.process import SimulatedVenue


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue(kept_venues: KeptVenues) -> AsyncIterator[SimulatedVenue]:
    """A simulator with a calm market: bid 60000.0, ask 60000.1, 1,000 coins on each side."""
    running = await kept_venues.take("okx", SITE.time_limits)
    yield running
    await running.hang_up()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(venue: SimulatedVenue) -> AsyncIterator[LiveNode]:
    """A running node with one account at the simulator."""
    running = LiveNode([settings_for(venue)])
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def trader(venue: SimulatedVenue, node: LiveNode) -> AsyncIterator[LiveTrader]:
    """A connected trader of the swap; afterwards all faults are gone and nothing of it works any more."""
    await venue.command("calm")
    for symbol in ("BTC-USDT-SWAP", "BTC-USDT"):
        await venue.command("quote", symbol=symbol, bid="60000", ask="60000.1")
    desk = LiveTrader(node.sessions[ACCOUNT], venue, SITE)
    await desk.connect()
    yield desk
    await venue.command("calm")
    await desk.session.disconnect()
    for order in (await venue.look("orders"))["orders"]:
        if order["status"] in ("NEW", "PARTIALLY_FILLED"):
            await venue.command("hand_cancel", client_order_id=order["clientOrderId"])
