"""Answers that never come, or prove nothing: in doubt is what the core must hear, and the venue sees one order."""

from __future__ import annotations

import json

import pytest

from adapters.nautilus.live import LiveNode
from adapters.nautilus.okx_session import okx_session
from ports.errors import VenueUnavailableError
from ports.reports import OrderNotSent, OrderOutcomeUnknown, OrderStatusReport, VenueOrderStatus
from ports.values import AccountId

from simulators.live_trader import LiveTrader
from simulators.okx_account import SITE, settings_for
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")
PLACE = "WS order"
CANCEL = "POST /api/v5/trade/cancel-order"


def said(code: str, msg: str, outer: str = "1") -> dict[str, object]:
    """Return an answer of the venue that says no to one order."""
    data = [{"ordId": "", "clOrdId": "$NAME", "tag": "", "sCode": code, "sMsg": msg}]
    return {"body": json.dumps({"id": "$ID", "op": "order", "code": outer, "msg": "", "data": data})}


PROVES_NOTHING: dict[str, tuple[str, dict[str, object]]] = {
    "no answer at all": ("no_answer", {}),
    "an answer to no request": ("error", {"body": '{"id": "x", "op": "order", "code": "0", "msg": "", "data": []}'}),
    "an answer without data": ("error", {"body": '{"id": "$ID", "op": "order", "code": "1", "msg": "", "data": []}'}),
    "taken, without a number": ("error", said("0", "", "0")),
    "50001 unavailable": ("error", said("50001", "Service temporarily unavailable. Try again later")),
    "50004 time-out": ("error", said("50004", "API endpoint request timeout")),
    "50011 too often": ("error", said("50011", "Rate limit reached.")),
    "50013 busy": ("error", said("50013", "Systems are busy. Please try again later.")),
    "50026 system error": ("error", said("50026", "System error. Try again later")),
    "50061 too often": ("error", said("50061", "The maximum sub-account rate limit has been reached.")),
    "51016 duplicate": ("error", said("51016", "Client order ID already exists.")),
    "51000 duplicate": ("error", said("51000", "Duplicated clOrdId.")),
    "51054 time-out": ("error", said("51054", "Request timed out. Please try again.")),
    "51149 time-out": ("error", said("51149", "Order timed out. Please try again later.")),
    "a code that nobody knows": ("error", said("59999", "New rule.")),
}


@pytest.mark.parametrize("case", PROVES_NOTHING)
async def test_an_order_without_proof_is_in_doubt_and_is_never_sent_again(trader: LiveTrader, case: str) -> None:
    kind, fields = PROVES_NOTHING[case]
    await trader.venue.fault(PLACE, kind, status=200, **fields)
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


@pytest.mark.parametrize("late", [True, False])
async def test_an_order_whose_connection_breaks_is_in_doubt_and_no_later_connection_carries_it(
    trader: LiveTrader, late: bool
) -> None:
    """Nautilus's own client connects anew by itself, and hands over again what it takes for unsent."""
    await trader.venue.fault(PLACE, "tear", late=late)
    client_order_id = await trader.send(trader.order())
    await trader.down()
    await trader.connect()
    await trader.rest()
    assert await trader.venue.times_asked(client_order_id) == 1
    if late:
        assert await trader.session.query(trader.question(client_order_id)) is not None
    else:  # it was leaving as the connection broke, and no time has passed since by this session's clock
        with pytest.raises(VenueUnavailableError, match="under way"):
            await trader.session.query(trader.question(client_order_id))


async def test_orders_sent_while_nobody_is_connected_are_proven_unsent_and_never_follow(
    trader: LiveTrader, node: LiveNode
) -> None:
    """What Nautilus still holds when its time is over must not leave later."""
    settings = settings_for(trader.venue, account=AccountId("OKX-SLOW"), orders_per_2s=1, answer_s=1.0)
    await trader.session.disconnect()
    slow = LiveTrader(okx_session(settings, lambda: node.kernel, lambda: 0), trader.venue, SITE)
    await slow.connect()
    first, second = await slow.send(slow.order()), await slow.send(slow.order())  # no turn for it within the bound
    await slow.status(first, VenueOrderStatus.ACCEPTED)
    await slow.report(second, OrderNotSent)
    assert await slow.venue.times_asked(second) == 0
    await slow.cancel(first)
    await slow.status(first, VenueOrderStatus.CANCELED)
    assert await slow.venue.times_asked(second) == 0
    await slow.session.disconnect()


async def test_an_order_in_doubt_that_never_arrived_is_unknown_to_the_venue(trader: LiveTrader) -> None:
    await trader.venue.fault(PLACE, "error", late=False, **said("50001", "Service temporarily unavailable."))
    client_order_id = await trader.send(trader.order())
    await trader.report(client_order_id, OrderOutcomeUnknown)
    assert await trader.session.query(trader.question(client_order_id)) is None


async def test_an_order_that_comes_too_late_is_void_and_the_lag_covers_it(trader: LiveTrader) -> None:
    await trader.venue.command("clock", offset_ms=6_000)  # as if it had been 6 s under way
    client_order_id = await trader.send(trader.order())
    report = await trader.report(client_order_id, OrderOutcomeUnknown)
    assert "51149" in report.reason
    assert await trader.venue.orders(client_order_id) == []
    assert trader.session.capabilities.query_lag_ns > 5_000_000_000


async def test_a_deadline_is_told_in_the_venues_own_time(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.command("clock", offset_ms=20_000)
    await trader.connect()
    client_order_id = await trader.rest()
    assert await trader.venue.orders(client_order_id)


async def test_a_cancel_without_answer_settles_nothing_and_may_be_repeated(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(CANCEL, "error", status=503, body="Service Unavailable.", late=False)
    await trader.cancel(client_order_id)
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)


async def test_cancels_go_on_while_orders_are_turned_away(trader: LiveTrader) -> None:
    resting = await trader.rest()
    await trader.venue.command("limits", orders=0)
    too_many = await trader.send(trader.order())
    await trader.report(too_many, OrderOutcomeUnknown)
    await trader.venue.command("limits", orders=100_000)
    await trader.cancel(resting)
    await trader.status(resting, VenueOrderStatus.CANCELED)
    assert await trader.venue.times_asked(too_many) == 1


@pytest.mark.parametrize("status", [403, 418])
async def test_a_venue_that_bars_this_address_is_asked_for_nothing_by_a_new_connection_either(
    venue: SimulatedVenue, node: LiveNode, status: int
) -> None:
    settings = settings_for(venue, account=AccountId("OKX-BARRED"), answer_s=1.0, probe_s=1_000.0)
    barred = LiveTrader(okx_session(settings, lambda: node.kernel, lambda: 0), venue, SITE)
    await barred.connect()
    resting = await barred.rest()
    await venue.fault("GET /api/v5/trade/order", "error", status=status, body="<html>Access denied</html>")
    for _ in range(2):
        with pytest.raises(VenueUnavailableError):
            await barred.session.query(barred.question(resting))
    unsent = await barred.send(barred.order())
    await barred.report(unsent, OrderNotSent)
    await barred.session.disconnect()
    with pytest.raises(VenueUnavailableError):
        await barred.connect()
    asked = await venue.look("requests")
    assert [one["path"] for one in asked if one["clientOrderId"] == resting] == ["order", "/api/v5/trade/order"]
    assert await venue.times_asked(unsent) == 0
