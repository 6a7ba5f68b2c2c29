"""Amends at a real sandbox: what the venue works an order with, and what it says when it would not."""

from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.reports import AmendRefused, AmendReport, FillReport, OrderStatusReport, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import Liquidity

from fakes.paper_trader import Trader

pytestmark = pytest.mark.asyncio(loop_scope="module")


def amended(trader: Trader) -> list[tuple[Decimal, Decimal]]:
    """Quantity and price of every amend that was told."""
    return [(report.quantity, report.price) for report in trader.reports if isinstance(report, AmendReport)]


def refusals(trader: Trader) -> list[AmendRefused]:
    return [report for report in trader.reports if isinstance(report, AmendRefused)]


async def works_with(trader: Trader, order: SendOrder) -> tuple[VenueOrderStatus, Decimal | None, Decimal | None]:
    evidence = await trader.session.query(trader.ask(order.client_order_id))
    assert evidence is not None
    return evidence.status.status, evidence.status.quantity, evidence.status.price


async def test_an_amended_order_rests_at_its_new_price_and_fills_there_whole(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59000")
    await trader.amend(sent, "0.5", "59990")
    assert [type(report) for report in trader.reports] == [OrderStatusReport, AmendReport]
    assert amended(trader) == [(Decimal("0.5"), Decimal(59990))]
    assert await works_with(trader, sent) == (VenueOrderStatus.ACCEPTED, Decimal("0.5"), Decimal(59990))
    trader.show("59985", "59989")
    [fill] = trader.fills
    assert (fill.client_order_id, fill.quantity, fill.price) == (sent.client_order_id, Decimal("0.5"), Decimal(59990))
    assert fill.liquidity is Liquidity.MAKER
    assert (await works_with(trader, sent))[0] is VenueOrderStatus.FILLED


async def test_the_amend_names_the_order_as_its_acceptance_did(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59000")
    await trader.amend(sent, "0.3", "59001")
    status, report = trader.reports
    assert isinstance(status, OrderStatusReport)
    assert isinstance(report, AmendReport)
    assert (report.account, report.instrument) == (trader.session.account, trader.instrument)
    assert (report.client_order_id, report.venue_order_id) == (sent.client_order_id, status.venue_order_id)
    assert report.venue_time_ns >= status.venue_time_ns > 0


async def test_an_order_that_is_amended_through_the_market_takes_it(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59000")
    await trader.amend(sent, "0.3", "60005")
    assert [type(report) for report in trader.reports] == [OrderStatusReport, AmendReport, FillReport]
    assert (trader.traded, trader.fills[0].liquidity) == ([("0.3", "60001")], Liquidity.TAKER)


async def test_a_lowered_quantity_is_what_fills(trader: Trader) -> None:
    sent = await trader.send("SELL", "0.5", "61000")
    await trader.amend(sent, "0.2", "61000")
    trader.show("61001", "61002")
    assert trader.traded == [("0.2", "61000")]
    assert (await works_with(trader, sent))[:2] == (VenueOrderStatus.FILLED, Decimal("0.2"))


async def test_the_quantity_counts_what_is_filled_already(trader: Trader) -> None:
    sent = await trader.send("BUY", "1.5", "60001")
    assert trader.traded == [("1", "60001")]
    await trader.amend(sent, "1.2", "60000.5")
    assert amended(trader) == [(Decimal("1.2"), Decimal("60000.5"))]
    trader.show("59000", "60000")
    assert trader.traded == [("1", "60001"), ("0.2", "60000.5")]
    assert (await works_with(trader, sent))[0] is VenueOrderStatus.FILLED


async def test_an_amend_below_what_is_filled_is_refused_and_the_order_works_on(trader: Trader) -> None:
    sent = await trader.send("BUY", "1.5", "60001")
    await trader.amend(sent, "0.9", "60001")
    [refusal] = refusals(trader)
    assert (refusal.account, refusal.client_order_id) == (trader.session.account, sent.client_order_id)
    assert refusal.reason
    assert amended(trader) == []
    assert await works_with(trader, sent) == (VenueOrderStatus.ACCEPTED, Decimal("1.5"), Decimal(60001))
    trader.show("59990", "59995")
    assert trader.traded == [("1", "60001"), ("0.5", "60001")]


@pytest.mark.parametrize("end", ["filled", "canceled", "never sent"])
async def test_an_amend_of_what_does_not_work_is_refused_with_the_reason(trader: Trader, end: str) -> None:
    sent = await trader.send("BUY", "0.3", "60001" if end == "filled" else "59000")
    if end == "canceled":
        await trader.cancel(sent.client_order_id)
    if end == "never sent":
        sent = trader.unsent("BUY", "0.3", "59000")
    before = len(trader.reports)
    await trader.amend(sent, "0.5", "59000")
    [refusal] = trader.reports[before:]
    assert isinstance(refusal, AmendRefused)
    assert refusal.client_order_id == sent.client_order_id
    assert refusal.reason


async def test_an_order_is_amended_again_and_again_and_works_with_the_last(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59000")
    for price in ("59001", "59002", "59000"):
        await trader.amend(sent, "0.3", price)
    assert amended(trader) == [(Decimal("0.3"), Decimal(price)) for price in (59001, 59002, 59000)]
    assert await works_with(trader, sent) == (VenueOrderStatus.ACCEPTED, Decimal("0.3"), Decimal(59000))


@pytest.mark.parametrize(("quantity", "price"), [("0.3005", "59000"), ("0.3", "59000.05")])
async def test_what_is_off_the_lots_or_ticks_is_not_sent(trader: Trader, quantity: str, price: str) -> None:
    sent = await trader.send("BUY", "0.3", "58000")
    with pytest.raises(NotSentError, match="lots and ticks"):
        await trader.amend(sent, quantity, price)
    assert await works_with(trader, sent) == (VenueOrderStatus.ACCEPTED, Decimal("0.3"), Decimal(58000))


async def test_without_a_connection_nothing_is_amended(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59000")
    await trader.session.disconnect()
    with pytest.raises(NotSentError):
        await trader.amend(sent, "0.3", "59001")
    assert await works_with(trader, sent) == (VenueOrderStatus.ACCEPTED, Decimal("0.3"), Decimal(59000))
