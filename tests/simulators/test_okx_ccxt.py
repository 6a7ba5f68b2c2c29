"""ccxt, an independent client that knows OKX, trades at the simulator; nothing of it is changed but its address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import ccxt
import pytest
import pytest_asyncio

from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")
SWAP, SPOT = "BTC/USDT:USDT", "BTC/USDT"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start("okx")
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(venue: SimulatedVenue) -> Any:
    """A client of the simulated account, which has read what is listed."""
    made = ccxt.okx(
        {
            "apiKey": "simulated-key",
            "secret": "simulated-secret",
            "password": "simulated-passphrase",
            "options": {"fetchMarkets": {"types": ["spot", "swap"]}},
        }
    )
    made.has["fetchCurrencies"] = False  # it would ask for deposits and withdrawals
    made.urls["api"] = dict.fromkeys(made.urls["api"], venue.http)
    await asyncio.to_thread(made.load_markets)
    return made


async def test_it_reads_what_is_listed_in_the_venues_units(client: Any) -> None:
    swap = client.market(SWAP)
    assert (swap["contractSize"], swap["linear"], swap["precision"]["amount"]) == (0.01, True, 0.01)
    spot = client.market(SPOT)
    assert (spot["spot"], spot["precision"]["price"]) == (True, 0.1)


async def test_it_places_asks_for_amends_and_cancels_an_order(client: Any) -> None:
    name = {"clientOrderId": "ccxt1"}
    placed = await asyncio.to_thread(client.create_order, SWAP, "limit", "buy", 1.5, 59000, {**name, "tdMode": "cross"})
    order = await asyncio.to_thread(client.fetch_order, placed["id"], SWAP)
    assert (order["status"], order["amount"], order["price"], order["clientOrderId"]) == ("open", 1.5, 59000, "ccxt1")
    assert [one["id"] for one in await asyncio.to_thread(client.fetch_open_orders, SWAP)] == [placed["id"]]
    await asyncio.to_thread(client.edit_order, placed["id"], SWAP, "limit", "buy", 2, 58000)
    order = await asyncio.to_thread(client.fetch_order, placed["id"], SWAP)
    assert (order["amount"], order["price"]) == (2, 58000)
    await asyncio.to_thread(client.cancel_order, placed["id"], SWAP)
    order = await asyncio.to_thread(client.fetch_order, placed["id"], SWAP)
    assert (order["status"], order["filled"]) == ("canceled", 0)
    with pytest.raises(ccxt.BaseError, match="51400"):
        await asyncio.to_thread(client.cancel_order, placed["id"], SWAP)


async def test_it_trades_and_finds_trades_positions_and_balances(client: Any) -> None:
    await asyncio.to_thread(client.create_order, SWAP, "market", "sell", 3, None, {"tdMode": "cross"})
    await asyncio.to_thread(client.create_order, SPOT, "limit", "buy", 0.25, 60000.1)
    trades = await asyncio.to_thread(client.fetch_my_trades, SPOT)
    assert [(one["amount"], one["fee"]["currency"]) for one in trades] == [(0.25, "BTC")]
    assert trades[0]["fee"]["cost"] > 0
    (position,) = await asyncio.to_thread(client.fetch_positions, [SWAP])
    assert (position["side"], position["contracts"]) == ("short", 3)
    balance = await asyncio.to_thread(client.fetch_balance)
    assert balance["BTC"]["total"] == pytest.approx(0.24975)


async def test_what_is_refused_is_an_error_of_its_own_kind(client: Any) -> None:
    with pytest.raises(ccxt.InsufficientFunds):
        await asyncio.to_thread(client.create_order, SWAP, "limit", "sell", 100_000, 61000, {"tdMode": "cross"})
    with pytest.raises(ccxt.OrderNotFound):
        await asyncio.to_thread(client.fetch_order, "1", SWAP)


async def test_a_wrong_secret_is_told_as_such(client: Any, venue: SimulatedVenue) -> None:
    stranger = ccxt.okx({"apiKey": "simulated-key", "secret": "wrong", "password": "simulated-passphrase"})
    stranger.urls["api"] = dict.fromkeys(stranger.urls["api"], venue.http)
    with pytest.raises(ccxt.AuthenticationError):
        await asyncio.to_thread(stranger.private_get_account_balance)
