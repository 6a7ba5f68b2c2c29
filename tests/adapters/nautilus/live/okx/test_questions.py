"""Direct questions to a simulated OKX: silence is told from "none", and partial pages teach nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import VenueUnavailableError
from ports.reports import VenueOrderStatus
from ports.values import Currency, Side

from simulators.live_trader import LiveTrader
from simulators.okx_account import SPOT, SWAP

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("no_answer", {}),
        ("tear", {}),
        ("error", {"status": 503, "body": ""}),
        ("error", {"status": 429, "body": '{"code": "50011", "msg": "Too Many Requests", "data": []}'}),
        ("error", {"status": 500, "body": '{"code": "51603", "msg": "Order does not exist", "data": []}'}),
        ("error", {"status": 200, "body": '{"code": "0", "msg": "", "data": []}'}),
        ("error", {"status": 200, "body": '{"code": "50026", "msg": "System error.", "data": []}'}),
        ("error", {"status": 200, "body": "[]"}),
        ("error", {"status": 200, "body": "not JSON"}),
    ],
)
async def test_no_answer_is_never_none(trader: LiveTrader, kind: str, fields: dict[str, object]) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault("GET /api/v5/trade/order", kind, **fields)
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(client_order_id))


async def test_more_trades_than_a_page_holds_are_all_listed(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.255")
    await trader.venue.command("fill_often", client_order_id=client_order_id, quantity="0.001", times=254)
    await trader.fills(client_order_id, 254)
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert len({fill.trade_id for fill in evidence.fills}) == 254
    first = min(fill.venue_time_ns for fill in evidence.fills)
    listed = [one for one in await trader.session.fills_since(first) if one.client_order_id == client_order_id]
    assert {fill.trade_id for fill in listed} == {fill.trade_id for fill in evidence.fills}
    assert len(listed) == 254


async def test_more_open_orders_than_a_page_holds_are_all_listed(trader: LiveTrader) -> None:
    resting = []
    for _ in range(5):
        some = [await trader.send(trader.order(quantity="0.001")) for _ in range(21)]
        for one in some:
            await trader.status(one, VenueOrderStatus.ACCEPTED)
        resting += some
    assert sorted(one.client_order_id for one in await trader.session.open_orders()) == sorted(resting)


async def test_a_page_that_never_comes_makes_the_others_worthless(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.200")
    await trader.venue.command("fill_often", client_order_id=client_order_id, quantity="0.001", times=120)
    (*_, last) = await trader.fills(client_order_id, 120)
    path = "GET /api/v5/trade/fills"
    await trader.venue.fault(path, "delay", delay_ms=0)
    await trader.venue.fault(path, "error", status=503, body="", times=20)
    with pytest.raises(VenueUnavailableError):
        await trader.session.fills_since(last.venue_time_ns - 60_000_000_000)


async def test_old_trades_are_asked_for_where_the_venue_keeps_them(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, quantity="0.002"))
    (fill,) = await trader.fills(client_order_id, 1)
    week_ns = 7 * 24 * 3_600_000_000_000
    assert fill in await trader.session.fills_since(fill.venue_time_ns - week_ns)
    asked = [one["path"] for one in await trader.venue.look("requests")]
    assert "/api/v5/trade/fills-history" in asked


async def test_spot_is_told_as_balances_and_as_no_position(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.BUY, "0.25", None, instrument=SPOT))
    await trader.fills(client_order_id, 1)
    balances = await trader.session.balances()
    assert balances is not None
    coins = {one.currency: one for one in balances}
    held = (await trader.venue.look("orders"))["coins"]["main"]["BTC"]
    assert coins[Currency("BTC")].total == Decimal(held)
    positions = await trader.session.positions()
    assert positions is not None
    assert SPOT not in {one.instrument for one in positions}


async def test_positions_and_balances_are_the_venues(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "0.007", None))
    await trader.fills(client_order_id, 1)
    held = (await trader.venue.look("orders"))["positions"]["main"]["BTC-USDT-SWAP"]
    positions = await trader.session.positions()
    assert positions is not None
    assert [one.quantity for one in positions if one.instrument == SWAP] == [Decimal(held)]
    balances = await trader.session.balances()
    assert balances is not None
    balance = next(one for one in balances if one.currency == Currency("USDT"))
    assert 0 < balance.free < balance.total
