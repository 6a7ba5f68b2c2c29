"""Direct questions to a simulated Bybit: silence is told from "none", and partial pages teach nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import VenueUnavailableError
from ports.reports import VenueOrderStatus
from ports.values import Currency, Side

from simulators.bybit_trader import BTC, BybitTrader

pytestmark = pytest.mark.asyncio(loop_scope="module")


EMPTY = '{"retCode": 0, "retMsg": "OK", "result": {"list": []}}'
NO_ANSWERS = [
    ("no_answer", {}),
    ("tear", {}),
    ("error", {"status": 503, "body": ""}),
    ("error", {"status": 503, "body": EMPTY}),
    ("error", {"status": 200, "body": '{"retCode": 10006, "retMsg": "Too many visits."}'}),
    ("error", {"status": 200, "body": '{"retCode": 10016, "retMsg": "Server error.", "result": {"list": []}}'}),
    ("error", {"status": 200, "body": "[]"}),
    ("error", {"status": 200, "body": '{"retCode": 0, "retMsg": "OK", "result": {}}'}),
    ("error", {"status": 200, "body": '{"retCode": 0, "retMsg": "OK", "result": {"list": [{"symbol": "BTCUSDT"}]}}'}),
    ("error", {"status": 200, "body": "not JSON"}),
]


@pytest.mark.parametrize(("kind", "fields"), NO_ANSWERS)
async def test_no_answer_is_never_none(trader: BybitTrader, kind: str, fields: dict[str, object]) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault("GET /v5/order/realtime", kind, times=3, only=client_order_id, **fields)
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(client_order_id))


async def test_an_order_is_unknown_only_where_the_history_says_so_too(trader: BybitTrader) -> None:
    """After a restart of the venue, orders that are over are in its history alone."""
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    await trader.venue.fault("GET /v5/order/realtime", "error", status=200, body=EMPTY, only=client_order_id)
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.CANCELED
    await trader.venue.fault("GET /v5/order/realtime", "error", status=200, body=EMPTY, only=client_order_id)
    await trader.venue.fault("GET /v5/order/history", "error", status=503, body="", only=client_order_id)
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(client_order_id))


async def test_more_trades_than_a_page_holds_are_all_listed(trader: BybitTrader) -> None:
    client_order_id = await trader.rest(quantity="0.305")
    for _ in range(3):
        await trader.venue.command("fill_often", client_order_id=client_order_id, quantity="0.001", times=101)
    await trader.fills(client_order_id, 303)
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert len({fill.trade_id for fill in evidence.fills}) == 303
    first = min(fill.venue_time_ns for fill in evidence.fills)
    listed = [one for one in await trader.session.fills_since(first) if one.client_order_id == client_order_id]
    assert {fill.trade_id for fill in listed} == {fill.trade_id for fill in evidence.fills}
    assert len(listed) == 303


async def test_positions_and_balances_are_the_venues(trader: BybitTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "1.007", None))
    await trader.fills(client_order_id, 1)
    held = (await trader.venue.look("orders"))["positions"]["main"]["BTCUSDT"]
    assert Decimal(held) < 0  # short, so that the sign counts
    positions = await trader.session.positions()
    assert positions is not None
    assert [one.quantity for one in positions if one.instrument == BTC] == [Decimal(held)]
    balances = await trader.session.balances()
    assert balances is not None
    (balance,) = balances
    assert balance.currency == Currency("USDT")
    assert 0 < balance.free < balance.total
