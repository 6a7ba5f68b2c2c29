"""An answer that proves nothing leaves an order in doubt: never rejected, never sent again, settled by asking."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal

import pytest

from livexec_deribit.orders import DEFINITIVE, NOT_OPEN
from ports.reports import OrderOutcomeUnknown, OrderStatusReport, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.deribit.trader import Connect, DeribitTrader
from simulators.process import SimulatedVenue

LOST: Mapping[str, Mapping[str, object]] = {
    "no answer": {"kind": "no_answer"},
    "no answer, and never carried out": {"kind": "no_answer", "late": False},
    "a torn connection": {"kind": "tear"},
    "settlement": {"kind": "error", "status": 10041, "body": "settlement_in_progress", "late": False},
    "an internal error": {"kind": "error", "status": 11094, "body": "internal_server_error"},
    "an error without a name": {"kind": "error", "status": 10001, "body": "error"},
    "a full queue": {"kind": "error", "status": 10047, "body": "matching_engine_queue_full", "late": False},
    "a code that nobody knows": {"kind": "error", "status": 19999, "body": "new"},
}


def of(trader: DeribitTrader, name: ClientOrderId, kind: type) -> list[object]:
    return [one for one in trader.inbox.of(name) if isinstance(one, kind)]


@pytest.mark.parametrize("case", [name for name in LOST if "torn" not in name])
async def test_an_order_without_proof_is_in_doubt_and_is_never_sent_again(connect: Connect, case: str) -> None:
    trader = await connect(answer_s="0.3")
    fault = dict(LOST[case])
    await trader.venue.fault("private/buy", str(fault.pop("kind")), **fault)
    name = await trader.send(trader.order())
    await trader.report(name, OrderOutcomeUnknown)
    assert await trader.venue.times_asked(name) == 1
    arrived = await trader.venue.orders(name)
    evidence = await trader.evidence(name)
    assert (evidence is None) == (arrived == [])
    assert not [one for one in of(trader, name, OrderStatusReport) if one.status is VenueOrderStatus.REJECTED]  # type: ignore[attr-defined]


async def test_a_torn_connection_is_down_and_what_arrived_is_found_by_the_next_one(trader: DeribitTrader) -> None:
    await trader.venue.fault("private/buy", "tear")
    name = await trader.send(trader.order())
    down = await trader.down()
    assert "closed the connection" in down.reason
    await trader.connect()
    assert (await trader.evidence(name)).status.status is VenueOrderStatus.ACCEPTED
    assert await trader.venue.times_asked(name) == 1


async def test_a_torn_connection_leaves_what_filled_meanwhile_to_the_next_one(trader: DeribitTrader) -> None:
    resting = await trader.rest()
    await trader.venue.command("hang_up")
    await trader.down()
    await trader.venue.command("fill", client_order_id=resting, quantity="100")
    began_ns = trader.inbox.of(resting)[0].venue_time_ns  # type: ignore[union-attr]
    await trader.connect()
    (caught_up,) = await trader.session.fills_since(began_ns)
    assert (caught_up.client_order_id, caught_up.quantity) == (resting, Decimal(100))
    evidence = await trader.evidence(resting)
    assert evidence.fills == (caught_up,)


async def test_an_order_that_comes_too_late_is_not_begun_by_the_venue(trader: DeribitTrader) -> None:
    await trader.venue.command("clock", offset_ms=10_000)  # later than the order's own deadline
    name = await trader.send(trader.order())
    await trader.report(name, OrderOutcomeUnknown)
    assert await trader.venue.orders(name) == []
    assert await trader.evidence(name) is None


async def test_a_cancel_without_answer_settles_nothing_and_may_be_repeated(connect: Connect) -> None:
    trader = await connect(answer_s="0.3")
    name = await trader.rest()
    await trader.venue.fault("private/cancel_by_label", "no_answer", late=False)
    await trader.cancel(name)
    assert (await trader.evidence(name)).status.status is VenueOrderStatus.ACCEPTED
    await trader.cancel(name)
    await trader.status(name, VenueOrderStatus.CANCELED)


async def test_a_cancel_whose_answer_is_lost_is_told_by_the_stream(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.fault("private/cancel_by_label", "no_answer")
    await trader.cancel(name)
    await trader.status(name, VenueOrderStatus.CANCELED)


async def test_orders_that_hang_keep_no_other_waiting(trader: DeribitTrader) -> None:
    await trader.venue.fault("private/buy", "no_answer", late=False, times=3)
    for _ in range(3):
        await trader.send(trader.order())
    name = await trader.rest()
    assert await trader.evidence(name) is not None


async def test_an_answer_after_its_time_disturbs_nobody(connect: Connect, venue: SimulatedVenue) -> None:
    trader = await connect(answer_s="0.2")
    await venue.fault("private/buy", "delay", delay_ms=500, late=True)
    name = await trader.send(trader.order())
    await trader.report(name, OrderOutcomeUnknown)
    async with asyncio.timeout(10):
        while await trader.evidence(name) is None:
            continue
    assert await trader.rest() is not None


def test_what_proves_nothing_is_on_no_list_of_proofs() -> None:
    doubtful = {10001, 10028, 10040, 10041, 10047, 10066, 11030, 11031, 11051, 11094, 13009, 13028, 13503, 13888, 13666}
    assert not doubtful & (DEFINITIVE | NOT_OPEN)
