"""The dead man: who is frozen or gone has their orders taken back by the venue; who hangs up on purpose does not."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.nautilus.live import LiveNode
from ports.reports import VenueOrderStatus

from simulators.live_trader import LiveTrader
from simulators.okx_account import SITE as OKX
from simulators.process import SimulatedVenue
from simulators.sites import BYBIT, FUTURES, Site

WITHIN_S = 10
SILENT_S = 20  # by then Bybit takes a connection that says nothing for gone, and begins to wait
BEAT = {
    FUTURES.name: "POST /fapi/v1/countdownCancelAll",
    BYBIT.name: "POST /v5/order/disconnected-cancel-all",
    OKX.name: "POST /api/v5/trade/cancel-all-after",
}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=(FUTURES, BYBIT, OKX), ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(site: Site, venue: SimulatedVenue) -> AsyncIterator[LiveNode]:
    """A running node whose account has a dead man."""
    running = LiveNode([site.settings(venue, {"dead_man_s": WITHIN_S})])
    await running.start()
    yield running
    await running.stop()


async def beats(trader: LiveTrader) -> list[dict[str, str]]:
    """Return what the venue was told, oldest first."""
    asked = await trader.venue.look("requests")
    return [one["params"] for one in asked if f"{one['method']} {one['path']}" == BEAT[trader.site.name]]


async def protected(trader: LiveTrader, within_s: int) -> None:
    """Wait until the session says so."""
    while trader.session.pulse().dead_man_s != within_s:  # type: ignore[attr-defined]  # a session of ours has one
        await trader.venue.look("state")


async def test_the_orders_of_a_process_that_is_not_heard_of_are_taken_back(trader: LiveTrader, site: Site) -> None:
    await protected(trader, WITHIN_S)
    resting = await trader.rest()
    await trader.venue.fault(BEAT[site.name], "no_answer", late=False, times=100)  # as if it were frozen
    await trader.venue.command("clock", offset_ms=(SILENT_S + WITHIN_S) * 1_000)
    assert (await trader.status(resting, VenueOrderStatus.CANCELED)).filled_quantity == 0


async def test_who_hangs_up_on_purpose_leaves_the_orders_as_they_are(trader: LiveTrader) -> None:
    await protected(trader, WITHIN_S)
    resting = await trader.rest()
    await trader.session.disconnect()
    assert trader.session.pulse().dead_man_s == 0  # type: ignore[attr-defined]  # as above
    await trader.venue.command("clock", offset_ms=2 * (SILENT_S + WITHIN_S) * 1_000)
    (order,) = await trader.venue.orders(resting)
    assert order["status"] == "NEW"


async def test_a_venue_that_was_not_told_protects_nobody_and_is_told_again(trader: LiveTrader, site: Site) -> None:
    await trader.session.disconnect()
    await trader.venue.fault(BEAT[site.name], "error", status=503, body="", late=False, times=1)
    before = len(await beats(trader))
    await trader.connect()
    await protected(trader, WITHIN_S)
    assert len(await beats(trader)) > before + 1


@pytest.mark.parametrize("site", [BYBIT], ids=lambda site: site.name, indirect=True, scope="module")
async def test_a_connection_that_breaks_is_waited_for_and_one_that_comes_back_in_time_is_none_too_late(
    trader: LiveTrader,
) -> None:
    await protected(trader, WITHIN_S)
    resting = await trader.rest()
    await trader.venue.command("hang_up", what="private")
    await trader.down()
    await trader.connect()
    await protected(trader, WITHIN_S)
    await trader.venue.command("clock", offset_ms=(WITHIN_S + 1) * 1_000)
    (order,) = await trader.venue.orders(resting)
    assert order["status"] == "NEW"
    await trader.venue.command("clock", offset_ms=0)
    await trader.venue.command("hang_up", what="private")
    while "dcp.future" in (await trader.venue.look("state"))["privateTopics"]:
        pass
    await trader.venue.command("clock", offset_ms=(WITHIN_S + 1) * 1_000)
    (order,) = await trader.venue.orders(resting)
    assert order["status"] == "CANCELED"
