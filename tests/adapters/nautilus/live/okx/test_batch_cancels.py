"""Many cancels at OKX leave as few requests, each order by its name: what nobody named stays, whenever it comes."""

import pytest

from ports.reports import CancelRefused, VenueOrderStatus
from ports.requests import SendCancel
from ports.values import ClientOrderId

from simulators.live_trader import LiveTrader

BATCH, SINGLE = "POST /api/v5/trade/cancel-batch-orders", "POST /api/v5/trade/cancel-order"
pytestmark = pytest.mark.asyncio(loop_scope="module")


def cancel_of(trader: LiveTrader, name: ClientOrderId) -> SendCancel:
    question = trader.question(name)
    return SendCancel(
        account=question.account, instrument=question.instrument, client_order_id=name, venue_order_id=None
    )


async def asked(trader: LiveTrader) -> tuple[int, int]:
    """Return how many requests for several cancels and for one the venue was sent."""
    named = [f"{one['method']} {one['path']}" for one in await trader.venue.look("requests")]
    return named.count(BATCH), named.count(SINGLE)


async def cancel(trader: LiveTrader, names: list[ClientOrderId]) -> tuple[int, int]:
    """Ask for cancels in one turn of the loop, and return by how many requests of each kind they left."""
    before = await asked(trader)
    for name in names:
        await trader.session.cancel(cancel_of(trader, name))
    for name in names:
        await trader.status(name, VenueOrderStatus.CANCELED)
    after = await asked(trader)
    return after[0] - before[0], after[1] - before[1]


async def test_cancels_leave_twenty_in_a_request_and_an_order_that_nobody_named_stays(trader: LiveTrader) -> None:
    names = [await trader.rest(quantity="0.002") for _ in range(24)]
    assert await cancel(trader, names[1:23]) == (1, 2)  # 20 together, and the two that are left
    for name in (names[0], names[23]):
        (kept,) = await trader.venue.orders(name)
        assert kept["status"] == "NEW"


async def test_one_that_is_refused_is_told_and_the_others_are_canceled(trader: LiveTrader) -> None:
    names = [await trader.rest(quantity="0.002") for _ in range(3)]
    gone = await trader.rest(quantity="0.002")
    await cancel(trader, [gone])
    before = await asked(trader)
    for name in (*names, gone):
        await trader.session.cancel(cancel_of(trader, name))
    for name in names:
        await trader.status(name, VenueOrderStatus.CANCELED)
    refused = await trader.report(gone, CancelRefused)
    assert refused.reason.startswith("51400")
    assert await asked(trader) == (before[0] + 1, before[1])


@pytest.mark.parametrize("kind", ["error", "no_answer"])
async def test_a_request_that_fails_is_followed_by_single_ones(trader: LiveTrader, kind: str) -> None:
    names = [await trader.rest(quantity="0.002") for _ in range(3)]
    await trader.venue.fault(BATCH, kind, status=503, body="", late=False)
    assert await cancel(trader, names) == (1, 3)
