"""The session in the hands of the venue worker: lost and made again, and what the core hears meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio

from adapters.nautilus.live import LiveNode
from adapters.runtime.venue_worker import VenueWorker, WorkerLimits
from ports.reports import (
    FillReport,
    OrderEvidence,
    OrderNotFound,
    OrderOutcomeUnknown,
    OrderStatusReport,
    QueryUnanswered,
    SessionDown,
    SessionUp,
    VenueOrderStatus,
)
from ports.requests import SendCancel

from fakes.telemetry import RecordingTelemetry
from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


@pytest_asyncio.fixture(loop_scope="module")
async def worker(trader: LiveTrader, node: LiveNode) -> AsyncIterator[VenueWorker]:
    """A worker that keeps the trader's session connected."""
    del node
    await trader.session.disconnect()
    made = VenueWorker(
        trader.session, trader.inbox, trader.inbox, time.time_ns, RecordingTelemetry(), WorkerLimits(call_s=5.0)
    )
    running = asyncio.ensure_future(made.run())
    await ups(trader, 1)
    yield made
    running.cancel()
    await asyncio.wait([running])
    await made.stop()


async def ups(trader: LiveTrader, number: int) -> SessionUp:
    """Wait until the session has come up that often."""

    def enough() -> SessionUp | None:
        found = [one for one in trader.inbox.reports if isinstance(one, SessionUp)]
        return found[-1] if len(found) >= number else None

    return await trader.inbox.wait(enough)


async def test_it_comes_up_with_the_instruments(trader: LiveTrader, worker: VenueWorker) -> None:
    assert worker.is_connected
    assert trader.site.btc in {one.key for one in (await ups(trader, 1)).instruments}


@pytest.mark.parametrize("which", [0, 1])
async def test_a_lost_stream_is_told_and_made_again_and_nothing_is_sent_twice(
    trader: LiveTrader, worker: VenueWorker, which: int
) -> None:
    order = trader.order()
    worker.put(order)
    await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
    how, what = trader.site.breaks[which]
    await trader.venue.command(how, **what)
    await trader.down()
    await trader.venue.command("fill", client_order_id=order.client_order_id, quantity="0.004")  # nobody listens
    await ups(trader, 2)
    worker.put(trader.question(order.client_order_id))
    evidence = await trader.report_of_hole(order.client_order_id)
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.004")]
    kinds = [type(one) for one in trader.inbox.reports if isinstance(one, SessionUp | SessionDown)]
    assert kinds == [SessionUp, SessionDown, SessionUp]
    assert await trader.venue.times_asked(order.client_order_id) == 1


async def test_an_order_without_answer_is_in_doubt_before_the_workers_own_patience_ends(
    trader: LiveTrader, worker: VenueWorker
) -> None:
    await trader.venue.fault(trader.site.place, "no_answer")
    order = trader.order(price=None)
    worker.put(order)
    await trader.report(order.client_order_id, OrderOutcomeUnknown)
    worker.put(trader.question(order.client_order_id))
    evidence = await trader.report_of_hole(order.client_order_id)
    assert evidence.status.status is VenueOrderStatus.FILLED
    told = [one for one in trader.inbox.of(order.client_order_id) if isinstance(one, FillReport)]
    assert {fill.trade_id for fill in told} == {fill.trade_id for fill in evidence.fills}


async def test_not_found_is_no_answer_while_the_order_may_still_be_under_way(
    trader: LiveTrader, worker: VenueWorker
) -> None:
    kind, fields = trader.site.no_proof
    await trader.venue.fault(trader.site.place, kind, **fields)
    order = trader.order()
    worker.put(order)
    await trader.report(order.client_order_id, OrderOutcomeUnknown)
    worker.put(trader.question(order.client_order_id))
    unanswered = await trader.report(order.client_order_id, QueryUnanswered)
    assert "may not show it yet" in unanswered.reason
    assert not any(isinstance(one, OrderNotFound) for one in trader.inbox.reports)


async def test_many_orders_and_their_cancels_are_all_carried_out_once(trader: LiveTrader, worker: VenueWorker) -> None:
    orders = [trader.order(quantity="0.002") for _ in range(60)]
    for order in orders:
        worker.put(order)
    for order in orders:
        await trader.status(order.client_order_id, VenueOrderStatus.ACCEPTED)
        worker.put(
            SendCancel(
                account=order.account,
                instrument=order.instrument,
                client_order_id=order.client_order_id,
                venue_order_id=None,
            )
        )
    for order in orders:
        await trader.status(order.client_order_id, VenueOrderStatus.CANCELED)
        said = [one.status for one in trader.inbox.of(order.client_order_id) if isinstance(one, OrderStatusReport)]
        assert said == [VenueOrderStatus.ACCEPTED, VenueOrderStatus.CANCELED]
    asked = (await trader.venue.look("orders"))["asked"]
    assert {asked[order.client_order_id] for order in orders} == {1}
    assert not any(isinstance(one, OrderEvidence) for one in trader.inbox.reports)
