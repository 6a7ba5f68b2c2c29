"""The simulated Bybit, asked by clients that share no code with it or with us: one of a few lines, and ccxt."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import ccxt.async_support as ccxt
import httpx
import pytest
import pytest_asyncio

from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "simulated-secret"
BTC: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT"}
LIMIT = {**BTC, "side": "Buy", "orderType": "Limit", "timeInForce": "GTC", "qty": "0.010", "price": "59000"}


class Caller:
    """Signs as the venue's documentation says."""

    def __init__(self, base: str, key: str = "simulated-key", secret: str = SECRET) -> None:
        self.client = httpx.AsyncClient(base_url=base, trust_env=False)
        self.key = key
        self.secret = secret

    async def ask(self, method: str, path: str, at_ms: int = 0, **params: object) -> httpx.Response:
        """Ask with a signature, now or at a given time."""
        stamp = str(at_ms or time.time_ns() // 1_000_000)
        payload = urlencode(params) if method == "GET" else json.dumps(params)
        signed = f"{stamp}{self.key}5000{payload}".encode()
        headers = {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest(),
        }
        if method == "GET":
            return await self.client.get(f"{path}?{payload}", headers=headers)
        return await self.client.post(path, content=payload, headers=headers)

    async def code(self, method: str, path: str, at_ms: int = 0, **params: object) -> tuple[int, int]:
        """Return the status and the venue's code."""
        answer = await self.ask(method, path, at_ms, **params)
        return answer.status_code, answer.json()["retCode"]

    async def listed(self, path: str, **params: Any) -> list[Any]:
        return list((await self.ask("GET", path, **params)).json()["result"]["list"])


@pytest_asyncio.fixture(loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    """A simulator that nobody has asked yet."""
    running = await SimulatedVenue.start("bybit")
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(venue: SimulatedVenue) -> AsyncIterator[Caller]:
    """Somebody with the right key."""
    made = Caller(venue.http)
    yield made
    await made.client.aclose()


async def test_only_who_signs_in_time_is_heard(venue: SimulatedVenue, caller: Caller) -> None:
    now_ms, path = time.time_ns() // 1_000_000, "/v5/user/query-api"
    assert await caller.code("GET", path) == (200, 0)
    assert await caller.code("GET", path, now_ms - 6_000) == (200, 10002)
    assert await caller.code("GET", path, now_ms + 5_000) == (200, 10002)
    for key, secret, refusal in (("simulated-key", "x", 10004), ("x", "x", 10003)):
        stranger = Caller(venue.http, key, secret)
        assert await stranger.code("GET", path) == (200, refusal)
        await stranger.client.aclose()
    assert await caller.code("GET", "/v5/nothing") == (404, 10404)


async def test_an_order_is_told_apart_from_none_at_every_step(caller: Caller) -> None:
    assert await caller.code("POST", "/v5/order/create", **LIMIT, orderLinkId="mine") == (200, 0)
    assert await caller.code("POST", "/v5/order/create", **LIMIT, orderLinkId="mine") == (200, 110072)
    mine = {**BTC, "orderLinkId": "mine"}
    assert [one["orderStatus"] for one in await caller.listed("/v5/order/realtime", **mine)] == ["New"]
    assert await caller.listed("/v5/order/history", **mine) == []
    assert await caller.code("POST", "/v5/order/amend", **mine, qty="0.020") == (200, 0)
    assert await caller.code("POST", "/v5/order/amend", **mine, qty="0.020") == (200, 10001)
    assert await caller.code("POST", "/v5/order/cancel", **mine) == (200, 0)
    assert await caller.code("POST", "/v5/order/cancel", **mine) == (200, 110001)
    assert await caller.listed("/v5/order/realtime", **BTC) == []
    for path in ("/v5/order/realtime", "/v5/order/history"):
        assert [one["orderStatus"] for one in await caller.listed(path, **mine)] == ["Cancelled"]
    assert await caller.listed("/v5/order/realtime", **BTC, orderLinkId="none") == []
    assert await caller.code("POST", "/v5/order/create", **LIMIT, orderLinkId="mine") == (200, 110072)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"symbol": "NOPE"}, 10001),
        ({"category": "shares"}, 10001),
        ({"side": "Hold"}, 10001),
        ({"orderType": "Stop"}, 10001),
        ({"timeInForce": "DAY"}, 10001),
        ({"qty": "0"}, 10001),
        ({"qty": "0.0101"}, 10001),
        ({"price": "59000.05"}, 10001),
        ({"orderLinkId": "x" * 37}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"qty": "900"}, 110007),
        ({"reduceOnly": True}, 110017),
        ({"category": "spot", "qty": "0.0000001"}, 170137),
        ({"category": "spot", "side": "Sell"}, 170131),
    ],
)
async def test_a_wrong_parameter_gets_the_venues_code(caller: Caller, changed: dict[str, Any], code: int) -> None:
    assert await caller.code("POST", "/v5/order/create", **{**LIMIT, **changed}) == (200, code)


async def test_limits_are_counted_told_and_enforced(venue: SimulatedVenue, caller: Caller) -> None:
    await venue.command("limits", orders=2)
    first = await caller.ask("POST", "/v5/order/create", **LIMIT)
    assert (first.headers["X-Bapi-Limit"], first.headers["X-Bapi-Limit-Status"]) == ("2", "1")
    answers = [await caller.ask("POST", "/v5/order/create", **LIMIT) for _ in range(2)]
    assert [one.json()["retCode"] for one in answers] == [0, 10006]
    assert int(answers[1].headers["X-Bapi-Limit-Reset-Timestamp"]) > int(time.time() * 1000) - 1_000
    assert await caller.code("POST", "/v5/order/cancel", **BTC, orderLinkId="none") == (200, 110001)  # counted apart
    await venue.command("limits", ip_5s=0)
    assert await caller.code("GET", "/v5/order/realtime", **BTC) == (403, 10018)


async def test_trades_are_paged_newest_first_for_seven_days_at_most(venue: SimulatedVenue, caller: Caller) -> None:
    await caller.ask("POST", "/v5/order/create", **LIMIT, orderLinkId="mine")
    await venue.command("fill_often", client_order_id="mine", quantity="0.001", times=10)
    page = (await caller.ask("GET", "/v5/execution/list", **BTC, limit=4)).json()["result"]
    ids, cursor = [one["execId"] for one in page["list"]], page["nextPageCursor"]
    rest = (await caller.ask("GET", "/v5/execution/list", **BTC, limit=100, cursor=cursor)).json()["result"]
    ids += [one["execId"] for one in rest["list"]]
    assert rest["nextPageCursor"] == ""
    assert list(reversed(ids)) == [one["id"] for one in await venue.trades()]
    now_ms, days_ms = time.time_ns() // 1_000_000, 8 * 24 * 3_600_000
    span = {"startTime": now_ms - days_ms, "endTime": now_ms}
    assert await caller.code("GET", "/v5/execution/list", **BTC, **span) == (200, 10001)


async def test_every_request_is_in_the_log_by_its_client_order_id(venue: SimulatedVenue, caller: Caller) -> None:
    await venue.fault("POST /v5/order/create", "error", status=503, body="", late=False)
    order = {**LIMIT, "orderLinkId": "logged"}
    assert (await caller.ask("POST", "/v5/order/create", **order)).status_code == 503
    assert (await caller.ask("POST", "/v5/order/create", **order)).status_code == 200
    assert await venue.times_asked("logged") == 2
    assert len(await venue.orders("logged")) == 1
    log = [one for one in await venue.look("requests") if one["clientOrderId"] == "logged"]
    assert [(one["status"], one["carriedOut"]) for one in log] == [(503, False), (200, True)]


@pytest_asyncio.fixture(loop_scope="module")
async def exchange(venue: SimulatedVenue) -> AsyncIterator[Any]:
    """ccxt, unmodified but for its addresses."""
    made = ccxt.bybit({"apiKey": "simulated-key", "secret": "simulated-secret", "aiohttp_trust_env": False})
    made.urls["api"] = dict.fromkeys(made.urls["api"], venue.http)
    made.options["fetchMarkets"] = {"types": ["linear", "spot"]}
    made.has["fetchCurrencies"] = False
    await venue.command("limits", orders=1_000, questions=1_000)
    yield made
    await made.close()


async def test_ccxt_places_queries_amends_and_cancels(venue: SimulatedVenue, exchange: Any) -> None:
    symbol = "BTC/USDT:USDT"
    placed = await exchange.create_order(symbol, "limit", "buy", 0.01, 59_000, {"orderLinkId": "by-ccxt"})
    (order,) = await exchange.fetch_open_orders(symbol)
    assert (order["id"], order["clientOrderId"], order["amount"], order["price"]) == (
        *(placed["id"], "by-ccxt", 0.01, 59_000),
    )
    await exchange.edit_order(placed["id"], symbol, "limit", "buy", 0.02, 58_000)
    (order,) = await exchange.fetch_open_orders(symbol)
    assert (order["amount"], order["price"], order["status"]) == (0.02, 58_000, "open")
    await exchange.cancel_order(placed["id"], symbol)
    assert await exchange.fetch_open_orders(symbol) == []
    (order,) = await exchange.fetch_canceled_orders(symbol)
    assert (order["id"], order["status"], order["filled"]) == (placed["id"], "canceled", 0)


async def test_ccxt_reads_trades_positions_and_balances_as_the_venue_counts_them(
    venue: SimulatedVenue, exchange: Any
) -> None:
    await exchange.create_order("BTC/USDT:USDT", "market", "sell", 0.007)
    await exchange.create_order("BTC/USDT", "market", "buy", 0.002, None, {"marketUnit": "baseCoin"})
    (future,) = await exchange.fetch_my_trades("BTC/USDT:USDT")
    (pair,) = await exchange.fetch_my_trades("BTC/USDT")
    recorded = {one["id"]: one for one in await venue.trades()}
    assert future["fee"]["cost"] == float(recorded[future["id"]]["commission"])
    assert (future["side"], future["amount"], future["price"]) == ("sell", 0.007, 60_000)
    assert (pair["fee"]["currency"], pair["fee"]["cost"]) == ("BTC", 0.000002)
    (position,) = await exchange.fetch_positions()
    assert (position["side"], position["contracts"]) == ("short", 0.007)
    balance = await exchange.fetch_balance()
    assert balance["BTC"]["total"] == 0.001998
    assert 0 < balance["USDT"]["total"] < 1_000_000
    ticker = await exchange.fetch_order_book("BTC/USDT:USDT")
    assert (ticker["bids"][0][0], ticker["asks"][0][0]) == (60_000, 60_000.1)
