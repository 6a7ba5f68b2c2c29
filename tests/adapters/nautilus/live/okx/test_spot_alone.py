"""An account that trades spot pairs alone: coins are balances, and there are no positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.nautilus.live import LiveNode
from ports.values import Side

from simulators.live_trader import LiveTrader
from simulators.okx_account import ACCOUNT, SPOT, SPOT_SITE, settings_for
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_connects_trades_and_keeps_no_positions(venue: SimulatedVenue) -> None:
    node = LiveNode([settings_for(venue, instruments=(SPOT,))])
    await node.start()
    try:
        trader = LiveTrader(node.sessions[ACCOUNT], venue, SPOT_SITE)
        await trader.venue.command("position_mode", mode="long_short_mode")  # which is about swaps
        await trader.connect()
        bought = await trader.send(trader.order(Side.BUY, "0.5", None))
        (fill,) = await trader.fills(bought, 1)
        assert fill.quantity == Decimal("0.5")
        assert await trader.session.positions() is None
        assert fill in await trader.session.fills_since(fill.venue_time_ns)
    finally:
        await node.stop()
