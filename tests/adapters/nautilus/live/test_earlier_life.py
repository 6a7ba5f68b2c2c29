"""Orders that an earlier life of this process sent: Nautilus has never heard of them, and must not make things up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from adapters.nautilus.live import LiveNode
from ports.reports import FillReport, OrderOutcomeUnknown, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def before(trader: LiveTrader, name: str) -> Mapping[str, Any]:
    """Let an order of an earlier life rest at the venue, with a part of it filled, and connect anew."""
    await trader.session.disconnect()
    placed = await trader.venue.command(
        "hand", symbol=trader.site.symbol, side="BUY", quantity="0.010", price="59000", client_order_id=name
    )
    await trader.venue.command("fill", client_order_id=name, quantity="0.004")
    await trader.connect()
    return placed


async def test_its_trade_comes_once_under_the_venues_id_and_nothing_is_inferred(
    trader: LiveTrader, node: LiveNode
) -> None:
    await before(trader, "life1")
    await trader.venue.command("fill", client_order_id="life1", quantity="0.001")
    (fill,) = await trader.fills(ClientOrderId("life1"), 1)
    (_, trade) = [one for one in await trader.venue.trades() if str(one["orderId"]) == fill.venue_order_id]
    assert (fill.trade_id, fill.quantity) == (str(trade.get("tradeId", trade["id"])), Decimal("0.001"))
    evidence = await trader.session.query(trader.question(fill.client_order_id or ClientOrderId("")))
    assert evidence is not None  # with what it had before, which every session is asked about when it comes up
    assert [one.quantity for one in evidence.fills] == [Decimal("0.004"), Decimal("0.001")]
    assert len([one for one in trader.inbox.reports if isinstance(one, FillReport)]) == 1
    assert node.kernel.cache.orders() == []
    assert node.kernel.cache.positions() == []


async def test_its_cancel_reaches_the_venue(trader: LiveTrader) -> None:
    await before(trader, "life2")
    await trader.cancel(ClientOrderId("life2"))
    report = await trader.status(ClientOrderId("life2"), VenueOrderStatus.CANCELED)
    assert report.filled_quantity == Decimal("0.004")
    (order,) = await trader.venue.orders("life2")
    assert order["status"] == "CANCELED"


@AT_BINANCE
async def test_an_order_that_nautilus_takes_for_rejected_is_canceled_all_the_same(
    trader: LiveTrader, node: LiveNode
) -> None:
    """To Nautilus every error is a rejection, and of a closed order it sends no cancel."""
    await trader.venue.fault(trader.site.place, "error", status=504, body='{"code": -1007, "msg": "Timeout."}')
    await trader.venue.fault(trader.site.orders, "drop", execution="NEW")
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    (order,) = node.kernel.cache.orders()
    assert order.is_closed
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
