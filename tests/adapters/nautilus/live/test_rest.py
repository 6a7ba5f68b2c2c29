"""A venue that says that it was too much is left alone for as long as it says; cancels have a lane of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.nautilus.live import LiveNode, session_of
from adapters.nautilus.live_session import LiveSession
from ports.errors import VenueUnavailableError
from ports.reports import OrderNotSent, OrderOutcomeUnknown, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.live_trader import LiveTrader
from simulators.process import SimulatedVenue
from simulators.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG_S = 600


@pytest_asyncio.fixture(loop_scope="module")
async def hasty(site: Site, venue: SimulatedVenue, node: LiveNode) -> AsyncIterator[LiveTrader]:
    """A trader of a session of its own: what it is told to leave alone, no other test has to."""
    desk = LiveTrader(session_of(site.settings(venue, {}), lambda: node.kernel, lambda: 1), venue, site)
    await venue.command("calm")
    await desk.connect()
    yield desk
    await venue.command("calm")
    await desk.session.disconnect()


async def asked_so_far(trader: LiveTrader) -> int:
    return len(await trader.venue.look("requests"))


async def is_left_alone(trader: LiveTrader, where: str) -> bool:
    """Say whether an order and a question are turned away here, and reach nobody."""
    before = await asked_so_far(trader)
    client_order_id = await trader.send(trader.order())
    unsent = await trader.report(client_order_id, OrderNotSent)
    assert "left alone" in unsent.reason
    method, path = where.split()
    later = (await trader.venue.look("requests"))[before:]
    return not [one for one in later if (one["method"], one["path"]) == (method, path)]


async def test_after_429_nothing_but_cancels_goes_there(hasty: LiveTrader) -> None:
    resting = await hasty.rest()
    too_many = {"status": 429, "body": '{"code": -1003, "msg": "Too many requests."}', "retry_after_s": LONG_S}
    await hasty.venue.fault(hasty.site.query, "error", **too_many)
    with pytest.raises(VenueUnavailableError, match="-1003"):
        await hasty.session.query(hasty.question(resting))
    assert await is_left_alone(hasty, hasty.site.place)
    with pytest.raises(VenueUnavailableError, match="left alone"):
        await hasty.session.query(hasty.question(resting))
    await hasty.cancel(resting)
    await hasty.status(resting, VenueOrderStatus.CANCELED)


async def test_an_order_that_was_too_much_is_in_doubt_itself_and_is_not_sent_again(hasty: LiveTrader) -> None:
    too_many = {"status": 429, "body": '{"code": -1015, "msg": "Too many new orders."}', "retry_after_s": LONG_S}
    await hasty.venue.fault(hasty.site.place, "error", late=False, **too_many)
    client_order_id = await hasty.send(hasty.order())
    await hasty.report(client_order_id, OrderOutcomeUnknown)
    assert await is_left_alone(hasty, hasty.site.place)
    assert await hasty.session.query(hasty.question(client_order_id)) is None  # questions are counted apart
    assert await hasty.venue.times_asked(client_order_id) == 1


async def test_after_418_nothing_goes_there_and_a_new_connection_is_no_way_around(hasty: LiveTrader) -> None:
    resting = await hasty.rest()
    banned = {"status": 418, "body": '{"code": -1003, "msg": "Way too many requests."}', "retry_after_s": LONG_S}
    await hasty.venue.fault(hasty.site.query, "error", **banned)
    with pytest.raises(VenueUnavailableError, match="-1003"):
        await hasty.session.query(hasty.question(resting))
    before = await asked_so_far(hasty)
    await hasty.cancel(resting)
    await hasty.session.disconnect()
    with pytest.raises(VenueUnavailableError, match="left alone"):
        await hasty.connect()
    later = (await hasty.venue.look("requests"))[before:]
    assert [one for one in later if one["path"] == hasty.site.cancel.split()[1] and one["method"] != "GET"] == []


async def test_a_stream_goes_on_while_the_venue_is_left_alone(hasty: LiveTrader) -> None:
    resting = await hasty.rest()
    too_many = {"status": 429, "body": '{"code": -1003, "msg": "Too many requests."}', "retry_after_s": LONG_S}
    await hasty.venue.fault(hasty.site.open_orders, "error", **too_many)
    with pytest.raises(VenueUnavailableError):
        await hasty.session.open_orders()
    await hasty.venue.command("fill", client_order_id=resting, quantity="0.010")
    await hasty.fills(ClientOrderId(resting), 1)


async def test_orders_beyond_the_venues_limit_wait_for_their_turn_or_were_never_sent(
    site: Site, venue: SimulatedVenue, node: LiveNode
) -> None:
    settings = site.settings(venue, {"orders_per_10s": 10, "answer_s": 0.5})
    desk = LiveTrader(session_of(settings, lambda: node.kernel, lambda: 1), venue, site)
    await desk.connect()
    sent = [await desk.send(desk.order()) for _ in range(12)]
    for client_order_id in sent[:10]:
        await desk.status(client_order_id, VenueOrderStatus.ACCEPTED)
    for client_order_id in sent[10:]:
        unsent = await desk.report(client_order_id, OrderNotSent)
        assert "left no room" in unsent.reason
    asked = (await venue.look("orders"))["asked"]
    assert [asked.get(client_order_id, 0) for client_order_id in sent] == [1] * 10 + [0] * 2
    await desk.cancel(sent[0])  # cancels wait for nobody
    await desk.status(sent[0], VenueOrderStatus.CANCELED)
    await desk.session.disconnect()


async def test_what_everything_weighs_by_the_venues_own_count_is_shown(hasty: LiveTrader) -> None:
    assert isinstance(hasty.session, LiveSession)
    (weight,) = [one for one in hasty.session.pulse().budgets if one.name == "weight in 60 s"]
    assert weight.left < weight.most, "it has asked a good deal to connect"
