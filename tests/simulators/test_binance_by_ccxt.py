"""ccxt, unmodified but for its addresses, trades at the simulated Binances: it was written for the real ones."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import ccxt.async_support as ccxt
import pytest
import pytest_asyncio

from simulators.process import SimulatedVenue
from simulators.sites import FUTURES, SPOT, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAIRS = {"binance_futures": "BTC/USDT:USDT", "binance_spot": "BTC/USDT"}
KINDS = {"binance_futures": "linear", "binance_spot": "spot"}


@pytest.fixture(scope="module", params=(FUTURES, SPOT), ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    """Each of Binance's products that is simulated."""
    given: Site = request.param
    return given


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue(site: Site) -> AsyncIterator[SimulatedVenue]:
    """Its simulator."""
    running = await SimulatedVenue.start(site.name)
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def client(site: Site, venue: SimulatedVenue) -> AsyncIterator[Any]:
    """ccxt with every address of its own replaced by the simulator's."""
    kind = KINDS[site.name]
    options = {
        "defaultType": "future" if kind == "linear" else kind,
        "fetchMarkets": {"types": [kind]},
        "fetchCurrencies": False,
        "fetchMargins": False,
    }
    made = ccxt.binance({"apiKey": "simulated-key", "secret": "simulated-secret", "options": options})
    made.urls["api"] = {name: re.sub(r"^https://[^/]+", venue.http, url) for name, url in made.urls["api"].items()}
    yield made
    await made.close()


async def test_it_places_finds_and_takes_back_an_order(client: Any, site: Site, venue: SimulatedVenue) -> None:
    pair = PAIRS[site.name]
    placed = await client.create_order(pair, "limit", "buy", 0.01, 59000, {"newClientOrderId": "by-ccxt"})
    assert (placed["clientOrderId"], placed["status"]) == ("by-ccxt", "open")
    found = await client.fetch_order(placed["id"], pair)
    assert (found["amount"], found["price"], found["filled"]) == (0.01, 59000.0, 0.0)
    assert [one["id"] for one in await client.fetch_open_orders(pair)] == [placed["id"]]
    assert (await client.cancel_order(placed["id"], pair))["status"] == "canceled"
    assert await client.fetch_open_orders(pair) == []
    assert await venue.times_asked("by-ccxt") == 1
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order(placed["id"], pair)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("1", pair)


async def test_it_sees_its_trades_fees_and_balances(client: Any, site: Site) -> None:
    pair = PAIRS[site.name]
    before = await client.fetch_balance()
    bought = await client.create_order(pair, "market", "buy", 0.01)
    (trade,) = [one for one in await client.fetch_my_trades(pair) if one["order"] == bought["id"]]
    assert (trade["side"], trade["amount"], trade["takerOrMaker"]) == ("buy", 0.01, "taker")
    after = await client.fetch_balance()
    if site is SPOT:
        assert trade["fee"] == {"cost": 0.00001, "currency": "BTC"}
        assert round(after["BTC"]["total"] - before["BTC"]["total"], 8) == 0.00999
        assert round(after["USDT"]["total"] - before["USDT"]["total"], 8) == -600.0001
    else:
        assert trade["fee"]["currency"] == "USDT"
        wallets = [float(one["info"]["totalWalletBalance"]) for one in (before, after)]
        assert round(wallets[0] - wallets[1], 8) == trade["fee"]["cost"]


async def test_it_knows_why_it_was_refused(client: Any, site: Site) -> None:
    pair = PAIRS[site.name]
    # Which of its classes a futures error gets depends on the host's name; the code is the venue's.
    poor, taking = (
        (ccxt.InsufficientFunds, ccxt.OrderImmediatelyFillable)
        if site is SPOT
        else (ccxt.ExchangeError, ccxt.ExchangeError)
    )
    with pytest.raises(poor, match="insufficient"):
        await client.create_order(pair, "limit", "buy", 900, 59000)
    with pytest.raises(taking, match=r"immediately match|Post Only"):
        await client.create_order(pair, "limit", "buy", 0.01, 61000, {"postOnly": True})
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await client.fetch_balance()


async def test_its_markets_are_those_that_are_listed(client: Any, site: Site) -> None:
    markets = await client.load_markets()
    market = markets[PAIRS[site.name]]
    assert (market["precision"]["price"], market["precision"]["amount"]) == (float(site.tick), float(site.lot))
    assert market["limits"]["cost"]["min"] == float(site.min_notional)
    best = await client.fetch_bids_asks([PAIRS[site.name]]) if site is FUTURES else None
    assert best is None or best[PAIRS[site.name]]["bid"] > 0
