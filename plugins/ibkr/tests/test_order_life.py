"""Orders of every kind of instrument at a simulated TWS: in the venue's own numbers, each trade once."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from ports.errors import NotSentError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.values import ClientOrderId, Money, OrderType, Price, Quantity, Side, TimeInForce

from simulators.ibkr.trader import CALL, EURO, FUND, FUTURE, SHARE, Connect, IbkrTrader, trouble_of


@pytest.mark.parametrize(
    ("instrument", "quantity", "price", "fee"),
    [
        (SHARE, "100", "180.01", "0.35"),
        (FUND, "1000", "500.01", "3.5"),
        (FUTURE, "150", "5000.25", "6.75"),  # three contracts of 50
        (CALL, "200", "12.55", "1.3"),  # two contracts of 100
        (EURO, "20000", "1.08005", "2"),
    ],
)
async def test_a_market_order_fills_in_units_of_the_instrument_and_pays_its_commission(
    trader: IbkrTrader, instrument: InstrumentKey, quantity: str, price: str, fee: str
) -> None:
    name = await trader.send(trader.order(quantity=quantity, price=None, instrument=instrument))
    (fill,) = await trader.fills(name, 1)
    assert (fill.quantity, fill.price, fill.side) == (Decimal(quantity), Decimal(price), Side.BUY)
    assert fill.fee == Money(Decimal(fee), instrument.quote)
    ended = await trader.status(name, VenueOrderStatus.FILLED)
    assert ended.filled_quantity == Decimal(quantity)
    positions = await trader.session.positions() or ()
    assert {one.instrument: one.quantity for one in positions} == {instrument: Decimal(quantity)}


async def test_parts_of_a_contract_are_never_sent(trader: IbkrTrader) -> None:
    with pytest.raises(NotSentError, match="lots of 50"):
        await trader.send(trader.order(quantity="75", price="4900", instrument=FUTURE))
    assert not [one for one in await trader.venue.look("requests") if one["clientOrderId"]]


@pytest.mark.parametrize("splits", [True, False])
async def test_parts_of_shares_are_traded_where_the_account_may(connect: Connect, splits: bool) -> None:
    trader = await connect(instruments=SHARE)
    await trader.session.disconnect()
    await trader.venue.command("set", splits_shares=splits)
    (share,) = await trader.session.connect(trader.inbox, trader.inbox)
    assert share.lot_size == (Decimal("0.0001") if splits else 1)
    order = trader.order(quantity="0.5", price=None)
    if not splits:
        with pytest.raises(NotSentError, match="lots of 1"):
            await trader.send(order)
        return
    (fill,) = await trader.fills(await trader.send(order), 1)
    assert fill.quantity == Decimal("0.5")


@pytest.mark.parametrize(
    ("kind", "trigger", "price"),
    [
        (OrderType.STOP_MARKET, "181", None),
        (OrderType.STOP_LIMIT, "181", "182"),
        (OrderType.MARKET_IF_TOUCHED, "179", None),
        (OrderType.LIMIT_IF_TOUCHED, "179", "180"),
    ],
)
async def test_an_order_with_a_trigger_waits_at_the_venue_itself(
    trader: IbkrTrader, kind: OrderType, trigger: str, price: str | None
) -> None:
    order = replace(trader.order(quantity="10", price=price), order_type=kind, trigger_price=Price(Decimal(trigger)))
    name = await trader.send(order)
    await trader.status(name, VenueOrderStatus.ACCEPTED)
    rises = kind in (OrderType.STOP_MARKET, OrderType.STOP_LIMIT)
    bid, ask = ("181.40", "181.50") if rises else ("178.40", "178.50")
    await trader.venue.command("quote", symbol="265598", bid=bid, ask=ask)
    (fill,) = await trader.fills(name, 1)
    assert fill.price == Decimal(ask)


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.GTD])
async def test_what_is_left_when_its_time_is_over_is_canceled(trader: IbkrTrader, tif: TimeInForce) -> None:
    await trader.venue.command("quote", symbol="265598", bid="179.99", ask="180.01", ask_size="40")
    order = trader.order(quantity="100", price="180.01", tif=tif)
    if tif is TimeInForce.GTD:
        order = replace(order, expire_time_ns=1_000_000_000)
    ended = await trader.status(await trader.send(order), VenueOrderStatus.CANCELED)
    assert ended.filled_quantity == 40
    assert "202" in ended.reason


@pytest.mark.parametrize(
    "changed",
    [
        {"post_only": True},
        {"time_in_force": TimeInForce.DAY},
        {"client_order_id": ClientOrderId("x" * 41)},
        {"order_type": OrderType.TRAILING_STOP, "price": None},
        {"instrument": InstrumentKey("IBKR:EQUITY:MSFT-USD")},
        {"price": Price(Decimal("170.001"))},
    ],
)
async def test_what_the_venue_could_not_take_never_leaves(trader: IbkrTrader, changed: dict[str, object]) -> None:
    with pytest.raises(NotSentError):
        await trader.session.send(replace(trader.order(quantity="10"), **changed))  # type: ignore[arg-type]  # as given
    assert not [one for one in await trader.venue.look("requests") if one["clientOrderId"]]


async def test_a_warning_is_no_rejection(trader: IbkrTrader) -> None:
    name = await trader.rest(quantity="10")
    number = next(one["fields"][1] for one in await trader.venue.look("requests") if one["clientOrderId"] == name)
    for code in (399, 404, 2109, 10349, 321, 110):
        await trader.venue.command("say", number=number, code=code, text="Order Message: it will be held")
    await trader.venue.command("fill", client_order_id=name, quantity="10")
    await trader.status(name, VenueOrderStatus.FILLED)
    assert [one.status for one in trader.inbox.of(name) if isinstance(one, OrderStatusReport)] == ["ACCEPTED", "FILLED"]


async def test_what_is_refused_is_rejected_in_the_venues_own_words(trader: IbkrTrader) -> None:
    name = await trader.send(trader.order(quantity="9000000"))
    rejected = await trader.status(name, VenueOrderStatus.REJECTED)
    assert "201 Order rejected" in rejected.reason
    assert await trader.evidence(name) is None


async def test_a_commission_that_comes_late_is_waited_for(trader: IbkrTrader) -> None:
    await trader.venue.command("commissions", held=True)
    name = await trader.rest(quantity="10")
    await trader.venue.command("fill", client_order_id=name, quantity="10")
    await trader.venue.command("commissions", held=False)
    (fill,) = await trader.fills(name, 1)
    assert fill.fee == Money(Decimal("0.35"), SHARE.quote)
    kinds = [type(one) for one in trader.inbox.of(name)]
    assert kinds == [OrderStatusReport, FillReport, OrderStatusReport]


async def test_a_trade_without_commission_is_told_in_the_end_and_again_when_that_comes(connect: Connect) -> None:
    trader = await connect(commission_s="0.05")
    await trader.venue.command("commissions", held=True)
    name = await trader.rest(quantity="10")
    await trader.venue.command("fill", client_order_id=name, quantity="10")
    (fill,) = await trader.fills(name, 1)
    assert fill.fee == Money(Decimal(0), SHARE.quote)
    assert "has not come" in trouble_of(trader)
    assert (await trader.evidence(name)).fills == (fill,)
    await trader.venue.command("commissions", held=False)
    again = (await trader.fills(name, 2))[1]
    assert again == replace(fill, fee=Money(Decimal("0.35"), SHARE.quote), revision=fill.revision + 1)
    assert trouble_of(trader) == ""


async def test_a_corrected_trade_is_told_again_under_its_name_by_stream_answer_and_list(
    trader: IbkrTrader,
) -> None:
    name = await trader.rest(quantity="10")
    await trader.venue.command("fill", client_order_id=name, quantity="10")
    (before,) = await trader.fills(name, 1)
    await trader.venue.command("correct", client_order_id=name, price="169.5")
    corrected = (await trader.fills(name, 2))[1]
    assert corrected == replace(before, price=Price(Decimal("169.5")), revision=before.revision + 2)
    assert (await trader.evidence(name)).fills == (corrected,)
    later = await trader.session.fills_since(time.time_ns() + 10**12)
    assert later == (replace(corrected, corrects_only=True),)


async def test_tws_says_what_margin_an_order_would_need_and_places_nothing(trader: IbkrTrader) -> None:
    order = trader.order(quantity="10")
    margin = await trader.session.margin(order)  # type: ignore[attr-defined]  # what this venue adds to a session
    assert (margin.currency, margin.before, margin.needed, margin.has) == ("USD", 0, 425, 10_000_000)
    await trader.venue.command("set", margin_times="1." + 20 * "0")  # as many zeros end each sum then
    assert await trader.session.margin(order) == margin  # type: ignore[attr-defined]  # as above
    await trader.venue.command("set", margin_times="100000")
    assert not (await trader.session.margin(order)).is_enough  # type: ignore[attr-defined]  # as above
    assert not await trader.venue.orders(order.client_order_id)


async def test_a_margin_that_tws_does_not_say_is_no_margin(connect: Connect) -> None:
    trader = await connect(answer_s="0.3")
    await trader.venue.fault("placeOrder", "no_answer", late=False)
    with pytest.raises(VenueUnavailableError, match="did not answer"):
        await trader.session.margin(trader.order())  # type: ignore[attr-defined]  # what this venue adds to a session
    await trader.venue.fault("placeOrder", "error", status=201, body="Order rejected - reason:No trading", late=False)
    with pytest.raises(NotSentError, match="TWS would refuse it: 201 Order rejected"):
        await trader.session.margin(trader.order())  # type: ignore[attr-defined]  # as above


async def test_a_display_size_is_counted_in_contracts(trader: IbkrTrader) -> None:
    order = replace(
        trader.order(quantity="500", price="4900", instrument=FUTURE), display_quantity=Quantity(Decimal(100))
    )
    name = await trader.send(order)
    await trader.status(name, VenueOrderStatus.ACCEPTED)
    (asked,) = [one["fields"] for one in await trader.venue.look("requests") if one["clientOrderId"] == name]
    assert (asked[17], asked[31]) == ("10", "2")
