"""The simulated Binance Spot over HTTP and websockets, asked by clients that share no code with it or with us."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import ClientConnection, connect

from simulators.process import SimulatedVenue
from simulators.signing import SECRET, Caller, signed

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
ORDER = "/api/v3/order"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    """One simulator for all that is asked here."""
    running = await SimulatedVenue.start("binance_spot")
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(venue: SimulatedVenue) -> AsyncIterator[Caller]:
    """Somebody with the right key."""
    made = Caller(venue.http)
    yield made
    await made.client.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def api(venue: SimulatedVenue) -> AsyncIterator[ClientConnection]:
    """A connection to the websocket API."""
    async with connect(f"{venue.ws}/ws-api/v3", proxy=None) as opened:
        yield opened


async def asked(api: ClientConnection, method: str, **params: object) -> dict[str, Any]:
    """Ask over the websocket and return the answer."""
    await api.send(json.dumps({"id": "1", "method": method, "params": params}))
    while True:
        answer: dict[str, Any] = json.loads(await api.recv())
        if "id" in answer:
            return answer


def stamped() -> dict[str, object]:
    return {"apiKey": "simulated-key", "timestamp": time.time_ns() // 1_000_000}


async def test_an_order_is_told_apart_from_none_at_every_step(caller: Caller) -> None:
    order = {**LIMIT, "price": "59000", "newClientOrderId": "mine"}
    placed = (await caller.ask("POST", ORDER, **order)).json()
    assert (placed["status"], placed["clientOrderId"], placed["fills"]) == ("NEW", "mine", [])
    assert await caller.code("POST", ORDER, **order) == (400, -2010)
    mine = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert (await caller.ask("GET", ORDER, **mine)).json()["orderId"] == placed["orderId"]
    canceled = (await caller.ask("DELETE", ORDER, **mine)).json()
    assert (canceled["status"], canceled["origClientOrderId"]) == ("CANCELED", "mine")
    assert canceled["clientOrderId"] != "mine"
    assert await caller.code("DELETE", ORDER, **mine) == (400, -2011)
    assert await caller.code("GET", ORDER, symbol="BTCUSDT", origClientOrderId="none") == (400, -2013)


async def test_the_book_shows_a_part_of_an_order_that_hides_the_rest(caller: Caller) -> None:
    async def bid() -> Decimal:
        best = (await caller.client.get("/api/v3/ticker/bookTicker", params={"symbol": "BTCUSDT"})).json()
        assert Decimal(best["bidPrice"]) == 60_000
        return Decimal(best["bidQty"])

    before = await bid()
    hidden = {**LIMIT, "price": "60000", "icebergQty": "0.002", "newClientOrderId": "iceberg"}
    placed = (await caller.ask("POST", ORDER, **hidden)).json()
    assert (placed["origQty"], await bid() - before) == ("0.01000000", Decimal("0.002"))
    assert (await caller.ask("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="iceberg")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP"}, -1116),
        ({"timeInForce": "GTD"}, -1115),
        ({"type": "LIMIT_MAKER"}, -1106),
        ({"quantity": "0"}, -1013),
        ({"quantity": "0.000001"}, -1013),
        ({"quantity": "0.0000000001"}, -1111),
        ({"quantity": "much"}, -1102),
        ({"price": "59000.001"}, -1013),
        ({"price": "100"}, -1013),
        ({"quantity": "100"}, -2010),
        ({"newClientOrderId": "x/y"}, -1100),
        ({"reduceOnly": "true"}, -1104),
        ({"icebergQty": "0.0009"}, -1013),  # in more than ten parts
        ({"icebergQty": "0.01"}, -1013),
        ({"icebergQty": "0.005", "timeInForce": "IOC"}, -1013),
    ],
)
async def test_a_wrong_parameter_gets_the_venues_code(caller: Caller, changed: dict[str, Any], code: int) -> None:
    assert await caller.code("POST", ORDER, **{**LIMIT, "price": "59000", **changed}) == (400, code)


async def test_a_buyer_pays_in_the_coin_and_a_seller_in_money(caller: Caller) -> None:
    before = await held(caller)
    market = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.01"}
    bought = (await caller.ask("POST", ORDER, **market, side="BUY")).json()
    assert [(one["commission"], one["commissionAsset"]) for one in bought["fills"]] == [("0.00001000", "BTC")]
    sold = (await caller.ask("POST", ORDER, **market, side="SELL")).json()
    assert [(one["commission"], one["commissionAsset"]) for one in sold["fills"]] == [("0.60000000", "USDT")]
    after = await held(caller)
    assert round(after["BTC"] - before["BTC"], 8) == -0.00001
    assert round(after["USDT"] - before["USDT"], 8) == -0.0001 - 0.6  # a tick of spread, and the fee


async def held(caller: Caller) -> dict[str, float]:
    account = (await caller.ask("GET", "/api/v3/account")).json()
    return {one["asset"]: float(one["free"]) + float(one["locked"]) for one in account["balances"]}


async def test_what_an_order_may_cost_is_locked(caller: Caller) -> None:
    order = {**LIMIT, "price": "59000", "newClientOrderId": "locking"}
    await caller.ask("POST", ORDER, **order)
    account = (await caller.ask("GET", "/api/v3/account")).json()
    assert {one["asset"]: one["locked"] for one in account["balances"]}["USDT"] == "590.00000000"
    await caller.ask("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="locking")


async def test_trades_are_listed_by_at_most_a_day(caller: Caller) -> None:
    day_ms, now_ms = 24 * 3_600_000, time.time_ns() // 1_000_000
    path, pair = "/api/v3/myTrades", {"symbol": "BTCUSDT"}
    assert await caller.code("GET", path, **pair, startTime=now_ms - 2 * day_ms, endTime=now_ms) == (400, -1127)
    assert await caller.code("GET", path, **pair, startTime=now_ms - day_ms, endTime=now_ms) == (200, 0)


async def test_limits_are_counted_told_and_enforced() -> None:
    fresh = await SimulatedVenue.start("binance_spot")
    caller = Caller(fresh.http)
    await fresh.command("limits", weight_1m=100, orders_10s=1)
    answer = await caller.ask("GET", "/api/v3/openOrders")
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == "80"
    assert (await caller.ask("GET", "/api/v3/openOrders", symbol="BTCUSDT")).headers["X-MBX-USED-WEIGHT-1M"] == "86"
    order = {**LIMIT, "price": "59000"}
    assert (await caller.ask("POST", ORDER, **order)).headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert await caller.code("POST", ORDER, **order) == (429, -1015)
    refused = await caller.ask("GET", "/api/v3/openOrders")
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, -1003, "60")
    await caller.client.aclose()
    await fresh.stop()


async def test_nobody_logs_on_with_an_hmac_key_but_it_may_sign_a_subscription(
    api: ClientConnection, caller: Caller
) -> None:
    refused = await asked(api, "session.logon", **signed(stamped(), SECRET))
    assert (refused["status"], refused["error"]["code"]) == (400, -4056)
    assert (await asked(api, "userDataStream.subscribe"))["error"]["code"] == -2015
    wrong = await asked(api, "userDataStream.subscribe.signature", **signed(stamped(), "wrong"))
    assert wrong["error"]["code"] == -1022
    done = await asked(api, "userDataStream.subscribe.signature", **signed(stamped(), SECRET))
    assert done["result"] == {"subscriptionId": 0}
    await caller.ask("POST", ORDER, **{**LIMIT, "price": "59000", "newClientOrderId": "heard"})
    told = json.loads(await api.recv())
    assert (told["subscriptionId"], told["event"]["e"], told["event"]["c"]) == (0, "executionReport", "heard")
    assert json.loads(await api.recv())["event"]["e"] == "outboundAccountPosition"
    await caller.ask("DELETE", ORDER, symbol="BTCUSDT", origClientOrderId="heard")
    canceled = json.loads(await api.recv())["event"]
    assert (canceled["x"], canceled["C"]) == ("CANCELED", "heard")
    assert canceled["c"] != "heard"


async def test_an_ed25519_key_logs_on_and_signs_requests(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public = tmp_path / "key.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    venue = await SimulatedVenue.start("binance_spot", "--public-key", str(public))

    def by_key(params: dict[str, object]) -> dict[str, object]:
        text = urlencode(sorted(params.items()))
        return {**params, "signature": base64.b64encode(key.sign(text.encode())).decode()}

    async with connect(f"{venue.ws}/ws-api/v3", proxy=None) as api:
        assert (await asked(api, "session.logon", **by_key(stamped())))["status"] == 200
        assert (await asked(api, "userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
    async with httpx.AsyncClient(base_url=venue.http, trust_env=False) as client:
        query = urlencode(by_key({"timestamp": time.time_ns() // 1_000_000}))
        answer = await client.get(f"/api/v3/account?{query}", headers={"X-MBX-APIKEY": "simulated-key"})
        assert answer.status_code == 200
    await venue.stop()
