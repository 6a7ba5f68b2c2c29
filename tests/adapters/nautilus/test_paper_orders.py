"""Orders of every kind at a real sandbox, from the request to the reports."""

import time
from decimal import Decimal

import pytest

from adapters.nautilus.node import PaperNode
from ports.errors import NotSentError
from ports.instruments import InstrumentKey
from ports.reports import (
    CancelRefused,
    FillReport,
    OrderOutcomeUnknown,
    OrderStatusReport,
    VenueOrderStatus,
)
from ports.values import ClientOrderId, Currency, Liquidity, Money, Side, TimeInForce
from ports.venue import VenueSession

from fakes.paper_trader import INVERSE, PERPETUAL, SPOT, SWAP, Trader, order

pytestmark = pytest.mark.asyncio(loop_scope="module")
ACCEPTED, FILLED, CANCELED = VenueOrderStatus.ACCEPTED, VenueOrderStatus.FILLED, VenueOrderStatus.CANCELED
REJECTED, EXPIRED = VenueOrderStatus.REJECTED, VenueOrderStatus.EXPIRED


async def test_a_market_order_fills_at_the_touch_without_being_accepted_first(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.5")
    [fill] = trader.reports
    assert isinstance(fill, FillReport)
    assert (fill.client_order_id, fill.side, fill.instrument) == (sent.client_order_id, Side.BUY, PERPETUAL)
    assert (fill.quantity, fill.price) == (Decimal("0.5"), Decimal(60001))
    assert fill.account == "PAPER-BINANCE-FUTURES"
    assert fill.liquidity is Liquidity.TAKER


async def test_a_limit_order_that_crosses_is_accepted_and_then_filled(trader: Trader) -> None:
    await trader.send("SELL", "0.4", "59999")
    assert [type(report) for report in trader.reports] == [OrderStatusReport, FillReport]
    assert trader.states == [ACCEPTED]
    assert trader.traded == [("0.4", "60000")]


async def test_a_limit_order_rests_and_is_filled_at_its_limit_by_a_later_quote(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59990")
    assert trader.states == [ACCEPTED]
    trader.show("59990", "59991")
    assert trader.fills == []
    trader.show("59980", "59985")
    [fill] = trader.fills
    assert (fill.client_order_id, fill.price, fill.quantity) == (sent.client_order_id, Decimal(59990), Decimal("0.3"))
    assert fill.liquidity is Liquidity.MAKER


async def test_a_public_trade_fills_a_resting_order_up_to_its_size(trader: Trader) -> None:
    await trader.send("BUY", "0.3", "59990")
    trader.print("SELL", "0.1", "59990")
    assert trader.traded == [("0.1", "59990")]


async def test_a_public_trade_leaves_the_quote_as_it_was(trader: Trader) -> None:
    await trader.send("BUY", "0.3", "59000")
    trader.print("BUY", "0.1", "60001")
    await trader.send("SELL", "0.1")
    assert trader.traded == [("0.1", "60000")]


async def test_a_market_order_larger_than_the_touch_fills_the_rest_one_tick_worse(trader: Trader) -> None:
    await trader.send("BUY", "2.5")
    assert trader.traded == [("1", "60001"), ("1.5", "60001.1")]


async def test_the_rest_of_an_immediate_order_is_cancelled_and_says_how_much_was_filled(trader: Trader) -> None:
    await trader.send("BUY", "2.5", "60001", time_in_force=TimeInForce.IOC)
    assert trader.traded == [("1", "60001")]
    assert trader.states == [ACCEPTED, CANCELED]
    assert trader.last_status.filled_quantity == 1


async def test_an_immediate_market_order_takes_the_touch_and_no_more(trader: Trader) -> None:
    await trader.send("SELL", "2.5", time_in_force=TimeInForce.IOC)
    assert trader.traded == [("1", "60000")]
    assert trader.last_status.status is CANCELED


async def test_an_immediate_order_that_meets_nobody_is_cancelled(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "59000", time_in_force=TimeInForce.IOC)
    assert trader.states == [ACCEPTED, CANCELED]
    assert trader.last_status.filled_quantity == 0


async def test_a_fill_or_kill_order_too_large_is_cancelled_whole(trader: Trader) -> None:
    await trader.send("BUY", "1.5", "60001", time_in_force=TimeInForce.FOK)
    assert trader.fills == []
    assert trader.states == [ACCEPTED, CANCELED]


async def test_a_fill_or_kill_order_that_fits_is_filled_whole(trader: Trader) -> None:
    await trader.send("BUY", "1", "60001", time_in_force=TimeInForce.FOK)
    assert trader.traded == [("1", "60001")]


async def test_a_post_only_order_that_would_cross_is_rejected(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "60001", post_only=True)
    assert trader.states == [REJECTED]
    assert "POST_ONLY" in trader.last_status.reason


async def test_a_post_only_order_that_rests_is_accepted(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "60000.5", post_only=True)
    assert trader.states == [ACCEPTED]


async def test_an_order_that_meets_an_empty_book_gets_an_answer(trader: Trader) -> None:
    trader.show("60000", "60001", bid_size="0", ask_size="0")
    await trader.send("BUY", "0.1")
    assert trader.last_status.status is REJECTED
    await trader.send("BUY", "0.1", "60001", time_in_force=TimeInForce.IOC)
    await trader.send("BUY", "0.1", "60001", time_in_force=TimeInForce.FOK)
    assert trader.states == [REJECTED, ACCEPTED, CANCELED, ACCEPTED, CANCELED]


async def test_an_order_before_the_first_quote_is_rejected(node: PaperNode) -> None:
    trader = Trader(node, node.session(SWAP.venue), SWAP)
    await trader.session.connect(trader.reports, trader.quotes)
    await trader.send("BUY", "0.1")
    assert trader.states == [REJECTED]
    assert "no market" in trader.last_status.reason


async def test_a_resting_order_is_cancelled_once(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.3", "59990")
    await trader.cancel(sent.client_order_id)
    assert trader.states == [ACCEPTED, CANCELED]
    await trader.cancel(sent.client_order_id)
    refused = trader.reports[-1]
    assert isinstance(refused, CancelRefused)
    assert refused.client_order_id == sent.client_order_id
    assert "CANCELED" in refused.reason


async def test_a_cancel_of_an_unknown_order_is_refused(trader: Trader) -> None:
    await trader.cancel(ClientOrderId("never-sent"))
    [refused] = trader.reports
    assert isinstance(refused, CancelRefused)


async def test_a_cancel_says_how_much_had_been_filled(trader: Trader) -> None:
    sent = await trader.send("BUY", "1.5", "60001")
    await trader.cancel(sent.client_order_id)
    assert trader.last_status.status is CANCELED
    assert trader.last_status.filled_quantity == 1


async def test_an_order_whose_time_is_past_is_rejected_untried(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "60001", time_in_force=TimeInForce.GTD, expire_time_ns=1)
    assert trader.states == [REJECTED]
    assert trader.fills == []


async def test_an_order_expires_although_no_tick_comes(trader: Trader) -> None:
    soon_ns = time.time_ns() + 2_000_000
    sent = await trader.send("BUY", "0.1", "59000", time_in_force=TimeInForce.GTD, expire_time_ns=soon_ns)
    await trader.until(lambda: trader.last_status.status is not ACCEPTED)
    assert trader.states == [ACCEPTED, EXPIRED]
    assert trader.last_status.client_order_id == sent.client_order_id
    assert trader.last_status.venue_time_ns >= soon_ns


@pytest.mark.parametrize(
    ("quantity", "price"),
    [
        ("0.0005", "60000"),
        ("0.1", "60000.05"),
        ("0.10000000000000001", "60000"),
        ("0.1", "-60000"),
        ("99999999999999", "60000"),
        ("1000000000", "600000"),
    ],
)
async def test_a_number_that_nautilus_cannot_hold_is_not_sent(trader: Trader, quantity: str, price: str) -> None:
    sent = order(PERPETUAL, "BUY", quantity, price)
    with pytest.raises(NotSentError):
        await trader.session.send(sent)
    assert trader.reports == []
    assert await trader.session.query(trader.ask(sent.client_order_id)) is None


async def test_an_order_that_contradicts_itself_is_not_sent(trader: Trader) -> None:
    for sent in (
        order(PERPETUAL, "BUY", "1", time_in_force=TimeInForce.GTD, expire_time_ns=2**62),
        order(PERPETUAL, "BUY", "1", "60000", time_in_force=TimeInForce.GTD),
        order(PERPETUAL, "BUY", "1", "60000", time_in_force=TimeInForce.IOC, post_only=True),
        order(PERPETUAL, "BUY", "1", post_only=True),
        order(PERPETUAL, "BUY", "1", client_order_id=ClientOrderId("é")),
        order(PERPETUAL, "BUY", "1", account="PAPER-OKX"),
        order(SPOT, "BUY", "1"),
        order(InstrumentKey("BINANCE-FUTURES:PERPETUAL:XRP-USDT@LIN"), "BUY", "1"),
    ):
        with pytest.raises(NotSentError):
            await trader.session.send(sent)
    assert trader.reports == []


async def test_an_id_sent_twice_is_worked_once_and_its_outcome_is_left_open(trader: Trader) -> None:
    sent = await trader.send("BUY", "0.5")
    await trader.session.send(sent)
    assert [type(report) for report in trader.reports] == [FillReport, OrderOutcomeUnknown]


@pytest.mark.parametrize(
    ("instrument", "quantity", "bid", "ask", "fee"),
    [
        (SPOT, "0.5", "60000", "60001", Money(Decimal("60.001"), Currency("USDT"))),
        (PERPETUAL, "0.5", "60000", "60001", Money(Decimal("15.00025"), Currency("USDT"))),
        (INVERSE, "60000", "59999.5", "60000", Money(Decimal("0.0006"), Currency("BTC"))),
    ],
)
async def test_a_taker_pays_the_instruments_rate_in_the_settlement_currency(
    node: PaperNode, instrument: InstrumentKey, quantity: str, bid: str, ask: str, fee: Money
) -> None:
    trader = Trader(node, node.session(instrument.venue), instrument)
    await trader.session.connect(trader.reports, trader.quotes)
    trader.show(bid, ask, "1000000", "1000000")
    await trader.send("BUY", quantity)
    [fill] = trader.fills
    assert fill.fee == fee


async def test_a_maker_with_a_rebate_is_paid(node: PaperNode) -> None:
    trader = Trader(node, node.session(SWAP.venue), SWAP)
    await trader.session.connect(trader.reports, trader.quotes)
    trader.show("60000", "60001")
    await trader.send("BUY", "0.5", "60000")
    trader.show("59000", "59001")
    [fill] = trader.fills
    assert fill.fee == Money(Decimal(-3), Currency("USDT"))


async def test_spot_is_sold_without_an_inventory(node: PaperNode) -> None:
    trader = Trader(node, node.session(SPOT.venue), SPOT)
    await trader.session.connect(trader.reports, trader.quotes)
    trader.show("60000", "60001")
    await trader.send("SELL", "1")
    assert trader.traded == [("1", "60000")]


async def test_events_are_dated_after_the_order_they_belong_to(trader: Trader) -> None:
    await trader.send("BUY", "0.1")
    before_ns = time.time_ns()  # and no tick since
    await trader.send("BUY", "0.1")
    assert before_ns <= trader.fills[1].venue_time_ns <= time.time_ns()


async def test_no_trade_id_and_no_venue_order_id_comes_twice(trader: Trader) -> None:
    for _ in range(50):
        await trader.send("BUY", "1.5")
    assert len({fill.trade_id for fill in trader.fills}) == 100
    assert len({fill.venue_order_id for fill in trader.fills}) == 50


async def test_a_session_is_what_the_port_promises(trader: Trader) -> None:
    session: VenueSession = trader.session  # checked by the type checker
    assert session.venue == "BINANCE-FUTURES"
    assert session.capabilities.is_paper
    assert [each.key for each in await session.connect(trader.reports, trader.quotes)] == [PERPETUAL]
