"""Spot pairs at a simulated Bybit: what is bought and sold, what fees are paid in, and that coins are no positions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from adapters.nautilus.live import LiveNode
from ports.reports import VenueOrderStatus
from ports.values import Currency, Side, TimeInForce

from simulators.bybit_trader import ACCOUNT, SPOT, BybitTrader, settings_for
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(venue: SimulatedVenue) -> AsyncIterator[LiveNode]:
    """A node with an account that trades pairs."""
    running = LiveNode([settings_for(venue, instruments=(SPOT,))])
    await running.start()
    yield running
    await running.stop()


async def test_pairs_are_bought_and_sold_and_are_no_positions(node: LiveNode, venue: SimulatedVenue) -> None:
    trader = BybitTrader(node.sessions[ACCOUNT], venue)
    (pair,) = await trader.session.connect(trader.inbox, trader.inbox)
    assert (pair.key, pair.lot_size, pair.min_notional) == (SPOT, Decimal("0.000001"), Decimal(5))
    bought = await trader.send(trader.order(Side.BUY, "0.010000", None, instrument=SPOT))
    (fill,) = await trader.fills(bought, 1)
    assert (fill.instrument, fill.fee.currency, fill.fee.amount) == (SPOT, Currency("BTC"), Decimal("0.00001"))
    await trader.status(bought, VenueOrderStatus.FILLED)
    sold = await trader.send(trader.order(Side.SELL, "0.004", "60000", TimeInForce.IOC, instrument=SPOT))
    (fill,) = await trader.fills(sold, 1)
    assert fill.fee.currency == Currency("USDT")
    evidence = await trader.session.query(trader.question(sold, SPOT))
    assert evidence is not None
    assert list(evidence.fills) == [fill]
    assert await trader.session.positions() is None
    balances = {one.currency: one.total for one in await trader.session.balances() or ()}
    assert balances[Currency("BTC")] == Decimal("0.00599")
    resting = await trader.send(trader.order(Side.BUY, "0.001", "50000", instrument=SPOT))
    await trader.status(resting, VenueOrderStatus.ACCEPTED)
    await trader.amend(resting, "0.002", "49000", SPOT)
    await trader.amended(resting)
    await trader.cancel_of(resting, SPOT)
    await trader.status(resting, VenueOrderStatus.CANCELED)
