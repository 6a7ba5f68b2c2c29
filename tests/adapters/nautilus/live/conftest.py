"""A simulated Binance in a process of its own, one live node, and a session between them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.nautilus.binance_settings import BinanceFuturesSettings
from adapters.nautilus.live import LiveNode
from ports.values import AccountId

from simulators.live_trader import BTC, ETH, LiveTrader
from simulators.process import SimulatedVenue

ACCOUNT = AccountId("BINANCE-FUTURES-MAIN")


def settings_for(venue: SimulatedVenue, **fields: object) -> BinanceFuturesSettings:
    """Return the settings that lead to a simulator."""
    given: dict[str, object] = {
        "account": ACCOUNT,
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "instruments": (BTC, ETH),
        "base_url_http": venue.http,
        "base_url_ws": venue.ws,
        "base_url_ws_stream": venue.ws,
        "answer_s": 2.0,
        "probe_s": 0.5,
        "orders_per_10s": 100_000,
        "orders_per_minute": 100_000,
    }
    return BinanceFuturesSettings(**{**given, **fields})  # type: ignore[arg-type]  # checked by the settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    """A simulator with a calm market: bid 60000.00, ask 60000.10, 1,000 coins on each side."""
    running = await SimulatedVenue.start()
    await running.command("limits", weight_1m=10_000_000, orders_10s=100_000, orders_1m=100_000)
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(venue: SimulatedVenue) -> AsyncIterator[LiveNode]:
    """A running node with one account at the simulator."""
    running = LiveNode([settings_for(venue)])
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def trader(venue: SimulatedVenue, node: LiveNode) -> AsyncIterator[LiveTrader]:
    """A connected trader; afterwards all faults are gone and nothing of it works any more."""
    await venue.command("calm")
    await venue.command("quote", symbol="BTCUSDT", bid="60000", ask="60000.1")
    desk = LiveTrader(node.sessions[ACCOUNT], venue)
    await desk.connect()
    yield desk
    await venue.command("calm")
    await desk.session.disconnect()
    for order in (await venue.look("orders"))["orders"]:
        if order["status"] in ("NEW", "PARTIALLY_FILLED"):
            await venue.command("hand_cancel", client_order_id=order["clientOrderId"])
