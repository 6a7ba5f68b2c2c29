"""Answers that never come, or prove nothing: in doubt is what the core must hear, and the venue sees one order."""

from __future__ import annotations

import json

import pytest

from ports.reports import CancelRefused, OrderOutcomeUnknown, OrderStatusReport, VenueOrderStatus

from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


def said(code: int, msg: str) -> str:
    """Return an answer of the venue that says no."""
    return json.dumps({"code": code, "msg": msg})


PROVES_NOTHING = {
    "no answer at all": ("no_answer", {}),
    "an answer that breaks off": ("tear", {}),
    "unreadable": ("error", {"status": 200, "body": "<html>busy</html>"}),
    "another answer than asked for": ("error", {"status": 200, "body": "{}"}),
    "500": ("error", {"status": 500, "body": said(-1000, "An unknown error occurred while processing the request.")}),
    "502 without words": ("error", {"status": 502, "body": "Bad Gateway"}),
    "503 unknown": ("error", {"status": 503, "body": said(-1000, "Unknown error, please check your request.")}),
    "503 with a code that would be definitive": ("error", {"status": 503, "body": said(-2010, "Rejected.")}),
    "504 -1007": ("error", {"status": 504, "body": said(-1007, "Timeout waiting for response from backend server.")}),
    "400 -1007": ("error", {"status": 400, "body": said(-1007, "Timeout waiting for response from backend server.")}),
    "400 -1001": ("error", {"status": 400, "body": said(-1001, "Internal error; unable to process your request.")}),
    "400 -1008": ("error", {"status": 400, "body": said(-1008, "Server is currently overloaded.")}),
    "400 without code": ("error", {"status": 400, "body": "Bad Request"}),
    "403 by a firewall": ("error", {"status": 403, "body": "Forbidden"}),
    "408": ("error", {"status": 408, "body": said(-1007, "Timeout.")}),
    "418": ("error", {"status": 418, "body": said(-1003, "Way too many requests; IP banned.")}),
    "429 -1003": ("error", {"status": 429, "body": said(-1003, "Too many requests.")}),
    "429 -1015": ("error", {"status": 429, "body": said(-1015, "Too many new orders.")}),
    "duplicate -4116": ("error", {"status": 400, "body": said(-4116, "ClientOrderId is duplicated.")}),
    "duplicate -2010": ("error", {"status": 400, "body": said(-2010, "Duplicate order sent.")}),
    "a code that nobody knows": ("error", {"status": 400, "body": said(-9999, "New rule.")}),
}


@AT_BINANCE
@pytest.mark.parametrize("case", PROVES_NOTHING)
async def test_an_order_without_proof_is_in_doubt_and_is_never_sent_again(trader: LiveTrader, case: str) -> None:
    kind, fields = PROVES_NOTHING[case]
    await trader.venue.fault(trader.site.place, kind, **fields)
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


@AT_BINANCE
async def test_an_order_in_doubt_that_never_arrived_is_unknown_to_the_venue(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.place, "error", status=503, body="Service Unavailable.", late=False)
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    assert await trader.session.query(trader.question(client_order_id)) is None


async def test_an_order_in_doubt_that_filled_is_found_with_its_trades(trader: LiveTrader) -> None:
    await trader.venue.command("silent", silent=True)
    kind, fields = trader.site.lost_answer
    await trader.venue.fault(trader.site.place, kind, **fields)
    client_order_id = await trader.send(trader.order(price=None))
    await trader.doubt(client_order_id)  # the silent stream may be noticed before the answer is given up
    evidence = await trader.session.query(trader.question(client_order_id))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED
    assert sum(fill.quantity for fill in evidence.fills) == evidence.status.filled_quantity


@AT_BINANCE
async def test_an_order_that_comes_too_late_is_refused_by_the_venue_itself(trader: LiveTrader) -> None:
    await trader.venue.command("clock", offset_ms=6_000)  # as if it had been 6 s under way
    client_order_id = await trader.send(trader.order())
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert "-1021" in report.reason
    assert trader.session.capabilities.query_lag_ns > 5_000_000_000


@AT_BINANCE
async def test_a_cancel_without_answer_settles_nothing_and_may_be_repeated(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.cancel, "error", status=503, body="Service Unavailable.", late=False)
    await trader.cancel(client_order_id)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)


async def test_a_cancel_whose_answer_is_lost_is_told_by_the_stream(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.cancel, "no_answer")
    await trader.cancel(client_order_id)
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert report.filled_quantity == 0
    await trader.rest()  # a second asking, where there is another way, has been refused by now
    assert not [one for one in trader.inbox.of(client_order_id) if isinstance(one, CancelRefused)]


async def test_orders_that_hang_keep_no_other_waiting(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.place, "no_answer", times=20, only="hang")
    hanging = [await trader.send(trader.order(client_order_id=f"hang{number}")) for number in range(20)]
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    for one in hanging:
        await trader.report(one, OrderOutcomeUnknown)
        assert await trader.venue.times_asked(one) == 1
