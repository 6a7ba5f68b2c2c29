"""Amends at a simulated Binance: in place where the product can, refused by name where it cannot, sent once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.reports import AmendRefused, AmendReport, VenueOrderStatus
from ports.values import TimeInForce

from simulators.live_trader import LiveTrader
from simulators.sites import SPOT

pytestmark = pytest.mark.asyncio(loop_scope="module")
AMEND = {"binance_futures": "PUT /fapi/v1/order", "binance_spot": "PUT /api/v3/order/amend/keepPriority"}


def only_where_prices_are_amended(trader: LiveTrader) -> None:
    if trader.site is SPOT:
        pytest.skip("spot amends no prices")


async def asked(trader: LiveTrader) -> int:
    """Return how many amends reached the venue."""
    requests = await trader.venue.look("requests")
    return sum(f"{one['method']} {one['path']}" == AMEND[trader.site.name] for one in requests)


async def test_a_lower_quantity_is_told_and_the_order_fills_with_it_under_its_name(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.010")
    await trader.amend(client_order_id, "0.006", "59000")
    report = await trader.amended(client_order_id)
    assert (report.quantity, report.price) == (Decimal("0.006"), Decimal(59000))
    (order,) = await trader.venue.orders(client_order_id)
    assert (report.venue_order_id, Decimal(order["origQty"])) == (str(order["orderId"]), Decimal("0.006"))
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert (evidence.status.quantity, evidence.status.price) == (Decimal("0.006"), Decimal(59000))
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    await trader.status(client_order_id, VenueOrderStatus.FILLED)


async def test_an_amend_that_is_answered_and_told_is_reported_once(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(quantity="0.010")
    await trader.amend(client_order_id, "0.008", "59000")
    await trader.amended(client_order_id)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert len([one for one in trader.inbox.of(client_order_id) if isinstance(one, AmendReport)]) == 1


async def test_an_amend_that_was_not_answered_is_not_sent_again_and_the_stream_tells_it(trader: LiveTrader) -> None:
    client_order_id, before = await trader.rest(), await asked(trader)
    await trader.venue.fault(AMEND[trader.site.name], "error", status=503, body="", only="")
    await trader.amend(client_order_id, "0.008", "59000")
    assert (await trader.amended(client_order_id)).quantity == Decimal("0.008")
    assert await asked(trader) == before + 1
    assert not [one for one in trader.inbox.of(client_order_id) if isinstance(one, AmendRefused)]


async def test_an_amend_of_what_is_over_is_refused_in_the_venues_words(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    await trader.amend(client_order_id, "0.008", "59000")
    assert "-2013" in (await trader.amend_refused(client_order_id)).reason


async def test_an_amend_never_overtakes_its_order(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.place, "delay", delay_ms=300, late=False)
    client_order_id = await trader.send(trader.order())
    await trader.amend(client_order_id, "0.008", "59000")
    assert (await trader.amended(client_order_id)).quantity == Decimal("0.008")


async def test_terms_of_an_order_from_before_this_connection_are_known(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.session.disconnect()
    await trader.connect()
    await trader.amend(client_order_id, "0.007", "59000")
    assert (await trader.amended(client_order_id)).quantity == Decimal("0.007")


@pytest.mark.parametrize(("quantity", "price"), [("0.010", "59100"), ("0.020", "59000"), ("0.020", "59500.5")])
async def test_another_price_or_more_of_it_is_amended_at_futures_and_refused_by_name_at_spot(
    trader: LiveTrader, quantity: str, price: str
) -> None:
    client_order_id, before = await trader.rest(), await asked(trader)
    if trader.site is SPOT:
        with pytest.raises(NotSentError, match="lower quantity at the same price alone"):
            await trader.amend(client_order_id, quantity, price)
        assert await asked(trader) == before
        return
    await trader.amend(client_order_id, quantity, price)
    report = await trader.amended(client_order_id)
    assert (report.quantity, report.price) == (Decimal(quantity), Decimal(price))


async def test_an_amend_across_the_market_is_told_before_its_trade(trader: LiveTrader) -> None:
    only_where_prices_are_amended(trader)
    client_order_id = await trader.rest()
    await trader.amend(client_order_id, "0.010", "60000.1")
    (fill,) = await trader.fills(client_order_id, 1)
    told = trader.inbox.of(client_order_id)
    assert told.index(await trader.amended(client_order_id)) < told.index(fill)


async def test_a_post_only_order_that_would_take_as_amended_is_taken_back(trader: LiveTrader) -> None:
    only_where_prices_are_amended(trader)
    client_order_id = await trader.rest(post_only=True)
    await trader.amend(client_order_id, "0.010", "60000.1")
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)


async def test_amends_wait_for_the_venue_as_its_orders_do(trader: LiveTrader) -> None:
    only_where_prices_are_amended(trader)
    client_order_id = await trader.rest()
    limited = {"status": 429, "body": '{"code": -1015, "msg": "Too many new orders."}', "retry_after_s": 2}
    await trader.venue.fault(trader.site.place, "error", late=False, **limited)
    await trader.send(trader.order(tif=TimeInForce.IOC))
    await trader.inbox.wait(lambda: True if len(trader.inbox.reports) > 1 else None)
    before = await asked(trader)
    await trader.amend(client_order_id, "0.008", "59000")
    assert "left alone" in (await trader.amend_refused(client_order_id)).reason
    assert await asked(trader) == before
