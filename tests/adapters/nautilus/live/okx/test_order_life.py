"""Orders of every kind at a simulated OKX: what the session reports, and how often the venue was asked."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from adapters.nautilus.live import LiveNode
from ports.errors import NotSentError
from ports.reports import AmendRefused, AmendReport, CancelRefused, FillReport, OrderOutcomeUnknown
from ports.reports import VenueOrderStatus as Status
from ports.requests import SendAmend
from ports.values import ClientOrderId, Currency, Liquidity, Money, Price, Quantity, Side, TimeInForce

from simulators.live_trader import SOON_S, LiveTrader
from simulators.okx_account import ETH_SWAP, SPOT, SWAP

pytestmark = pytest.mark.asyncio(loop_scope="module")


def amend_of(trader: LiveTrader, client_order_id: ClientOrderId, quantity: str, price: str) -> SendAmend:
    return SendAmend(
        account=trader.session.account,
        instrument=SWAP,
        client_order_id=client_order_id,
        venue_order_id=None,
        side=Side.BUY,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(price)),
    )


async def test_amounts_are_coins_here_and_contracts_at_the_venue(trader: LiveTrader) -> None:
    swap = await trader.rest(quantity="0.0123")
    ether = await trader.rest(quantity="1.234", price="2500", instrument=ETH_SWAP)
    assert [(await trader.venue.orders(one))[0]["sz"] for one in (swap, ether)] == ["1.23", "12.34"]
    await trader.venue.command("fill", client_order_id=swap, quantity="0.0023")
    (fill,) = await trader.fills(swap, 1)
    assert (fill.quantity, fill.price) == (Decimal("0.0023"), Decimal(59000))
    evidence = await trader.session.query(trader.question(swap))
    assert evidence is not None
    assert (evidence.status.quantity, evidence.status.filled_quantity) == (Decimal("0.0123"), Decimal("0.0023"))


async def test_a_market_order_brings_its_trade_exactly_as_the_venue_counts_it(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(Side.SELL, "0.003", None))
    (fill,) = await trader.fills(client_order_id, 1)
    (trade,) = [one for one in await trader.venue.trades() if one["tradeId"] == fill.trade_id]
    assert (fill.quantity, fill.price) == (Decimal("0.003"), Decimal(60000))
    assert fill.fee == Money(-Decimal(trade["fee"]), Currency("USDT"))
    assert fill.fee.amount > 0  # below zero is what the account paid, at the venue
    assert (fill.side, fill.liquidity) == (Side.SELL, Liquidity.TAKER)
    assert fill.venue_time_ns == int(trade["ts"]) * 1_000_000


async def test_a_market_buy_of_spot_counts_coins_and_pays_its_fee_in_coins(trader: LiveTrader) -> None:
    """The venue takes the size of such an order for money, unless it is told otherwise."""
    client_order_id = await trader.send(trader.order(Side.BUY, "0.5", None, instrument=SPOT))
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.5")
    assert fill.fee == Money(Decimal("0.0005"), Currency("BTC"))
    again = await trader.send(trader.order(Side.SELL, "0.4", None, instrument=SPOT))
    (fill,) = await trader.fills(again, 1)
    assert (fill.quantity, fill.fee.currency) == (Decimal("0.4"), "USDT")


async def test_neither_cancel_nor_amend_overtakes_its_order(trader: LiveTrader) -> None:
    await trader.venue.fault("WS order", "delay", delay_ms=300, late=False)
    client_order_id = await trader.send(trader.order())
    await trader.session.amend(amend_of(trader, client_order_id, "0.02", "58000"))
    await trader.report(client_order_id, AmendReport)
    await trader.venue.fault("WS order", "delay", delay_ms=300, late=False)
    client_order_id = await trader.send(trader.order())
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, Status.CANCELED)
    assert not [one for one in trader.inbox.of(client_order_id) if isinstance(one, CancelRefused)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"quantity": "2000000", "price": "59000"}, "51202"),
        ({"quantity": "900", "price": "59000"}, "51008"),
        ({"quantity": "2.5", "price": "59000", "side": Side.SELL, "instrument": SPOT}, "51008"),
    ],
)
async def test_what_the_venue_refuses_is_rejected_in_its_own_words(
    trader: LiveTrader, fields: dict[str, object], code: str
) -> None:
    await trader.venue.command("forget")  # what would close a position needs no money
    client_order_id = await trader.send(trader.order(**fields))  # type: ignore[arg-type]  # written above
    report = await trader.status(client_order_id, Status.REJECTED)
    assert code in report.reason
    assert await trader.venue.orders(client_order_id) == []


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"price": "60000.1", "post_only": True}, "31"),
        ({"price": "60000.1", "quantity": "1.000", "tif": TimeInForce.FOK}, "13"),
    ],
)
async def test_what_cannot_live_as_it_asks_is_taken_and_canceled_by_the_venue(
    trader: LiveTrader, fields: dict[str, object], source: str
) -> None:
    await trader.venue.command("quote", symbol="BTC-USDT-SWAP", bid="60000", ask="60000.1", ask_size="0.5")
    client_order_id = await trader.send(trader.order(**fields))  # type: ignore[arg-type]  # written above
    report = await trader.status(client_order_id, Status.CANCELED)
    assert report.filled_quantity == 0
    assert f"source {source}" in report.reason


async def test_the_rest_of_an_immediate_order_is_canceled(trader: LiveTrader) -> None:
    await trader.venue.command("quote", symbol="BTC-USDT-SWAP", bid="60000", ask="60000.1", ask_size="0.004")
    client_order_id = await trader.send(trader.order(price="60000.1", tif=TimeInForce.IOC))
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.004")
    report = await trader.status(client_order_id, Status.CANCELED)
    assert report.filled_quantity == Decimal("0.004")


async def test_an_immediate_market_order_is_one_at_the_venue(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None, tif=TimeInForce.IOC))
    await trader.status(client_order_id, Status.FILLED)
    (order,) = await trader.venue.orders(client_order_id)
    assert order["ordType"] == "optimal_limit_ioc"


@pytest.mark.parametrize(
    "fields",
    [
        {"price": "59000.05"},
        {"quantity": "0.00005"},
        {"client_order_id": "with-a-hyphen"},
        {"client_order_id": "x" * 33},
        {"tif": TimeInForce.GTD, "expire_time_ns": 1_900_000_000_000_000_000},
        {"price": None, "tif": TimeInForce.FOK},
        {"price": None, "tif": TimeInForce.IOC, "instrument": SPOT},
        {"tif": TimeInForce.IOC, "post_only": True},
    ],
)
async def test_what_the_venue_could_not_take_never_leaves(trader: LiveTrader, fields: dict[str, object]) -> None:
    order = trader.order(**fields)  # type: ignore[arg-type]  # written above
    with pytest.raises(NotSentError):
        await trader.session.send(order)
    assert await trader.venue.times_asked(order.client_order_id) == 0


# -- amends


async def test_an_amend_is_told_in_coins_and_the_order_fills_with_its_new_amount(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.010")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.session.amend(amend_of(trader, client_order_id, "0.025", "59500.5"))
    told = await trader.report(client_order_id, AmendReport)
    assert (told.quantity, told.price) == (Decimal("0.025"), Decimal("59500.5"))
    (order,) = await trader.venue.orders(client_order_id)
    assert (order["sz"], order["px"]) == ("2.5", "59500.5")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.021")
    done = await trader.status(client_order_id, Status.FILLED)
    assert done.filled_quantity == Decimal("0.025")
    fills = [one for one in trader.inbox.of(client_order_id) if isinstance(one, FillReport)]
    assert sum(one.quantity for one in fills) == Decimal("0.025")


async def test_an_amend_of_an_order_of_another_life_reaches_the_venue(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.command(
        "hand", symbol="BTC-USDT-SWAP", side="BUY", quantity="0.010", price="59000", client_order_id="life1"
    )
    await trader.connect()
    await trader.session.amend(amend_of(trader, ClientOrderId("life1"), "0.02", "58000"))
    told = await trader.report(ClientOrderId("life1"), AmendReport)
    assert (told.quantity, told.price) == (Decimal("0.02"), Decimal(58000))


async def test_an_amend_that_the_venue_gives_up_later_is_refused(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    (order,) = await trader.venue.orders(client_order_id)
    told = {name: value for name, value in order.items() if isinstance(value, str)}
    failed = {**told, "amendResult": "-1", "code": "51500", "msg": "Insufficient margin to amend."}
    message = {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [failed]}
    await trader.venue.command("tell", message=message)
    refused = await trader.report(client_order_id, AmendRefused)
    assert "51500" in refused.reason


async def test_an_amend_without_answer_settles_nothing(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault("POST /api/v5/trade/amend-order", "error", status=503, body="", late=False)
    await trader.session.amend(amend_of(trader, client_order_id, "0.02", "58000"))
    await trader.session.amend(amend_of(trader, client_order_id, "0.03", "57000"))
    told = await trader.report(client_order_id, AmendReport)
    assert told.quantity == Decimal("0.03")
    assert not [one for one in trader.inbox.of(client_order_id) if isinstance(one, AmendRefused)]


async def test_an_amend_off_the_steps_of_the_venue_never_leaves(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    with pytest.raises(NotSentError):
        await trader.session.amend(amend_of(trader, client_order_id, "0.01005", "58000.05"))


async def forgotten(node: LiveNode, client_order_id: str) -> None:
    """Wait until Nautilus holds an order no more; it announces that to nobody."""
    async with asyncio.timeout(SOON_S):
        while client_order_id in {order.client_order_id.value for order in node.kernel.cache.orders()}:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_an_order_that_nautilus_takes_for_rejected_is_canceled_all_the_same(
    trader: LiveTrader, node: LiveNode
) -> None:
    """To Nautilus every error is a rejection, and of a closed order it sends no cancel."""
    data = [{"ordId": "", "clOrdId": "$NAME", "sCode": "50004", "sMsg": "API endpoint request timeout"}]
    body = json.dumps({"id": "$ID", "op": "order", "code": "1", "msg": "", "data": data})
    await trader.venue.fault("WS order", "error", status=200, body=body)
    await trader.venue.fault("orders", "drop", execution="NEW")
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, Status.CANCELED)
    await forgotten(node, client_order_id)


async def test_orders_that_are_over_leave_nautilus_and_one_that_rests_stays(trader: LiveTrader, node: LiveNode) -> None:
    done = [await trader.send(trader.order(price=None, quantity="0.002")) for _ in range(5)]
    for one in done:
        await trader.fills(one, 1)
    resting = await trader.rest()
    for one in done:
        await forgotten(node, one)
    assert [order.client_order_id.value for order in node.kernel.cache.orders()] == [resting]
