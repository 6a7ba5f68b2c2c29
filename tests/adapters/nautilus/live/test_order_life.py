"""Orders of every kind at a simulated Binance: what the session reports, and how often the venue was asked."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.reports import CancelRefused, FillReport, OrderOutcomeUnknown, OrderStatusReport, VenueOrderStatus
from ports.values import Currency, Liquidity, Money, Side, TimeInForce

from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def test_an_order_that_rests_is_accepted_once_though_answer_and_stream_both_say_so(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    barrier = await trader.rest()  # whatever else was under way has come by now
    assert barrier
    said = [one for one in trader.inbox.of(client_order_id) if isinstance(one, OrderStatusReport)]
    assert [one.status for one in said] == [VenueOrderStatus.ACCEPTED, VenueOrderStatus.CANCELED]
    (order,) = await trader.venue.orders(client_order_id)
    assert (said[0].instrument, said[0].venue_order_id) == (trader.site.btc, str(order["orderId"]))
    assert await trader.venue.times_asked(client_order_id) == 1


@AT_BINANCE
async def test_a_market_order_brings_its_trade_exactly_as_the_venue_counts_it(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "0.003", None))
    (fill,) = await trader.fills(client_order_id, 1)
    (trade,) = [one for one in await trader.venue.trades() if one["id"] == int(fill.trade_id)]
    assert (fill.quantity, fill.price) == (Decimal("0.003"), Decimal(60000))
    assert fill.fee == Money(Decimal(trade["commission"]), Currency(trade["commissionAsset"]))
    assert (fill.side, fill.liquidity) == (Side.SELL, Liquidity.TAKER)
    assert fill.venue_time_ns == trade["time"] * 1_000_000


async def test_a_resting_order_fills_in_parts_as_a_maker(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.010")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    fills = await trader.fills(client_order_id, 2)
    assert [fill.quantity for fill in fills] == [Decimal("0.004"), Decimal("0.006")]
    assert {fill.liquidity for fill in fills} == {Liquidity.MAKER}
    last = await trader.status(client_order_id, VenueOrderStatus.FILLED)
    assert last.filled_quantity == Decimal("0.010")


async def test_a_cancel_is_reported_with_what_was_filled_before(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.001")
    await trader.fills(client_order_id, 1)
    await trader.cancel(client_order_id)
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert report.filled_quantity == Decimal("0.001")


async def test_a_cancel_of_an_order_that_is_over_is_refused(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, quantity="0.002"))
    await trader.status(client_order_id, VenueOrderStatus.FILLED)
    await trader.cancel(client_order_id)
    refusal = await trader.report(client_order_id, CancelRefused)
    assert trader.site.codes["over"] in refusal.reason


async def test_a_cancel_never_overtakes_its_order(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.place, "delay", delay_ms=300, late=False)
    client_order_id = await trader.send(trader.order())
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert not [one for one in trader.inbox.of(client_order_id) if isinstance(one, CancelRefused)]


@AT_BINANCE
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"price": "60000.1", "post_only": True}, "post_only"),
        ({"quantity": "20000", "price": "59000"}, "too_large"),
        ({"quantity": "0.001", "price": "1000"}, "too_small"),
        ({"quantity": "900", "price": "59000"}, "no_money"),
    ],
)
async def test_what_the_venue_refuses_is_rejected_in_its_own_words(
    trader: LiveTrader, fields: dict[str, object], why: str
) -> None:
    client_order_id = await trader.send(trader.order(**fields))  # type: ignore[arg-type]  # written above
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert trader.site.codes[why] in report.reason
    assert await trader.venue.orders(client_order_id) == []


@AT_BINANCE
async def test_a_fill_or_kill_that_cannot_fill_is_over_at_once(trader: LiveTrader) -> None:
    order = trader.order(price="60000.1", quantity="1.000", tif=TimeInForce.FOK)
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60000", ask="60000.1", ask_size="0.500")
    client_order_id = await trader.send(order)
    if "unfillable" in trader.site.codes:
        report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
        assert trader.site.codes["unfillable"] in report.reason
    else:  # it comes into being there, and expires
        report = await trader.status(client_order_id, VenueOrderStatus.EXPIRED)
        assert report.filled_quantity == 0


@AT_BINANCE
async def test_the_rest_of_an_immediate_order_expires(trader: LiveTrader) -> None:
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60000", ask="60000.1", ask_size="0.004")
    client_order_id = await trader.send(trader.order(price="60000.1", tif=TimeInForce.IOC))
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.004")
    report = await trader.status(client_order_id, VenueOrderStatus.EXPIRED)
    assert report.filled_quantity == Decimal("0.004")


@AT_BINANCE
async def test_an_order_with_an_expiry_time_ends_when_the_venue_says_so(trader: LiveTrader) -> None:
    if TimeInForce.GTD not in trader.session.capabilities.orders.times_in_force:
        pytest.skip(f"{trader.session.venue} has none; that such an order never leaves is tested below")
    expiry_ns = (time.time_ns() // 1_000_000_000 + 3_600) * 1_000_000_000
    client_order_id = await trader.rest(tif=TimeInForce.GTD, expire_time_ns=expiry_ns)
    (order,) = await trader.venue.orders(client_order_id)
    assert order["goodTillDate"] * 1_000_000 == expiry_ns
    await trader.venue.command("expire", client_order_id=client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.EXPIRED)


@AT_BINANCE
@pytest.mark.parametrize(
    "fields",
    [
        {"price": "59000.005"},
        {"quantity": "0.000005"},
        {"client_order_id": "a client order id with blanks"},
        {"client_order_id": "x" * 37},
        {"client_order_id": "x/y:z{}"},
        {"tif": TimeInForce.GTD, "expire_time_ns": 1_900_000_000_500_000_000},
        {"tif": TimeInForce.GTD, "expire_time_ns": 1_900_000_000_000_000_000, "post_only": True},
    ],
)
async def test_what_the_venue_could_not_take_never_leaves(trader: LiveTrader, fields: dict[str, object]) -> None:
    order = trader.order(**fields)  # type: ignore[arg-type]  # written above
    with pytest.raises(NotSentError):
        await trader.session.send(order)
    assert await trader.venue.times_asked(order.client_order_id) == 0


async def test_an_id_that_was_sent_is_never_sent_again(trader: LiveTrader) -> None:
    order = trader.order()
    await trader.send(order)
    await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
    await trader.send(order)
    await trader.report(order.client_order_id, OrderOutcomeUnknown)
    assert await trader.venue.times_asked(order.client_order_id) == 1


@AT_BINANCE
async def test_a_second_instrument_trades_at_its_own_steps(trader: LiveTrader) -> None:
    order = trader.order(quantity="1.000", price="2599.99", instrument=trader.site.eth)
    await trader.send(order)
    await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
    await trader.venue.command("fill", client_order_id=order.client_order_id, quantity="1.000")
    (fill,) = await trader.fills(order.client_order_id, 1)
    assert isinstance(fill, FillReport)
    assert (fill.instrument, fill.price) == (trader.site.eth, Decimal("2599.99"))
