"""Asking the venue: "none" is an answer, silence is not, and nothing that ended long ago is taken for unknown."""

from __future__ import annotations

import pytest

from ports.errors import VenueUnavailableError
from ports.reports import VenueOrderStatus
from ports.values import ClientOrderId

from simulators.deribit.trader import CALL, LINEAR, PERPETUAL, Connect, DeribitTrader

HOUR_MS = 3_600_000
NOBODY = ClientOrderId("neverheardof")


@pytest.mark.parametrize("instrument", [PERPETUAL, LINEAR, CALL])
async def test_an_order_that_was_never_there_is_none(trader: DeribitTrader, instrument: object) -> None:
    assert await trader.evidence(NOBODY, instrument) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["no_answer", "tear", "error"])
@pytest.mark.parametrize("method", ["private/get_order_state_by_label", "private/get_order_history_by_instrument"])
async def test_no_answer_is_never_none(connect: Connect, kind: str, method: str) -> None:
    trader = await connect(answer_s="0.3")
    await trader.venue.fault(method, kind, status=10004, body="order_not_found")
    with pytest.raises(VenueUnavailableError):
        await trader.evidence(NOBODY)


@pytest.mark.parametrize("method", ["get_open_orders", "get_positions", "get_account_summaries"])
async def test_silence_about_the_account_is_not_none(connect: Connect, method: str) -> None:
    trader = await connect(answer_s="0.3")
    await trader.venue.fault(f"private/{method}", "no_answer", times=3)
    asked = {"get_open_orders": trader.session.open_orders, "get_positions": trader.session.positions}
    with pytest.raises(VenueUnavailableError):
        await asked.get(method, trader.session.balances)()


@pytest.mark.parametrize("hours", [0, 1, 30])
@pytest.mark.parametrize("state", ["filled", "canceled"])
async def test_an_order_that_ended_long_ago_is_found_in_the_records(
    trader: DeribitTrader, hours: int, state: str
) -> None:
    """Deribit keeps ended orders at hand for half an hour, trades for a day; after that only its records have them."""
    name = await trader.rest()
    if state == "filled":
        await trader.venue.command("fill", client_order_id=name, quantity="60")
        await trader.venue.command("fill", client_order_id=name, quantity="40")
        await trader.status(name, VenueOrderStatus.FILLED)
    else:
        await trader.cancel(name)
        await trader.status(name, VenueOrderStatus.CANCELED)
    await trader.venue.command("clock", offset_ms=hours * HOUR_MS)
    await trader.session.disconnect()
    await trader.connect()
    evidence = await trader.evidence(name)
    assert evidence is not None
    assert sum(one.quantity for one in evidence.fills) == (100 if state == "filled" else 0)
    assert evidence.status.status is (VenueOrderStatus.FILLED if state == "filled" else VenueOrderStatus.CANCELED)


@pytest.mark.parametrize("hours", [0, 30])
async def test_fills_since_are_those_of_the_stream_under_the_same_ids(trader: DeribitTrader, hours: int) -> None:
    names = [await trader.send(trader.order(price=None, instrument=one, quantity=amount)) for one, amount in TRADED]
    told = [fill for name in names for fill in await trader.fills(name, 1)]
    await trader.venue.command("clock", offset_ms=hours * HOUR_MS)
    await trader.session.disconnect()
    await trader.connect()
    listed = await trader.session.fills_since(told[0].venue_time_ns)
    assert sorted(listed, key=lambda one: one.trade_id) == sorted(told, key=lambda one: one.trade_id)
    assert [one.venue_time_ns for one in listed] == sorted(one.venue_time_ns for one in listed)


TRADED = [(PERPETUAL, "100"), (LINEAR, "0.01"), (CALL, "0.3")]


async def test_more_trades_than_a_page_holds_are_all_listed(trader: DeribitTrader) -> None:
    name = await trader.rest(quantity="30000")
    await trader.venue.command("fill", client_order_id=name, quantity="10", times=1_200)
    await trader.venue.command("fill", client_order_id=name, quantity="10", times=1_300)
    listed = await trader.session.fills_since(0)
    assert len(listed) == 2_500
    assert len({one.trade_id for one in listed}) == 2_500


async def test_trades_that_do_not_add_up_to_the_order_teach_nothing(trader: DeribitTrader) -> None:
    name = await trader.send(trader.order(price=None))
    (fill,) = await trader.fills(name, 1)
    await trader.venue.command("hide_trades", trade_ids=[fill.trade_id])
    with pytest.raises(VenueUnavailableError, match="does not add up"):
        await trader.evidence(name)


async def test_a_label_that_two_orders_have_teaches_nothing(trader: DeribitTrader) -> None:
    name = await trader.rest()
    await trader.venue.command(
        "hand", symbol="BTC-PERPETUAL", side="BUY", quantity="10", price="100", client_order_id=name
    )
    with pytest.raises(VenueUnavailableError, match="2 orders"):
        await trader.evidence(name)


async def test_positions_and_balances_are_the_venues_for_every_currency(trader: DeribitTrader) -> None:
    assert await trader.session.positions() == ()
    for instrument, amount in TRADED:
        await trader.fills(await trader.send(trader.order(price=None, instrument=instrument, quantity=amount)), 1)
    positions = {one.instrument: str(one.quantity) for one in await trader.session.positions() or ()}
    assert positions == {PERPETUAL: "100.0", LINEAR: "0.01", CALL: "0.3"}
    balances = {str(one.currency): one for one in await trader.session.balances() or ()}
    assert set(balances) == {"BTC", "ETH", "USDC"}
    assert balances["ETH"].total == 1_000
    assert 0 < balances["BTC"].free < balances["BTC"].total < 100
