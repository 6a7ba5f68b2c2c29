"""Direct questions to a simulated Bybit: silence is told from "none", and partial pages teach nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import VenueOrderStatus
from ports.values import ClientOrderId, Currency, Side

from simulators.bybit_trader import BTC, BybitTrader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_order_that_was_never_there_is_none(trader: BybitTrader) -> None:
    assert await trader.session.query(trader.question(ClientOrderId("never-there"))) is None


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


async def test_an_order_of_another_life_is_told_with_its_trades(trader: BybitTrader) -> None:
    """As after a restart: the session never heard of it."""
    by_hand = await trader.venue.command(
        "hand", symbol="BTCUSDT", side="BUY", quantity="0.004", price="59000", client_order_id="an-earlier-life"
    )
    await trader.session.disconnect()
    await trader.venue.command("fill", client_order_id=by_hand["clientOrderId"], quantity="0.001")
    await trader.connect()
    evidence = await trader.session.query(trader.question(by_hand["clientOrderId"]))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.ACCEPTED
    assert evidence.status.filled_quantity == Decimal("0.001")
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.001")]


async def test_trades_that_do_not_add_up_to_the_order_teach_nothing(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    (fill,) = await trader.fills(client_order_id, 1)
    await trader.venue.command("hide_trades", trade_ids=[fill.trade_id])
    with pytest.raises(VenueUnavailableError, match="does not add up"):
        await trader.session.query(trader.question(client_order_id))


async def test_open_orders_are_all_those_of_the_account(trader: BybitTrader) -> None:
    assert list(await trader.session.open_orders()) == []
    ours = await trader.rest()
    by_hand = await trader.venue.command("hand", symbol="ETHUSDT", side="BUY", quantity="1.00", price="2500.00")
    listed = {one.client_order_id: one for one in await trader.session.open_orders()}
    assert set(listed) == {ours, by_hand["clientOrderId"]}
    assert listed[ours].instrument == BTC


async def test_silence_about_open_orders_is_not_none(trader: BybitTrader) -> None:
    await trader.venue.fault("GET /v5/order/realtime", "error", status=503, body="", times=3)
    with pytest.raises(VenueUnavailableError):
        await trader.session.open_orders()


async def test_fills_since_are_those_of_the_stream_under_the_same_ids(trader: BybitTrader) -> None:
    first = await trader.send(trader.order(Side.SELL, "0.002", None))
    (before,) = await trader.fills(first, 1)
    second = await trader.send(trader.order(Side.BUY, "0.003", None))
    (after,) = await trader.fills(second, 1)
    since = await trader.session.fills_since(before.venue_time_ns)
    assert [one for one in since if one.client_order_id in (first, second)] == [before, after]
    assert await trader.session.fills_since(after.venue_time_ns + 3_600_000_000_000) == ()


async def test_fills_of_a_life_before_carry_their_client_order_ids(trader: BybitTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, quantity="0.002"))
    (fill,) = await trader.fills(client_order_id, 1)
    await trader.session.disconnect()
    await trader.connect()  # a new connection remembers no order
    assert fill in await trader.session.fills_since(fill.venue_time_ns)


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


async def test_an_instrument_that_is_not_listed_is_no_question(trader: BybitTrader) -> None:
    doge = InstrumentKey("BYBIT:PERPETUAL:DOGE-USDT@LIN")
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(ClientOrderId("x"), doge))
