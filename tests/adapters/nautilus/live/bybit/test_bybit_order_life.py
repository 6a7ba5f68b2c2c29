"""Orders of every kind at a simulated Bybit: what the session reports, and how often the venue was asked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.reports import FillReport, VenueOrderStatus
from ports.values import Currency, Liquidity, Money, Side, TimeInForce

from simulators.bybit_trader import ETH, BybitTrader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_market_order_brings_its_trade_exactly_as_the_venue_counts_it(trader: BybitTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "0.003", None))
    (fill,) = await trader.fills(client_order_id, 1)
    (trade,) = [one for one in await trader.venue.trades() if one["id"] == fill.trade_id]
    assert (fill.quantity, fill.price) == (Decimal("0.003"), Decimal(60000))
    assert fill.fee == Money(Decimal(trade["commission"]), Currency("USDT"))
    assert (fill.side, fill.liquidity) == (Side.SELL, Liquidity.TAKER)
    assert fill.venue_time_ns == trade["time"] * 1_000_000


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"quantity": "2000", "price": "59000"}, "10001"),
        ({"quantity": "0.01", "price": "150", "instrument": ETH}, "110094"),
        ({"quantity": "900", "price": "59000"}, "110007"),
    ],
)
async def test_what_the_venue_refuses_is_rejected_in_its_own_words(
    trader: BybitTrader, fields: dict[str, object], code: str
) -> None:
    await trader.venue.command("forget")  # what would close a position needs no money
    client_order_id = await trader.send(trader.order(**fields))  # type: ignore[arg-type]  # written above
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert code in report.reason
    assert await trader.venue.orders(client_order_id) == []


async def test_a_fill_or_kill_that_cannot_fill_ends_without_a_trade(trader: BybitTrader) -> None:
    order = trader.order(price="60000.1", quantity="1.000", tif=TimeInForce.FOK)
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60000", ask="60000.1", ask_size="0.500")
    client_order_id = await trader.send(order)
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert (report.filled_quantity, report.reason) == (Decimal(0), "Cancelled, EC_NoEnoughQtyToFill")


async def test_a_post_only_order_that_would_take_ends_in_the_venues_words(trader: BybitTrader) -> None:
    client_order_id = await trader.send(trader.order(price="60000.1", post_only=True))
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert report.reason == "Cancelled, EC_PostOnlyWillTakeLiquidity"


async def test_amended_terms_are_told_once_the_venue_works_with_them(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.amend(client_order_id, "0.012", "58999.9")
    report = await trader.amended(client_order_id)
    assert (report.quantity, report.price) == (Decimal("0.012"), Decimal("58999.9"))
    (order,) = await trader.venue.orders(client_order_id)
    assert (order["origQty"], order["price"]) == ("0.012", "58999.90")


@pytest.mark.parametrize("kept_back", [0, 1])
async def test_an_amend_that_crosses_the_market_is_told_before_its_trade(trader: BybitTrader, kept_back: int) -> None:
    """Trades tell the terms, too: else an order would seem to have filled more than it was for."""
    client_order_id = await trader.rest()
    await trader.venue.fault("order", "drop", execution="AMENDED", times=kept_back)
    await trader.amend(client_order_id, "0.012", "60000.1")
    (fill,) = await trader.fills(client_order_id, 1)
    told = trader.inbox.of(client_order_id)
    assert told.index(await trader.amended(client_order_id)) < told.index(fill)
    assert fill.quantity == Decimal("0.012")


async def test_an_amend_of_what_is_over_is_refused_in_the_venues_words(trader: BybitTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, quantity="0.002"))
    await trader.status(client_order_id, VenueOrderStatus.FILLED)
    await trader.amend(client_order_id, "0.012", "58999.9")
    assert "110001" in (await trader.amend_refused(client_order_id)).reason


async def test_an_amend_without_answer_is_not_sent_again(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault("WS order.amend", "no_answer")
    await trader.amend(client_order_id, "0.012", "58999.9")
    assert (await trader.amended(client_order_id)).quantity == Decimal("0.012")  # by the stream
    asked = [one for one in await trader.venue.look("requests") if one["path"] == "order.amend"]
    assert [one["clientOrderId"] for one in asked].count(client_order_id) == 1


async def test_the_rest_of_an_immediate_order_is_taken_back(trader: BybitTrader) -> None:
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60000", ask="60000.1", ask_size="0.004")
    client_order_id = await trader.send(trader.order(price="60000.1", tif=TimeInForce.IOC))
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.004")
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert report.filled_quantity == Decimal("0.004")
    told = trader.inbox.of(client_order_id)
    assert told.index(fill) < told.index(report)


@pytest.mark.parametrize(
    "fields",
    [
        {"price": "59000.05"},
        {"quantity": "0.0005"},
        {"client_order_id": "a client order id with blanks"},
        {"client_order_id": "x" * 37},
        {"client_order_id": "a.client:order/id"},
        {"tif": TimeInForce.GTD, "expire_time_ns": 1_900_000_000_000_000_000},
        {"tif": TimeInForce.FOK, "price": None},
    ],
)
async def test_what_the_venue_could_not_take_never_leaves(trader: BybitTrader, fields: dict[str, object]) -> None:
    order = trader.order(**fields)  # type: ignore[arg-type]  # written above
    with pytest.raises(NotSentError):
        await trader.session.send(order)
    assert await trader.venue.times_asked(order.client_order_id) == 0


async def test_a_second_instrument_trades_at_its_own_steps(trader: BybitTrader) -> None:
    order = trader.order(quantity="1.00", price="2599.99", instrument=ETH)
    await trader.send(order)
    await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
    await trader.venue.command("fill", client_order_id=order.client_order_id, quantity="1.00")
    (fill,) = await trader.fills(order.client_order_id, 1)
    assert isinstance(fill, FillReport)
    assert (fill.instrument, fill.price) == (ETH, Decimal("2599.99"))
