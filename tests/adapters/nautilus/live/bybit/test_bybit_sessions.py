"""Connecting a live session of Bybit, what it lists and shows, and what keeps it from connecting."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal

import pytest

from adapters.nautilus.bybit import bybit_session
from adapters.nautilus.live import LiveNode
from adapters.nautilus.live_session import LiveSession
from ports.errors import InvalidInputError, NotSentError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import VenueOrderStatus
from ports.values import AccountId

from simulators.bybit_trader import BTC, ETH, BybitTrader, settings_for
from simulators.live_trader import SOON_S, Inbox
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")


def session_of(node: LiveNode, venue: SimulatedVenue, **fields: object) -> LiveSession:
    """Return another session of a running node."""
    settings = settings_for(venue, account=AccountId("BYBIT-OTHER"), **fields)
    return bybit_session(settings, lambda: node.kernel, time.time_ns)


async def refused(session: LiveSession) -> str:
    """Return the words with which a connect fails."""
    with pytest.raises(VenueUnavailableError) as refusal:
        await session.connect(Inbox(), Inbox())
    await session.disconnect()
    return str(refusal.value)


async def test_instruments_are_listed_in_units_of_the_base(trader: BybitTrader) -> None:
    instruments = {one.key: one for one in await trader.session.connect(trader.inbox, trader.inbox)}
    assert set(instruments) == {BTC, ETH}
    btc = instruments[BTC]
    assert (btc.tick_size, btc.lot_size, btc.min_quantity) == (Decimal("0.1"), Decimal("0.001"), Decimal("0.001"))
    assert (btc.max_quantity, btc.min_notional) == (Decimal(1190), Decimal(5))
    assert (btc.maker_fee_rate, btc.taker_fee_rate) == (Decimal("0.0002"), Decimal("0.00055"))


async def test_quotes_of_every_instrument_arrive(trader: BybitTrader) -> None:
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60001.2", ask="60001.5", bid_size="0.5", ask_size="2")

    def shown() -> bool | None:
        return True if BTC in trader.inbox.quotes and trader.inbox.quotes[BTC].bid == Decimal("60001.2") else None

    await trader.inbox.wait(shown)
    quote = trader.inbox.quotes[BTC]
    assert (quote.ask, quote.bid_size, quote.ask_size) == (Decimal("60001.5"), Decimal("0.5"), Decimal(2))
    await trader.inbox.wait(lambda: trader.inbox.quotes.get(ETH))


async def test_nautiluss_own_stream_hears_the_venue(trader: BybitTrader, node: LiveNode) -> None:
    """Messages without some fields it drops in silence: the simulator must not be such a venue."""
    client_order_id = await trader.rest()
    async with asyncio.timeout(SOON_S):
        while not node.kernel.cache.orders_open():  # noqa: ASYNC110 - it tells nobody of ours when it has heard
            await asyncio.sleep(0)
    (order,) = node.kernel.cache.orders_open()
    assert order.client_order_id.value == client_order_id
    assert order.venue_order_id is not None


async def test_an_account_in_hedge_mode_is_refused(trader: BybitTrader) -> None:
    await trader.session.disconnect()
    half = '{"symbol": "BTCUSDT", "side": "", "size": "0", "positionIdx": 1}'
    body = f'{{"retCode": 0, "retMsg": "OK", "result": {{"list": [{half}], "nextPageCursor": ""}}}}'
    await trader.venue.fault("GET /v5/position/list", "error", status=200, body=body)
    with pytest.raises(VenueUnavailableError, match="BTCUSDT is in Hedge Mode"):
        await trader.connect()


async def test_a_key_that_may_only_read_is_refused(trader: BybitTrader) -> None:
    await trader.session.disconnect()
    body = '{"retCode": 0, "retMsg": "", "result": {"readOnly": 1}}'
    await trader.venue.fault("GET /v5/user/query-api", "error", status=200, body=body)
    with pytest.raises(VenueUnavailableError, match="may only read"):
        await trader.connect()


async def test_a_wrong_key_or_secret_is_refused_in_the_venues_words_and_is_not_shown(
    node: LiveNode, venue: SimulatedVenue
) -> None:
    assert "10004: error sign!" in await refused(session_of(node, venue, api_secret="wrong"))
    said = await refused(session_of(node, venue, api_key="somebody"))
    assert "10003: API key is invalid." in said
    assert "somebody" not in said


async def test_a_venue_that_is_not_there_is_unavailable_and_nothing_signed_is_shown(
    node: LiveNode, venue: SimulatedVenue
) -> None:
    said = await refused(session_of(node, venue, base_url_http="http://127.0.0.1:9"))
    assert "simulated-key" not in said


@pytest.mark.parametrize("name", ["base_url_ws_private", "base_url_ws_trade"])
async def test_a_stream_that_is_not_there_is_unavailable(node: LiveNode, venue: SimulatedVenue, name: str) -> None:
    await refused(session_of(node, venue, **{name: "ws://127.0.0.1:9/v5/private"}))


async def test_an_instrument_that_the_venue_does_not_list_is_named(node: LiveNode, venue: SimulatedVenue) -> None:
    doge = InstrumentKey("BYBIT:PERPETUAL:DOGE-USDT@LIN")
    assert "DOGE-USDT" in await refused(session_of(node, venue, instruments=(doge,)))


@pytest.mark.parametrize("path", ["user/query-api", "market/instruments-info", "position/list", "order/realtime"])
async def test_a_connect_that_fails_half_way_can_be_repeated(trader: BybitTrader, path: str) -> None:
    await trader.session.disconnect()
    await trader.venue.fault(f"GET /v5/{path}", "error", status=503, body="", times=2)
    with pytest.raises(VenueUnavailableError):
        await trader.connect()
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    await trader.venue.command("calm")
    await trader.connect()
    await trader.rest()


async def test_a_venue_that_hangs_keeps_no_connect_waiting_for_ever(trader: BybitTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.fault("GET /v5/order/realtime", "no_answer")
    with pytest.raises(VenueUnavailableError, match="no answer"):
        await trader.connect()


async def test_maintenance_brings_the_session_down_and_is_over_when_it_is_over(trader: BybitTrader) -> None:
    resting = await trader.rest()
    await trader.venue.command("maintenance", on=True)
    assert "lost" in (await trader.down()).reason
    with pytest.raises(VenueUnavailableError, match="maintenance"):
        await trader.connect()
    await trader.venue.command("calm")
    await trader.connect()
    assert [one.client_order_id for one in await trader.session.open_orders()] == [resting]


async def test_disconnecting_leaves_orders_at_the_venue_and_the_streams_closed(trader: BybitTrader) -> None:
    client_order_id = await trader.rest()
    await trader.session.disconnect()
    await trader.session.disconnect()
    (order,) = await trader.venue.orders(client_order_id)
    assert order["status"] == "NEW"
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())


async def test_closed_orders_leave_nautilus(trader: BybitTrader, node: LiveNode) -> None:
    done = [await trader.send(trader.order(price=None, quantity="0.002")) for _ in range(5)]
    for client_order_id in done:
        await trader.status(client_order_id, VenueOrderStatus.FILLED)
    resting = await trader.rest()
    assert [order.client_order_id.value for order in node.kernel.cache.orders()] == [resting]


async def test_a_second_account_at_one_venue_is_refused(venue: SimulatedVenue) -> None:
    with pytest.raises(InvalidInputError):
        LiveNode([settings_for(venue), settings_for(venue, account=AccountId("OTHER"))])
