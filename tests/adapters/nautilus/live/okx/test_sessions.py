"""Connecting a live session, what it lists and shows, and what keeps it from connecting."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from adapters.nautilus.live import LiveNode
from adapters.nautilus.live_session import LiveSession
from adapters.nautilus.okx_session import okx_session
from adapters.nautilus.okx_settings import OkxSettings
from ports.errors import NotSentError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import AccountId

from simulators.live_trader import Inbox, LiveTrader
from simulators.okx_account import ETH_SWAP, SPOT, SWAP, settings_for
from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")


def session_of(node: LiveNode, venue: SimulatedVenue, **fields: object) -> LiveSession:
    """Return another session of a running node."""
    settings: OkxSettings = settings_for(venue, account=AccountId("OKX-OTHER"), **fields)
    return okx_session(settings, lambda: node.kernel, lambda: 0)


async def test_instruments_are_listed_in_coins_with_the_accounts_own_fees(trader: LiveTrader) -> None:
    instruments = {one.key: one for one in await trader.session.connect(trader.inbox, trader.inbox)}
    assert set(instruments) == {SWAP, ETH_SWAP, SPOT}
    swap, ether, spot = instruments[SWAP], instruments[ETH_SWAP], instruments[SPOT]
    assert (swap.tick_size, swap.lot_size, swap.min_quantity) == (Decimal("0.1"), Decimal("0.0001"), Decimal("0.0001"))
    assert (ether.tick_size, ether.lot_size) == (Decimal("0.01"), Decimal("0.001"))
    assert (spot.lot_size, spot.min_quantity) == (Decimal("0.00000001"), Decimal("0.00001"))
    assert swap.max_quantity == Decimal(1_000_000)
    assert (swap.maker_fee_rate, swap.taker_fee_rate) == (Decimal("0.0002"), Decimal("0.0005"))
    assert (spot.maker_fee_rate, spot.taker_fee_rate) == (Decimal("0.0008"), Decimal("0.001"))


async def test_quotes_of_every_instrument_arrive_in_coins(trader: LiveTrader) -> None:
    sizes = {"bid_size": "0.5", "ask_size": "2"}
    await trader.venue.command("quote", symbol="BTC-USDT-SWAP", bid="60001.2", ask="60001.5", **sizes)
    await trader.venue.command("quote", symbol="BTC-USDT", bid="60002.2", ask="60002.5", **sizes)
    swap = await trader.inbox.wait(partial(_quote, trader.inbox, SWAP, "60001.2"))
    spot = await trader.inbox.wait(partial(_quote, trader.inbox, SPOT, "60002.2"))
    for quote in (swap, spot):
        assert (quote.bid_size, quote.ask_size) == (Decimal("0.5"), Decimal(2))


def _quote(inbox: Inbox, key: InstrumentKey, bid: str) -> Quote | None:
    quote = inbox.quotes.get(key)
    return quote if quote is not None and quote.bid == Decimal(bid) else None


async def test_an_account_in_long_short_mode_is_refused(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.command("position_mode", mode="long_short_mode")
    with pytest.raises(VenueUnavailableError, match="long_short_mode"):
        await trader.connect()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"api_secret": "wrong"}, "50113: Invalid Sign"),
        ({"api_key": "somebody"}, "50111: Invalid OK-ACCESS-KEY"),
        ({"api_passphrase": "wrong"}, "50105"),
    ],
)
async def test_wrong_credentials_are_refused_in_the_venues_words_and_are_not_shown(
    node: LiveNode, venue: SimulatedVenue, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(VenueUnavailableError, match=words) as refusal:
        await session_of(node, venue, **fields).connect(Inbox(), Inbox())
    assert not any(str(value) in str(refusal.value) for value in fields.values() if value != "wrong")


async def test_a_clock_that_is_far_off_does_not_keep_it_out(trader: LiveTrader) -> None:
    """Requests carry the venue's own time, as it told it."""
    await trader.session.disconnect()
    await trader.venue.command("clock", offset_ms=25_000)
    await trader.connect()
    await trader.rest()


async def test_a_venue_that_is_not_there_is_unavailable(node: LiveNode, venue: SimulatedVenue) -> None:
    with pytest.raises(VenueUnavailableError, match="Connect"):
        await session_of(node, venue, base_url_http="http://127.0.0.1:9").connect(Inbox(), Inbox())


async def test_a_venue_whose_websockets_are_not_there_is_unavailable(node: LiveNode, venue: SimulatedVenue) -> None:
    address = "ws://127.0.0.1:9/ws/v5/private"
    with pytest.raises(VenueUnavailableError):
        await session_of(node, venue, base_url_ws=address).connect(Inbox(), Inbox())


async def test_an_instrument_that_the_venue_does_not_list_is_named(node: LiveNode, venue: SimulatedVenue) -> None:
    doge = InstrumentKey("OKX:PERPETUAL:DOGE-USDT@LIN")
    with pytest.raises(VenueUnavailableError, match="DOGE-USDT"):
        await session_of(node, venue, instruments=(doge,)).connect(Inbox(), Inbox())


@pytest.mark.parametrize(
    "path",
    [
        *("public/time", "account/config", "public/instruments", "account/trade-fee", "trade/orders-pending"),
        "account/balance",
    ],
)
async def test_a_connect_that_fails_half_way_can_be_repeated(trader: LiveTrader, path: str) -> None:
    await trader.session.disconnect()
    await trader.venue.fault(f"GET /api/v5/{path}", "error", status=503, body="", times=4)
    with pytest.raises(VenueUnavailableError):
        await trader.connect()
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    await trader.venue.command("calm")
    await trader.connect()
    await trader.rest()


async def test_a_venue_that_hangs_keeps_no_connect_waiting_for_ever(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.fault("GET /api/v5/account/config", "no_answer")
    with pytest.raises(VenueUnavailableError, match="no answer"):
        await trader.connect()


async def test_disconnecting_leaves_orders_at_the_venue_and_the_stream_closed(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.session.disconnect()
    await trader.session.disconnect()
    (order,) = await trader.venue.orders(client_order_id)
    assert order["state"] == "live"
    assert (await trader.venue.look("state"))["userConnections"] == 0
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
