"""What a paper venue answers about orders, and what a session does when it loses reports."""

import pytest

from ports.errors import NotSentError
from ports.reports import FillReport, OrderStatusReport, SessionDown, VenueOrderStatus
from ports.values import ClientOrderId

from fakes.paper_trader import PERPETUAL, Quotes, Reports, Trader, quote

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_order_never_sent_is_not_known(trader: Trader) -> None:
    assert await trader.session.query(trader.ask("of-an-earlier-life")) is None


async def test_a_filled_order_is_answered_with_all_its_fills(trader: Trader) -> None:
    sent = await trader.send("BUY", "2.5")
    evidence = await trader.session.query(trader.ask(sent.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED
    assert evidence.status.filled_quantity == sent.quantity
    assert list(evidence.fills) == trader.fills
    assert len(trader.fills) == 2


async def test_a_working_order_is_answered_as_accepted_with_what_it_filled(trader: Trader) -> None:
    sent = await trader.send("BUY", "1.5", "60001")
    evidence = await trader.session.query(trader.ask(sent.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.ACCEPTED
    assert evidence.status.filled_quantity == 1
    assert evidence.status.venue_order_id == trader.fills[0].venue_order_id


async def test_a_refused_order_is_answered_with_the_reason(trader: Trader) -> None:
    sent = await trader.send("BUY", "1", "60001", post_only=True)
    evidence = await trader.session.query(trader.ask(sent.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.REJECTED
    assert "POST_ONLY" in evidence.status.reason


async def test_open_orders_are_those_that_still_work(trader: Trader) -> None:
    first = await trader.send("BUY", "0.1", "59000")
    second = await trader.send("SELL", "0.1", "61000")
    await trader.send("BUY", "0.1")
    await trader.cancel(first.client_order_id)
    assert [each.client_order_id for each in await trader.session.open_orders()] == [second.client_order_id]


async def test_fills_are_listed_from_a_time_on_oldest_first(trader: Trader) -> None:
    await trader.send("BUY", "0.1")
    await trader.send("SELL", "0.2")
    earlier, later = trader.fills
    assert (await trader.session.fills_since(earlier.venue_time_ns))[-2:] == (earlier, later)
    assert await trader.session.fills_since(later.venue_time_ns + 1) == ()


async def test_orders_work_on_while_nobody_listens_and_are_told_to_who_asks(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.1", "59990")
    await trader.session.disconnect()
    trader.show("59000", "59001")
    assert trader.fills == []
    evidence = await trader.session.query(trader.ask(sent.client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED
    assert [fill.client_order_id for fill in await trader.session.fills_since(0)][-1] == sent.client_order_id


async def test_a_session_that_is_not_connected_sends_and_cancels_nothing(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.1", "59990")
    await trader.session.disconnect()
    await trader.session.disconnect()
    with pytest.raises(NotSentError):
        await trader.send("BUY", "0.1")
    with pytest.raises(NotSentError):
        await trader.cancel(sent.client_order_id)


async def test_a_report_that_could_not_be_taken_brings_the_session_down_and_is_not_lost(trader: Trader) -> None:
    trader.reports.is_full = True
    sent = await trader.send("BUY", "0.1")
    with pytest.raises(NotSentError):
        await trader.send("BUY", "0.1")
    trader.reports.is_full = False
    await trader.until(lambda: bool(trader.reports))
    [down] = trader.reports
    assert isinstance(down, SessionDown)
    assert (down.account, down.venue) == (trader.session.account, trader.session.venue)
    with pytest.raises(NotSentError):
        await trader.send("BUY", "0.1")
    reports = Reports()
    await trader.session.connect(reports, Quotes())
    evidence = await trader.session.query(trader.ask(sent.client_order_id))
    assert evidence is not None
    assert len(evidence.fills) == 1
    await trader.send("BUY", "0.1")
    assert [type(report) for report in reports] == [FillReport]


async def test_a_cancel_finds_its_order_by_our_id_alone(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.1", "59990")
    trader.node.desk.feed(quote(PERPETUAL, "59995", "59996"))
    await trader.cancel(ClientOrderId(sent.client_order_id))
    assert [type(report) for report in trader.reports] == [OrderStatusReport, OrderStatusReport]
    assert not [report for report in trader.reports if isinstance(report, FillReport)]
