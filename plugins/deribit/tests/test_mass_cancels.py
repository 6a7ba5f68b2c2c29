"""Many cancels at once are one request where they are all that works there, and take nothing else with them."""

from __future__ import annotations

import asyncio
from collections import Counter

from ports.reports import OrderOutcomeUnknown, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.deribit.trader import CALL, FUTURE, PERPETUAL, DeribitTrader

ONE, INSTRUMENT, CURRENCY = (
    "private/cancel_by_label",
    "private/cancel_all_by_instrument",
    "private/cancel_all_by_currency",
)


async def cancels(trader: DeribitTrader) -> Counter[str]:
    """Return how often each kind of cancel was asked for."""
    return Counter(one["method"] for one in await trader.venue.look("requests") if "cancel" in one["method"])


async def gone(trader: DeribitTrader, names: list[ClientOrderId]) -> None:
    for name in names:
        await trader.status(name, VenueOrderStatus.CANCELED)


async def test_all_that_works_in_an_instrument_is_canceled_by_one_request(trader: DeribitTrader) -> None:
    names = [await trader.rest() for _ in range(3)]
    kept = await trader.rest(instrument=CALL, quantity="1", price="0.04")
    for name in names:
        await trader.cancel(name)
    await gone(trader, names)
    assert await cancels(trader) == {INSTRUMENT: 1}
    assert (await trader.evidence(kept, CALL)).status.status is VenueOrderStatus.ACCEPTED


async def test_all_that_works_in_several_instruments_of_a_currency_is_canceled_by_one_request(
    trader: DeribitTrader,
) -> None:
    names = [(await trader.rest(instrument=one), one) for one in (PERPETUAL, FUTURE, FUTURE)]
    kept = await trader.rest(instrument=CALL, quantity="1", price="0.04")  # an option, which another request clears
    for name, instrument in names:
        await trader.cancel(name, instrument)
    await gone(trader, [name for name, _ in names])
    assert await cancels(trader) == {CURRENCY: 1}
    assert (await trader.evidence(kept, CALL)).status.status is VenueOrderStatus.ACCEPTED


async def test_where_an_order_by_hand_works_too_each_is_canceled_by_its_label(trader: DeribitTrader) -> None:
    names = [await trader.rest() for _ in range(3)]
    hand = {"symbol": "BTC-PERPETUAL", "side": "BUY", "quantity": "10", "price": "50000", "client_order_id": "byhand"}
    await trader.venue.command("hand", **hand)
    await trader.status(ClientOrderId("byhand"), VenueOrderStatus.ACCEPTED)
    for name in names:
        await trader.cancel(name)
    await gone(trader, names)
    assert await cancels(trader) == {ONE: 3}
    assert (await trader.venue.orders("byhand"))[0]["status"] == "NEW"


async def test_a_mass_cancel_that_fails_is_followed_by_single_ones(trader: DeribitTrader) -> None:
    names = [await trader.rest() for _ in range(3)]
    await trader.venue.fault(INSTRUMENT, "error", status=11094, body="internal_server_error", late=False)
    for name in names:
        await trader.cancel(name)
    await gone(trader, names)
    assert await cancels(trader) == {INSTRUMENT: 1, ONE: 3}


async def test_an_order_that_comes_meanwhile_or_is_in_doubt_is_not_taken_back_with_the_others(
    trader: DeribitTrader,
) -> None:
    names = [await trader.rest() for _ in range(3)]
    await trader.venue.fault(INSTRUMENT, "delay", delay_ms=300, late=False)
    for name in names:
        await trader.cancel(name)
    await cancels(trader)  # meanwhile the request leaves
    meanwhile = await trader.rest(price="58000")
    await gone(trader, names)
    assert (await trader.venue.orders(meanwhile))[0]["status"] == "NEW"

    lost = trader.order(price="57000")
    await trader.venue.fault("private/buy", "error", status=11094, body="busy", only=lost.client_order_id)
    await trader.venue.fault("user.orders", "drop", only=lost.client_order_id)
    more = [await trader.rest() for _ in range(2)]
    await trader.send(lost)
    await trader.report(lost.client_order_id, OrderOutcomeUnknown)
    for name in (meanwhile, *more):
        await trader.cancel(name)
    await gone(trader, [meanwhile, *more])
    assert await cancels(trader) == {INSTRUMENT: 1, ONE: 3}
    assert (await trader.venue.orders(lost.client_order_id))[0]["status"] == "NEW"


async def test_no_cancel_of_all_begins_while_a_new_order_waits_to_leave(trader: DeribitTrader) -> None:
    names = [await trader.rest() for _ in range(3)]
    other = await trader.rest(instrument=FUTURE)
    await trader.venue.fault(INSTRUMENT, "delay", delay_ms=300, late=False)
    await trader.venue.fault(CURRENCY, "delay", delay_ms=900, late=False)
    for name in names:
        await trader.cancel(name)
    await cancels(trader)  # meanwhile the request leaves
    waiting = asyncio.create_task(trader.rest(price="58000"))
    await asyncio.sleep(0)  # it waits for the first cancel of all now
    for name in names:
        await trader.cancel(name)
    await trader.cancel(other, FUTURE)
    await gone(trader, [*names, other])
    assert (await cancels(trader))[CURRENCY] == 0
    assert (await trader.venue.orders(await waiting))[0]["status"] == "NEW"
