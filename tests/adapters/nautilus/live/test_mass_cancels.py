"""Cancels of all that works in an instrument leave as one request; nothing that nobody asked for is ever taken back."""

import pytest

from ports.errors import VenueUnavailableError
from ports.reports import OrderOutcomeUnknown, VenueOrderStatus
from ports.requests import SendCancel
from ports.values import ClientOrderId

from simulators.live_trader import LiveTrader
from simulators.sites import BYBIT, FUTURES, SPOT, Site

ALL = {
    FUTURES.name: "DELETE /fapi/v1/allOpenOrders",
    SPOT.name: "DELETE /api/v3/openOrders",
    BYBIT.name: "POST /v5/order/cancel-all",
}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=(FUTURES, SPOT, BYBIT), ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def resting(trader: LiveTrader, number: int) -> list[SendCancel]:
    """Place orders that rest, and return the cancel of each."""
    cancels = []
    for _ in range(number):
        name = await trader.rest(quantity="0.002")
        report = await trader.status(name, VenueOrderStatus.ACCEPTED)
        cancels.append(
            SendCancel(
                account=report.account,
                instrument=report.instrument,
                client_order_id=name,
                venue_order_id=report.venue_order_id,
            )
        )
    return cancels


async def asked(trader: LiveTrader) -> tuple[int, int]:
    """Return how many mass cancels and how many single ones the venue was asked for."""
    named = [f"{one['method']} {one['path']}" for one in await trader.venue.look("requests")]
    return named.count(ALL[trader.site.name]), named.count(trader.site.cancel)


async def gone(trader: LiveTrader, names: list[ClientOrderId]) -> None:
    for name in names:
        await trader.status(name, VenueOrderStatus.CANCELED)


async def test_cancels_of_all_that_works_are_one_request(trader: LiveTrader) -> None:
    cancels, before = await resting(trader, 4), await asked(trader)
    for cancel in cancels:
        await trader.session.cancel(cancel)
    await gone(trader, [cancel.client_order_id for cancel in cancels])
    after = await asked(trader)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 0)


async def test_an_order_that_nobody_wants_back_stays_and_the_others_are_asked_for_one_by_one(
    trader: LiveTrader,
) -> None:
    cancels, before = await resting(trader, 4), await asked(trader)
    for cancel in cancels[1:]:
        await trader.session.cancel(cancel)
    await gone(trader, [cancel.client_order_id for cancel in cancels[1:]])
    after = await asked(trader)
    assert (after[0] - before[0], after[1] - before[1]) == (0, 3)
    (kept,) = await trader.venue.orders(cancels[0].client_order_id)
    assert kept["status"] == "NEW"


async def test_a_mass_cancel_that_fails_is_followed_by_single_ones(trader: LiveTrader, site: Site) -> None:
    cancels, before = await resting(trader, 3), await asked(trader)
    await trader.venue.fault(ALL[site.name], "error", status=503, body="", late=False)
    for cancel in cancels:
        await trader.session.cancel(cancel)
    await gone(trader, [cancel.client_order_id for cancel in cancels])
    after = await asked(trader)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 3)


async def test_an_order_that_comes_meanwhile_is_not_taken_back_with_the_others(trader: LiveTrader, site: Site) -> None:
    cancels = await resting(trader, 3)
    await trader.venue.fault(ALL[site.name], "delay", delay_ms=500, late=False)
    for cancel in cancels:
        await trader.session.cancel(cancel)
    await asked(trader)  # meanwhile the request leaves
    name = await trader.rest(quantity="0.002")
    await gone(trader, [cancel.client_order_id for cancel in cancels])
    (kept,) = await trader.venue.orders(name)
    assert kept["status"] == "NEW"


async def test_of_an_order_that_waits_to_leave_it_proves_nothing_that_the_venue_has_none(
    trader: LiveTrader, site: Site
) -> None:
    cancels = await resting(trader, 3)
    await trader.venue.fault(ALL[site.name], "delay", delay_ms=500, late=False)
    for cancel in cancels:
        await trader.session.cancel(cancel)
    await asked(trader)  # meanwhile the request leaves
    order = trader.order(quantity="0.002")
    await trader.send(order)
    with pytest.raises(VenueUnavailableError, match="under way"):
        await trader.session.query(trader.question(order.client_order_id))
    await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
    assert await trader.session.query(trader.question(order.client_order_id)) is not None


async def test_an_order_whose_answer_was_lost_is_not_taken_back_with_the_others(trader: LiveTrader, site: Site) -> None:
    cancels, before = await resting(trader, 3), await asked(trader)
    lost = trader.order(quantity="0.002")
    await trader.venue.fault(site.place, "error", only=lost.client_order_id)
    await trader.venue.fault(site.orders, "drop", only=lost.client_order_id)
    await trader.send(lost)
    await trader.report(lost.client_order_id, OrderOutcomeUnknown)
    for cancel in cancels:
        await trader.session.cancel(cancel)
    await gone(trader, [cancel.client_order_id for cancel in cancels])
    after = await asked(trader)
    assert (after[0] - before[0], after[1] - before[1]) == (0, 3)
    (kept,) = await trader.venue.orders(lost.client_order_id)
    assert kept["status"] == "NEW"
