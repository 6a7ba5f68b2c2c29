"""Everything that can happen to a user stream, and what the core hears of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.reports import VenueOrderStatus

from simulators.live_trader import LiveTrader

pytestmark = pytest.mark.asyncio(loop_scope="module")
ORDERS = "orders"


async def test_an_unreadable_message_gives_the_connection_up(trader: LiveTrader) -> None:
    message = {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [{"instId": "BTC-USDT-SWAP"}]}
    await trader.venue.command("tell", message=message)
    assert "cannot be read" in (await trader.down()).reason


async def test_a_notice_that_the_connection_will_be_closed_gives_it_up_in_good_time(trader: LiveTrader) -> None:
    notice = {"event": "notice", "code": "64008", "msg": "The connection will soon be closed.", "connId": "a"}
    await trader.venue.command("tell", message=notice)
    assert "64008" in (await trader.down()).reason


async def test_a_trade_told_without_its_fee_is_asked_for(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.010")
    await trader.venue.command("silent", silent=True)
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    (order,) = await trader.venue.orders(client_order_id)
    told = {name: value for name, value in order.items() if isinstance(value, str)}
    message = {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [told]}
    await trader.venue.command("tell", message=message)
    evidence = await trader.report_of_hole(client_order_id)
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.004")]


async def test_what_no_instrument_key_can_name_brings_nobody_down(trader: LiveTrader) -> None:
    """Somebody may trade by hand what this service does not know."""
    words = {"instId": "BTC-USD-SWAP", "ordId": "1", "clOrdId": "web1", "side": "buy", "state": "filled"}
    rest = {"ordType": "limit", "sz": "1", "accFillSz": "1", "uTime": "1"}
    message = {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [{**words, **rest}]}
    await trader.venue.command("tell", message=message)
    await trader.rest()
    assert {type(one).__name__ for one in trader.inbox.reports} == {"OrderStatusReport"}


async def test_new_fields_and_kinds_of_messages_disturb_nobody(trader: LiveTrader) -> None:
    await trader.venue.command("tell", message={"arg": {"channel": "something-new"}, "data": [1, 2]})
    await trader.venue.fault(ORDERS, "decorate")
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
