"""Logging in, staying logged in, being turned away, hanging up, and the venue's own limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
import pytest_asyncio

from livexec_deribit.credits import Credits
from livexec_deribit.session import DeribitSession
from livexec_deribit.settings import DeribitSettings
from ports.errors import NotSentError, VenueUnavailableError
from ports.reports import VenueOrderStatus
from ports.venue_pulse import HasPulse, Pulse

from simulators.deribit.trader import CALL, FUTURE, LINEAR, PERPETUAL, Connect, DeribitTrader
from simulators.live_trader import Inbox
from simulators.process import SimulatedVenue

type Settings = Callable[..., DeribitSettings]


async def test_it_lists_what_was_asked_for_and_no_combo_and_no_spot_pair(
    trader: DeribitTrader,
) -> None:
    inbox = Inbox()
    listed = {one.key: one for one in await trader.session.connect(inbox, inbox)}
    assert {PERPETUAL, LINEAR, FUTURE, CALL} <= listed.keys()
    assert all(key.type in ("PERPETUAL", "FUTURE", "OPTION") for key in listed)
    assert (listed[PERPETUAL].lot_size, listed[PERPETUAL].tick_size) == (Decimal(10), Decimal("0.5"))
    assert str(listed[CALL].lot_size) == "0.1"
    assert str(listed[CALL].tick_size) == "0.0001"  # where it is cheapest


@pytest.mark.parametrize("wrong", [{"api_secret": "hunter2"}, {"api_key": "nobody"}])
async def test_a_wrong_login_is_refused_in_the_venues_words_and_shows_nothing(
    settings: Settings, wrong: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    session = DeribitSession(settings(**wrong), time.time_ns)
    with pytest.raises(VenueUnavailableError, match="invalid_credentials") as refused:
        await session.connect(Inbox(), Inbox())
    assert not [text for text in ("hunter2", "nobody", "simulated-secret") if text in f"{refused.value}{caplog.text}"]


async def test_a_venue_that_is_not_there_is_unavailable(settings: Settings) -> None:
    session = DeribitSession(settings(base_url="ws://127.0.0.1:9"), time.time_ns)
    with pytest.raises(VenueUnavailableError, match="no connection"):
        await session.connect(Inbox(), Inbox())


async def test_an_instrument_that_the_venue_does_not_list_is_named(settings: Settings) -> None:
    session = DeribitSession(settings(instruments="DERIBIT:PERPETUAL:NOSUCH-USD@INV"), time.time_ns)
    with pytest.raises(VenueUnavailableError, match="NOSUCH"):
        await session.connect(Inbox(), Inbox())


@pytest.mark.parametrize(
    "method",
    [
        *("public/get_time", "public/auth", "public/set_heartbeat", "private/get_account_summaries"),
        *("public/get_instruments", "private/subscribe", "private/get_open_orders"),
    ],
)
async def test_a_connect_that_hangs_half_way_ends_and_can_be_repeated(
    settings: Settings, venue: SimulatedVenue, method: str
) -> None:
    await venue.fault(method, "no_answer")
    trader = DeribitTrader(DeribitSession(settings(answer_s="0.3"), time.time_ns), venue)
    with pytest.raises(VenueUnavailableError):
        await trader.connect()
    await trader.connect()
    await trader.rest()
    await trader.session.disconnect()


async def test_heartbeats_are_answered(trader: DeribitTrader, venue: SimulatedVenue) -> None:
    beat = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
    await venue.command("tell", message=beat)
    async with asyncio.timeout(10):
        while "public/test" not in {one["method"] for one in await venue.look("requests")}:
            continue
    await trader.rest()


async def test_a_login_is_renewed_before_it_ends() -> None:
    venue = await SimulatedVenue.start("deribit", "--token-s", "1")
    given = {"api_key": "simulated-key", "api_secret": "simulated-secret", "base_url": venue.ws}
    session = DeribitSession(DeribitSettings.read(given), time.time_ns)
    try:
        inbox = Inbox()
        # A second is the shortest life there is; the renewal comes at 0.7 of five, by then this login is over.
        await session.connect(inbox, inbox)
        async with asyncio.timeout(20):
            while [one["method"] for one in await venue.look("requests")].count("public/auth") < 2:
                continue
    finally:
        await session.disconnect()
        await venue.stop()


async def test_disconnecting_leaves_orders_at_the_venue_unless_it_was_told_otherwise(
    connect: Connect, venue: SimulatedVenue
) -> None:
    plain, careful = await connect(), await connect(cancel_on_disconnect="true")
    stays, goes = await plain.rest(), await careful.rest()
    await plain.session.disconnect()
    await careful.session.disconnect()
    async with asyncio.timeout(10):
        while (await venue.look("state"))["connections"]:
            continue
    ((left,), (gone,)) = await venue.orders(stays), await venue.orders(goes)
    assert (left["order_state"], gone["order_state"]) == ("open", "cancelled")
    assert gone["cancel_reason"] == "cancel_on_disconnect"


async def test_a_dead_man_takes_orders_back_when_the_venue_loses_us_and_not_where_we_hang_up(
    connect: Connect, venue: SimulatedVenue
) -> None:
    plain, guarded = await connect(), await connect(dead_man_s="20")
    assert isinstance(guarded.session, HasPulse)
    before = await guarded.rest()
    assert guarded.session.pulse().dead_man_s == 20
    await guarded.session.disconnect()  # on purpose: it stays
    await guarded.connect()
    taken = await guarded.rest()
    assert guarded.session.pulse().dead_man_s == 0
    assert guarded.session.pulse().trouble.startswith("1 open orders of an earlier connection")
    await plain.cancel(before)
    await guarded.status(before, VenueOrderStatus.CANCELED)
    assert (guarded.session.pulse().dead_man_s, guarded.session.pulse().trouble) == (20, "")
    await venue.command("hang_up")
    await guarded.down()
    await guarded.connect()
    assert (await guarded.evidence(taken)).status.reason == "cancel_on_disconnect"


async def test_a_lost_connection_sends_nothing_until_it_is_made_again(trader: DeribitTrader) -> None:
    await trader.venue.command("hang_up")
    await trader.down()
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    with pytest.raises(NotSentError):
        await trader.cancel(trader.order().client_order_id)
    await trader.connect()
    await trader.rest()


@pytest_asyncio.fixture
async def crowded(connect: Connect) -> DeribitTrader:
    return await connect(throttle_s="0.05")


async def test_a_storm_of_orders_never_earns_a_refusal_for_its_rate_and_cancels_get_through(
    crowded: DeribitTrader, venue: SimulatedVenue
) -> None:
    sent, refused = [], []
    for _ in range(60):
        order = crowded.order()
        try:
            await crowded.session.send(order)
            sent.append(order.client_order_id)
        except NotSentError as unsent:
            refused.append(str(unsent))
    assert sent
    assert refused
    assert all("rate limit" in one for one in refused)
    for name in sent[:3]:
        await crowded.cancel(name)
        await crowded.status(name, VenueOrderStatus.CANCELED)
    assert (await venue.look("state"))["codes"] == {}


async def test_reconnecting_again_and_again_stays_within_the_limits_too(
    settings: Settings, venue: SimulatedVenue
) -> None:
    credit = Credits(time.monotonic)
    trader = DeribitTrader(DeribitSession(settings(), time.time_ns, credit), venue)
    for _ in range(4):
        await trader.connect()
        await trader.session.positions()
    await trader.session.disconnect()
    assert (await venue.look("state"))["codes"] == {}


async def test_a_clock_that_is_an_hour_off_trades_all_the_same(connect: Connect, venue: SimulatedVenue) -> None:
    await venue.command("clock", offset_ms=3_600_000)
    trader = await connect()
    await trader.rest()


async def test_a_session_tells_how_it_is_and_nothing_where_it_is_not_connected(
    connect: Connect, venue: SimulatedVenue
) -> None:
    await venue.command("clock", offset_ms=60_000)
    trader = await connect()
    await trader.rest()
    assert isinstance(trader.session, HasPulse)
    told = trader.session.pulse()
    assert told.heard_ns > 0
    assert told.round_trip_us > 0
    assert told.clock_ahead_ms > 50_000
    assert {one.name for one in told.budgets} == {"matching", "general", "subscriptions"}
    assert all(0 <= one.left <= one.most for one in told.budgets)
    await trader.session.disconnect()
    assert trader.session.pulse() == Pulse()
