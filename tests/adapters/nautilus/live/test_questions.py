"""Direct questions to simulated venues: silence is told from "none", and partial pages teach nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import VenueOrderStatus
from ports.values import ClientOrderId, Currency, Side

from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def test_an_order_that_was_never_there_is_none(trader: LiveTrader) -> None:
    assert await trader.session.query(trader.question(ClientOrderId("neverthere"))) is None


@AT_BINANCE
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("no_answer", {}),
        ("tear", {}),
        ("error", {"status": 503, "body": ""}),
        ("error", {"status": 429, "body": '{"code": -1003, "msg": "Too many requests."}'}),
        ("error", {"status": 500, "body": '{"code": -2013, "msg": "Order does not exist."}'}),
        ("error", {"status": 200, "body": "[]"}),
        ("error", {"status": 200, "body": "not JSON"}),
    ],
)
async def test_no_answer_is_never_none(trader: LiveTrader, kind: str, fields: dict[str, object]) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.query, kind, **fields)
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(client_order_id))


async def test_an_order_of_another_life_is_told_with_its_trades(trader: LiveTrader) -> None:
    """As after a restart: the session never heard of it."""
    by_hand = await trader.venue.command(
        "hand", symbol=trader.site.symbol, side="BUY", quantity="0.004", price="59000", client_order_id="anearlierlife"
    )
    await trader.session.disconnect()
    await trader.venue.command("fill", client_order_id=by_hand["clientOrderId"], quantity="0.001")
    await trader.connect()
    evidence = await trader.session.query(trader.question(by_hand["clientOrderId"]))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.ACCEPTED
    assert evidence.status.filled_quantity == Decimal("0.001")
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.001")]


async def test_trades_that_do_not_add_up_to_the_order_teach_nothing(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    (fill,) = await trader.fills(client_order_id, 1)
    await trader.venue.command("hide_trades", trade_ids=[fill.trade_id])
    with pytest.raises(VenueUnavailableError, match="does not add up"):
        await trader.session.query(trader.question(client_order_id))


async def test_open_orders_are_all_those_of_the_account(trader: LiveTrader) -> None:
    assert list(await trader.session.open_orders()) == []
    ours, ether = await trader.rest(), trader.site.symbol.replace("BTC", "ETH")
    by_hand = await trader.venue.command("hand", symbol=ether, side="BUY", quantity="1.00", price="2500.00")
    listed = {one.client_order_id: one for one in await trader.session.open_orders()}
    assert set(listed) == {ours, by_hand["clientOrderId"]}
    assert listed[ours].instrument == trader.site.btc


async def test_silence_about_open_orders_is_not_none(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.open_orders, "error", status=503, body="", times=3)
    with pytest.raises(VenueUnavailableError):
        await trader.session.open_orders()


async def test_fills_since_are_those_of_the_stream_under_the_same_ids(trader: LiveTrader) -> None:
    first = await trader.send(trader.order(Side.SELL, "0.002", None))
    (before,) = await trader.fills(first, 1)
    second = await trader.send(trader.order(Side.BUY, "0.003", None))
    (after,) = await trader.fills(second, 1)
    since = await trader.session.fills_since(before.venue_time_ns)
    assert [one for one in since if one.client_order_id in (first, second)] == [before, after]
    assert await trader.session.fills_since(after.venue_time_ns + 3_600_000_000_000) == ()


async def test_fills_of_a_life_before_carry_their_client_order_ids(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, quantity="0.002"))
    (fill,) = await trader.fills(client_order_id, 1)
    await trader.session.disconnect()
    await trader.connect()  # a new connection remembers no order
    assert fill in await trader.session.fills_since(fill.venue_time_ns)


@AT_BINANCE
async def test_more_trades_than_a_page_holds_are_all_listed(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="2.005")
    for _ in range(3):
        await trader.venue.command("fill_often", client_order_id=client_order_id, quantity="0.001", times=668)
    await trader.fills(client_order_id, 2_004)
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert len({fill.trade_id for fill in evidence.fills}) == 2_004
    first = min(fill.venue_time_ns for fill in evidence.fills)
    listed = [one for one in await trader.session.fills_since(first) if one.client_order_id == client_order_id]
    assert {fill.trade_id for fill in listed} == {fill.trade_id for fill in evidence.fills}
    assert len(listed) == 2_004


@AT_BINANCE
async def test_positions_and_balances_are_the_venues(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "0.007", None))
    await trader.fills(client_order_id, 1)
    held = (await trader.venue.look("orders"))["positions"]["main"]["BTCUSDT"]
    positions = await trader.session.positions()
    if trader.site.has_positions:
        assert positions is not None
        assert [one.quantity for one in positions if one.instrument == trader.site.btc] == [Decimal(held)]
    else:
        assert positions is None
    await trader.rest()
    balances = {one.currency: one for one in await trader.session.balances() or ()}
    money = balances[Currency("USDT")]
    assert 0 < money.free < money.total
    coins = {str(currency): one.total for currency, one in balances.items() if currency != "USDT"}
    assert coins == {} if trader.site.has_positions else coins["BTC"] == 100 + Decimal(held)


async def test_an_instrument_that_is_not_listed_is_no_question(trader: LiveTrader) -> None:
    doge = InstrumentKey(trader.site.btc.replace("BTC", "DOGE"))
    with pytest.raises(VenueUnavailableError):
        await trader.session.query(trader.question(ClientOrderId("x"), doge))
