"""Answers that never come, or prove nothing: in doubt is what the core must hear, and the venue sees one order."""

from __future__ import annotations

import json
import time

import pytest

from adapters.nautilus.bybit import bybit_session
from adapters.nautilus.live import LiveNode
from ports.errors import VenueUnavailableError
from ports.reports import (
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    VenueOrderStatus,
)

from simulators.bybit_trader import CANCEL, CREATE, BybitTrader, settings_for
from simulators.live_trader import Inbox
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")


def said(code: int, msg: str) -> dict[str, str]:
    """Return an answer of the venue that says no."""
    return {"body": json.dumps({"retCode": code, "retMsg": msg, "data": {}})}


PROVES_NOTHING = {
    "no answer at all": ("no_answer", {}),
    "another answer than asked for": ("error", {"body": json.dumps({"retCode": 0, "retMsg": "OK", "data": {}})}),
    "an answer without a code": ("error", {"body": "{}"}),
    "10000 time-out": ("error", said(10000, "Server Timeout")),
    "10006 limit": ("error", said(10006, "Too many visits. Exceeded the API Rate Limit.")),
    "10016 trouble": ("error", said(10016, "Internal server error.")),
    "10019 restart": ("error", said(10019, "ws trade service is restarting")),
    "10429 flood": ("error", said(10429, "System level frequency protection")),
    "20003 session flood": ("error", said(20003, "Too frequent requests under the same session")),
    "20006 repeated request": ("error", said(20006, "reqId is duplicated")),
    "110072 repeated id": ("error", said(110072, "OrderLinkedID is duplicate")),
    "170146 creation time-out": ("error", said(170146, "Order creation timeout.")),
    "a definitive code with the words of a repetition": ("error", said(110007, "Duplicate order.")),
    "a code that nobody knows": ("error", said(199999, "New rule.")),
}


@pytest.mark.parametrize("case", PROVES_NOTHING)
async def test_an_order_without_proof_is_in_doubt_and_is_never_sent_again(trader: BybitTrader, case: str) -> None:
    kind, fields = PROVES_NOTHING[case]
    await trader.venue.fault(CREATE, kind, **fields)
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    # The venue has it all the same, says so on the stream, and gives it back when asked to.
    await trader.status(client_order_id, VenueOrderStatus.ACCEPTED)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert not any(
        isinstance(one, OrderStatusReport) and one.status is VenueOrderStatus.REJECTED
        for one in trader.inbox.of(client_order_id)
    )
    assert await trader.venue.times_asked(client_order_id) == 1
    assert len(await trader.venue.orders(client_order_id)) == 1


async def test_an_order_whose_connection_breaks_off_is_asked_about_by_the_next_one(trader: BybitTrader) -> None:
    await trader.venue.fault(CREATE, "tear")
    client_order_id = await trader.send(trader.order())
    assert "trade stream" in (await trader.down()).reason
    await trader.connect()
    assert [one.client_order_id for one in await trader.session.open_orders()] == [client_order_id]
    assert await trader.venue.times_asked(client_order_id) == 1


async def test_an_order_in_doubt_that_never_arrived_is_unknown_to_the_venue(trader: BybitTrader) -> None:
    await trader.venue.fault(CREATE, "error", late=False, **said(10016, "Internal server error."))
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    assert await trader.session.query(trader.question(client_order_id)) is None


async def test_an_order_that_comes_too_late_is_refused_by_the_venue_itself(trader: BybitTrader) -> None:
    await trader.venue.command("clock", offset_ms=6_000)  # as if it had been 6 s under way
    client_order_id = await trader.send(trader.order())
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert "10002" in report.reason
    assert trader.session.capabilities.query_lag_ns > 5_000_000_000


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 503, "body": "Service Unavailable."},
        {"status": 403, "body": "access too frequent"},
        {"status": 429, "body": "{}"},
        {"status": 200, "body": '{"retCode": 10006, "retMsg": "Too many visits."}'},
    ],
)
async def test_a_cancel_that_http_turns_away_goes_the_way_of_orders(
    node: LiveNode, venue: SimulatedVenue, refusal: dict[str, object]
) -> None:
    trader = BybitTrader(bybit_session(settings_for(venue), lambda: node.kernel, time.time_ns), venue)
    await trader.connect()
    client_order_id = await trader.rest()
    await trader.venue.fault(CANCEL, "error", late=False, **refusal)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    asked = [one["path"] for one in await trader.venue.look("requests") if one["clientOrderId"] == client_order_id]
    assert asked[-2:] == ["/v5/order/cancel", "order.cancel"]
    await trader.session.disconnect()


async def test_an_address_that_was_turned_away_is_left_alone_by_the_next_connection_too(
    node: LiveNode, venue: SimulatedVenue
) -> None:
    session = bybit_session(settings_for(venue), lambda: node.kernel, time.time_ns)
    await venue.fault("GET /v5/user/query-api", "error", status=403, body="access too frequent")
    for said in ("HTTP 403", "the venue's limit"):
        with pytest.raises(VenueUnavailableError, match=said):
            await session.connect(Inbox(), Inbox())


async def test_the_venues_limit_delays_orders_and_never_cancels(node: LiveNode, venue: SimulatedVenue) -> None:
    """Ten a second, of each: the eleventh cancel of a second would wait, the first waits for no order."""
    slow = bybit_session(settings_for(venue, orders_per_second=10), lambda: node.kernel, time.time_ns)
    trader = BybitTrader(slow, venue)
    await trader.connect()
    first = await trader.rest()
    begun = [await trader.send(trader.order()) for _ in range(25)]
    await trader.cancel(first)
    await trader.status(first, VenueOrderStatus.CANCELED)
    assert [one for one in begun if trader.inbox.of(one) == []]  # some still wait for their turn
    for one in begun:
        await trader.status(one, VenueOrderStatus.ACCEPTED)
        assert await venue.times_asked(one) == 1
    await slow.disconnect()


async def test_an_order_that_would_wait_too_long_is_not_sent(node: LiveNode, venue: SimulatedVenue) -> None:
    slow = bybit_session(settings_for(venue, orders_per_second=1), lambda: node.kernel, time.time_ns)
    trader = BybitTrader(slow, venue)
    await trader.connect()
    sent = [await trader.send(trader.order()) for _ in range(8)]
    assert "the venue's limit" in (await trader.report(sent[-1], OrderNotSent)).reason
    assert await venue.times_asked(sent[-1]) == 0
    await slow.disconnect()
