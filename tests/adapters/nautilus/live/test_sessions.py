"""Connecting a live session, what it lists and shows, and what keeps it from connecting."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from decimal import Decimal

import pytest

from adapters.nautilus.live import LiveNode, session_of
from adapters.nautilus.live_session import LiveSession
from ports.errors import InvalidInputError, NotSentError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.values import AccountId, Side

from simulators.live_trader import SOON_S, Inbox, LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.process import SimulatedVenue
from simulators.sites import SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


@pytest.fixture
def other(site: Site, venue: SimulatedVenue, node: LiveNode) -> Callable[..., LiveSession]:
    """Make another session of the running node, with some settings of its own."""
    account = AccountId("ANOTHER-ACCOUNT")

    def made(**fields: object) -> LiveSession:
        return session_of(site.settings(venue, {"account": account, **fields}), lambda: node.kernel, lambda: 0)

    return made


@AT_BINANCE
async def test_instruments_are_listed_in_contract_units(trader: LiveTrader) -> None:
    instruments = {one.key: one for one in await trader.session.connect(trader.inbox, trader.inbox)}
    site = trader.site
    assert set(instruments) == {site.btc, site.eth}
    btc = instruments[site.btc]
    assert (btc.tick_size, btc.lot_size, btc.min_quantity) == (site.tick, site.lot, site.lot)
    assert (btc.max_quantity, btc.min_notional) == (site.most, site.min_notional)
    assert (btc.maker_fee_rate, btc.taker_fee_rate) == site.fees


@AT_BINANCE
async def test_quotes_of_every_instrument_arrive(trader: LiveTrader) -> None:
    await trader.venue.command("quote", symbol="BTCUSDT", bid="60001.2", ask="60001.5", bid_size="0.5", ask_size="2")
    btc = trader.site.btc
    quote = await trader.inbox.wait(
        lambda: trader.inbox.quotes.get(btc) if _bid(trader.inbox, btc) == Decimal("60001.2") else None
    )
    assert (quote.ask, quote.bid_size, quote.ask_size) == (Decimal("60001.5"), Decimal("0.5"), Decimal(2))
    await trader.inbox.wait(lambda: trader.inbox.quotes.get(trader.site.eth))


@AT_BINANCE
async def test_public_trades_arrive_with_their_taker(trader: LiveTrader) -> None:
    async with asyncio.timeout(SOON_S):
        while not trader.inbox.trades:  # until they are subscribed to, a little after the quotes
            name = await trader.send(trader.order(price=None))
            await trader.inbox.wait(lambda name=name: trader.inbox.of(name) or None)  # type: ignore[misc]  # bound now
    trade = trader.inbox.trades[0]
    assert (trade.instrument, trade.quantity, trade.aggressor) == (trader.site.btc, Decimal("0.010"), Side.BUY)


async def test_quotes_come_again_after_their_connection_broke(trader: LiveTrader) -> None:
    await trader.inbox.wait(lambda: trader.inbox.quotes.get(trader.site.btc))
    await trader.venue.command("hang_up", what="market")
    trader.inbox.quotes.clear()
    await trader.inbox.wait(lambda: trader.inbox.quotes.get(trader.site.btc))  # shown as soon as it is connected again
    await trader.rest()


@AT_BINANCE
async def test_an_account_in_hedge_mode_is_refused(trader: LiveTrader) -> None:
    if not trader.site.has_positions:
        pytest.skip(f"{trader.session.venue} has no such mode")
    await trader.session.disconnect()
    await trader.venue.fault("GET /fapi/v1/positionSide/dual", "error", status=200, body='{"dualSidePosition": true}')
    with pytest.raises(VenueUnavailableError, match="Hedge Mode"):
        await trader.connect()


def _bid(inbox: Inbox, key: InstrumentKey) -> Decimal | None:
    quote = inbox.quotes.get(key)
    return None if quote is None else quote.bid


@AT_BINANCE
async def test_a_wrong_secret_is_refused_in_the_venues_words(other: Callable[..., LiveSession]) -> None:
    with pytest.raises(VenueUnavailableError, match="-1022: Signature for this request is not valid"):
        await other(api_secret="wrong").connect(Inbox(), Inbox())


@AT_BINANCE
async def test_a_wrong_key_is_refused_in_the_venues_words_and_is_not_shown(
    other: Callable[..., LiveSession],
) -> None:
    with pytest.raises(VenueUnavailableError, match="-2015: Invalid API-key") as refusal:
        await other(api_key="somebody").connect(Inbox(), Inbox())
    assert "somebody" not in str(refusal.value)


@AT_BINANCE
async def test_a_venue_that_is_not_there_is_unavailable_and_no_signature_is_shown(
    other: Callable[..., LiveSession],
) -> None:
    with pytest.raises(VenueUnavailableError) as refusal:
        await other(base_url_http="http://127.0.0.1:9").connect(Inbox(), Inbox())
    assert "signature" not in str(refusal.value)


@AT_BINANCE
async def test_an_instrument_that_the_venue_does_not_list_is_named(
    site: Site, other: Callable[..., LiveSession]
) -> None:
    doge = InstrumentKey(site.btc.replace("BTC", "DOGE"))
    with pytest.raises(VenueUnavailableError, match="DOGE-USDT"):
        await other(instruments=(doge,)).connect(Inbox(), Inbox())


@AT_BINANCE
@pytest.mark.parametrize("step", [0, 1, 2, 3])
async def test_a_connect_that_fails_half_way_can_be_repeated(trader: LiveTrader, step: int) -> None:
    await trader.session.disconnect()
    await trader.venue.fault(trader.site.connect_steps[step], "error", status=503, body="")
    with pytest.raises(VenueUnavailableError):
        await trader.connect()
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    await trader.connect()
    await trader.rest()


@AT_BINANCE
async def test_a_venue_that_hangs_keeps_no_connect_waiting_for_ever(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.fault(trader.site.account_info, "no_answer")
    with pytest.raises(VenueUnavailableError, match="no answer"):
        await trader.connect()


@AT_BINANCE
async def test_disconnecting_leaves_orders_at_the_venue_and_the_stream_closed(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.session.disconnect()
    await trader.session.disconnect()
    (order,) = await trader.venue.orders(client_order_id)
    assert order["status"] == "NEW"
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())


@AT_BINANCE
async def test_closed_orders_leave_nautilus(trader: LiveTrader, node: LiveNode) -> None:
    done = [await trader.send(trader.order(price=None, quantity="0.002")) for _ in range(5)]
    for client_order_id in done:
        await trader.fills(client_order_id, 1)
    resting = await trader.rest()
    async with asyncio.timeout(SOON_S):  # Nautilus's own client takes what was heard a little later than we do
        while [order.client_order_id.value for order in node.kernel.cache.orders()] != [resting]:
            await trader.venue.look("state")


@AT_BINANCE
async def test_the_node_takes_no_signals(node: LiveNode, trader: LiveTrader) -> None:
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, heard.set)
    try:
        await trader.session.connect(trader.inbox, trader.inbox)
        signal.raise_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await heard.wait()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


@AT_BINANCE
async def test_a_second_node_in_a_process_is_refused(node: LiveNode, site: Site, venue: SimulatedVenue) -> None:
    assert node.sessions
    with pytest.raises(VenueUnavailableError, match="already runs"):
        await LiveNode([site.settings(venue, {})]).start()


@AT_BINANCE
async def test_a_second_account_at_one_venue_is_refused(site: Site, venue: SimulatedVenue) -> None:
    with pytest.raises(InvalidInputError):
        LiveNode([site.settings(venue, {}), site.settings(venue, {"account": AccountId("OTHER")})])
