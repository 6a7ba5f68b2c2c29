"""Everything that can happen to a user stream, and what the core hears of it."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from adapters.nautilus.live import LiveNode, session_of
from ports.errors import NotSentError
from ports.reports import AmendReport, FillReport, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.bybit_trader import BybitTrader, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="module")
TRADES = "execution"


async def test_trades_out_of_order_are_all_told(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(TRADES, "hold")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    fills = await trader.fills(client_order_id, 2)
    assert [fill.quantity for fill in fills] == [Decimal("0.006"), Decimal("0.004")]
    report = await trader.status(client_order_id, VenueOrderStatus.FILLED)
    told = trader.inbox.of(client_order_id)
    assert told.index(report) > told.index(fills[1])  # of an order that ended, the trades are told first


async def test_a_late_message_does_not_take_an_amend_back(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.amend(client_order_id, "0.012", "58999.9")
    await trader.amended(client_order_id)
    (order,) = await trader.venue.orders(client_order_id)
    element = {"category": "linear", "symbol": "BTCUSDT", "orderId": order["orderId"], "orderLinkId": client_order_id}
    terms = {"side": "Buy", "orderType": "Limit", "price": "59000.00", "qty": "0.010", "cumExecQty": "0.000"}
    times = {"orderStatus": "New", "createdTime": str(order["time"]), "updatedTime": str(order["time"] - 1)}
    await trader.venue.command("tell", topic="order", element={**element, **terms, **times})
    await trader.rest()
    assert len([one for one in trader.inbox.of(client_order_id) if isinstance(one, AmendReport)]) == 1


async def test_money_that_is_no_trade_is_none(trader: BybitTrader) -> None:
    element = {"symbol": "BTCUSDT", "orderId": "1", "side": "Buy", "orderType": "UNKNOWN", "orderPrice": "0"}
    paid = {"orderQty": "0", "execId": "f", "execPrice": "60000", "execQty": "0.5", "execFee": "1", "execTime": "1"}
    funding = {**element, **paid, "isMaker": False, "category": "linear", "execType": "Funding"}
    await trader.venue.command("tell", topic="execution", element=funding)
    await trader.rest()
    assert not [one for one in trader.inbox.reports if isinstance(one, FillReport)]
    await trader.venue.command("tell", topic="execution", element={**funding, "execType": "SomethingNew"})
    assert "SomethingNew" in (await trader.down()).reason  # nobody knows what it means for what is held


async def test_a_lost_trade_is_asked_for_once_its_order_shows_the_hole(node: LiveNode, trader: BybitTrader) -> None:
    await trader.session.disconnect()  # the probe finds the hole, too; which of both is first, nobody knows
    settings = settings_for(trader.venue, probe_s=600.0)
    trader.session = session_of(settings, lambda: node.kernel, time.time_ns)
    await trader.connect()
    client_order_id = await trader.rest()
    await trader.venue.fault(TRADES, "drop")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    evidence = await trader.report_of_hole(client_order_id)
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.004"), Decimal("0.006")]
    (told,) = await trader.fills(client_order_id, 1)
    assert told in evidence.fills  # the same trade has the same id and content, on the stream and by HTTP


async def test_a_trade_that_comes_after_its_cancel_is_told_before_it(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(TRADES, "hold")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.002")
    await trader.cancel(client_order_id)
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    (fill,) = await trader.fills(client_order_id, 1)
    assert (fill.quantity, report.filled_quantity) == (Decimal("0.002"), Decimal("0.002"))
    told = trader.inbox.of(client_order_id)
    assert told.index(fill) < told.index(report)


async def test_a_silent_stream_is_noticed_by_an_order_that_it_never_told_of(trader: BybitTrader) -> None:
    await trader.venue.command("silent", silent=True)
    await trader.send(trader.order())
    down = await trader.down()
    assert "silent" in down.reason


async def test_direct_questions_are_answered_while_the_stream_is_silent(trader: BybitTrader) -> None:
    await trader.venue.command("silent", silent=True)
    await trader.venue.command(
        "hand", symbol="BTCUSDT", side="BUY", quantity="0.010", price="59000", client_order_id="q"
    )
    resting = ClientOrderId("q")
    evidence = await trader.session.query(trader.question(resting))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.ACCEPTED
    assert [one.client_order_id for one in await trader.session.open_orders()] == [resting]


@pytest.mark.parametrize("what", ["private", "trade"])
async def test_an_interrupted_stream_gives_the_connection_up(trader: BybitTrader, what: str) -> None:
    resting = await trader.rest()
    await trader.venue.command("hang_up", what=what)
    assert f"the {what} stream" in (await trader.down()).reason
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    await trader.connect()
    assert [one.client_order_id for one in await trader.session.open_orders()] == [resting]
    await trader.venue.command("fill", client_order_id=resting, quantity="0.010")
    (fill,) = await trader.fills(resting, 1)  # of an order that this connection did not send
    assert (fill.client_order_id, fill.quantity) == (resting, Decimal("0.010"))


async def test_an_unreadable_message_gives_the_connection_up(trader: BybitTrader) -> None:
    await trader.venue.command("tell", topic="order", element={"category": "linear", "symbol": "BTCUSDT"})
    assert "cannot be read" in (await trader.down()).reason


async def test_what_no_instrument_key_can_name_brings_nobody_down(trader: BybitTrader) -> None:
    """Somebody may trade by hand what is too small to be told apart, or in another category."""
    element = {"symbol": "1000PEPEUSDT", "orderId": "1", "side": "Buy", "orderType": "Limit", "price": "1", "qty": "1"}
    rest = {"orderStatus": "New", "cumExecQty": "0", "createdTime": "1", "updatedTime": "1", "orderLinkId": "web"}
    await trader.venue.command("tell", topic="order", element={**element, **rest, "category": "linear"})
    await trader.venue.command(
        "tell", topic="order", element={**element, **rest, "symbol": "BTCUSDT", "category": "spot"}
    )
    await trader.rest()
    assert {type(one).__name__ for one in trader.inbox.reports} == {"OrderStatusReport"}


async def test_new_fields_and_kinds_of_messages_disturb_nobody(trader: BybitTrader) -> None:
    await trader.venue.command("tell", topic="order.new", element={"x": [1, 2]})
    await trader.venue.fault("order", "decorate")
    await trader.venue.fault(TRADES, "decorate")
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
