"""The user stream: what it repeats counts once, what it keeps back is noticed, and silence is a disconnect."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from ports.reports import AmendReport, FillReport, VenueOrderStatus
from ports.values import ClientOrderId, Side

from simulators.deribit.trader import PERPETUAL, Connect, DeribitTrader


def told(trader: DeribitTrader, name: ClientOrderId) -> list[FillReport]:
    return [one for one in trader.inbox.of(name) if isinstance(one, FillReport)]


async def test_a_trade_that_is_told_twice_is_reported_once(trader: DeribitTrader) -> None:
    await trader.venue.fault("user.trades", "duplicate")
    name = await trader.send(trader.order(price=None))
    await trader.status(name, VenueOrderStatus.FILLED)
    await trader.rest()  # whatever was told before has arrived
    assert len(told(trader, name)) == 1


async def test_trades_out_of_order_are_all_told(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.fault("user.trades", "hold", only=name)
    await trader.venue.command("fill", client_order_id=name, quantity="30")
    await trader.venue.command("fill", client_order_id=name, quantity="70")
    assert sum(one.quantity for one in await trader.fills(name, 2)) == 100


async def test_new_fields_disturb_nobody(trader: DeribitTrader) -> None:
    for where in ("user.orders", "user.trades"):
        await trader.venue.fault(where, "decorate", times=5)
    name = await trader.send(trader.order(price=None))
    await trader.status(name, VenueOrderStatus.FILLED)
    assert len(told(trader, name)) == 1


async def test_an_older_word_of_an_order_changes_nothing(trader: DeribitTrader) -> None:
    name = await trader.rest()
    (before,) = await trader.venue.orders(name)
    await trader.venue.command("clock", offset_ms=20)  # so that the edit is surely later
    await trader.amend(name, "200", "58000")
    await trader.report(name, AmendReport)
    told_again = {"channel": "user.orders.any.any.raw", "data": before}
    await trader.venue.command("tell", message={"jsonrpc": "2.0", "method": "subscription", "params": told_again})
    await trader.rest()  # whatever was told before has arrived
    assert len([one for one in trader.inbox.of(name) if isinstance(one, AmendReport)]) == 1


async def test_an_order_and_a_trade_by_hand_are_told_under_no_name_of_ours(trader: DeribitTrader) -> None:
    await trader.venue.command("hand", symbol="BTC-PERPETUAL", side="BUY", quantity="50")
    fill = await trader.inbox.wait(
        lambda: next((one for one in trader.inbox.reports if isinstance(one, FillReport)), None)
    )
    assert (fill.client_order_id, fill.instrument, fill.quantity) == (None, PERPETUAL, Decimal(50))
    await trader.venue.command("hand", symbol="BTC-PERPETUAL", side="BUY", quantity="50", price="50000")
    (listed,) = await trader.session.open_orders()
    assert str(listed.client_order_id) == str(listed.venue_order_id)


@pytest.mark.parametrize("kept_back", ["a trade", "an order", "an end"])
async def test_a_silent_stream_is_noticed_by_what_it_kept_back(connect: Connect, kept_back: str) -> None:
    trader = await connect(probe_s="0.2")
    name = await trader.rest()
    await trader.venue.command("silent", silent=True)
    if kept_back == "a trade":
        await trader.venue.command("fill", client_order_id=name, quantity="100")
    elif kept_back == "an order":
        await trader.send(trader.order())
    else:
        await trader.venue.command("hand_cancel", client_order_id=name)
    assert "silent" in (await trader.down()).reason


async def test_one_message_that_was_lost_is_noticed(connect: Connect) -> None:
    trader = await connect(probe_s="0.2")
    name = await trader.rest()
    await trader.venue.fault("user.trades", "drop")
    await trader.venue.command("fill", client_order_id=name, quantity="40")
    assert "trade" in (await trader.down()).reason


async def test_a_stream_that_keeps_nothing_back_stays(connect: Connect) -> None:
    trader = await connect(probe_s="0.05")
    looks = 0
    while looks < 4:
        name = await trader.rest()
        await trader.venue.command("fill", client_order_id=name, quantity="100")
        await trader.fills(name, 1)
        asked = [one["method"] for one in await trader.venue.look("requests")]
        looks = asked.count("private/get_open_orders")
    await trader.rest()  # the session is up


async def test_a_venue_that_says_nothing_at_all_is_noticed_without_asking(connect: Connect) -> None:
    trader = await connect(probe_s="600")
    link = trader.session._link  # type: ignore[attr-defined]
    await trader.venue.command("freeze", frozen=True)
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def a_minute_passes() -> None:  # again and again: what was on its way may still have come
        link._rpc.heard_s = loop.time() - 60
        timers.append(loop.call_later(0.05, a_minute_passes))

    a_minute_passes()
    assert "has said nothing" in (await trader.down()).reason
    timers[-1].cancel()


async def test_a_venue_that_answers_no_question_is_noticed(connect: Connect) -> None:
    trader = await connect(probe_s="0.05", answer_s="1")
    await trader.venue.fault("private/get_open_orders", "no_answer", times=100)
    assert "did not answer" in (await trader.down()).reason


@pytest.mark.parametrize(
    "params",
    [
        {"channel": "user.orders.any.any.raw", "data": {"instrument_name": "BTC-PERPETUAL", "order_id": 1}},
        {"channel": "user.trades.any.any.raw", "data": [{"instrument_name": "BTC-PERPETUAL", "price": "x"}]},
        {"channel": "user.orders.any.any.raw"},
    ],
)
async def test_a_message_that_cannot_be_read_gives_the_connection_up(
    trader: DeribitTrader, params: dict[str, object]
) -> None:
    message = {"jsonrpc": "2.0", "method": "subscription", "params": params}
    await trader.venue.command("tell", message=message)
    assert "cannot be read" in (await trader.down()).reason


async def test_depth_arrives_whole_each_time(trader: DeribitTrader) -> None:
    book = await trader.inbox.wait(lambda: trader.inbox.books.get(PERPETUAL))
    assert (book.bids[0].price, book.asks[0].price) == (Decimal(60_000), Decimal("60000.5"))
    await trader.venue.command("quote", symbol="BTC-PERPETUAL", bid="61000", ask="61000.5", ask_size="40")
    newest = await trader.inbox.wait(
        lambda: next((one for one in [trader.inbox.books[PERPETUAL]] if one.bids[0].price == 61_000), None)
    )
    assert newest.asks == ((Decimal("61000.5"), Decimal(40)),)
    assert newest.received_ns >= book.received_ns


async def test_the_funding_of_a_perpetual_arrives_for_the_next_eight_hours(trader: DeribitTrader) -> None:
    funding = await trader.inbox.wait(lambda: trader.inbox.fundings.get(PERPETUAL))
    assert funding.rate == Decimal("0.00012")
    assert funding.due_ns - funding.received_ns == 8 * 3_600 * 1_000_000_000


async def test_what_trades_publicly_arrives_with_its_taker(trader: DeribitTrader) -> None:
    await trader.send(trader.order(price=None))
    trade = await trader.inbox.wait(lambda: trader.inbox.trades[0] if trader.inbox.trades else None)
    assert (trade.instrument, trade.price, trade.quantity) == (PERPETUAL, Decimal("60000.5"), Decimal(100))
    assert trade.aggressor is Side.BUY


async def test_quotes_arrive_with_both_sides_and_a_one_sided_market_is_none(trader: DeribitTrader) -> None:
    quote = await trader.inbox.wait(lambda: trader.inbox.quotes.get(PERPETUAL))
    assert (quote.bid, quote.ask) == (Decimal(60_000), Decimal("60000.5"))
    await trader.venue.command("quote", symbol="BTC-PERPETUAL", bid="1", ask="70000", bid_size="0")
    await trader.venue.command("quote", symbol="BTC-PERPETUAL", bid="61000", ask="61000.5")
    newest = await trader.inbox.wait(
        lambda: next((one for one in [trader.inbox.quotes[PERPETUAL]] if one.bid == 61_000), None)
    )
    assert newest.received_ns >= quote.received_ns
