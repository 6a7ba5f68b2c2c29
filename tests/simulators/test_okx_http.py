"""The simulated OKX over HTTP and websockets, asked by a client that shares no code with it or with us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from simulators.process import SimulatedVenue

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "simulated-secret"
LIMIT = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "59000"}
ORDER = "/api/v5/trade/order"


def signature(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class Caller:
    """Signs as the venue's documentation says."""

    def __init__(self, base: str, secret: str = SECRET) -> None:
        self.client = httpx.AsyncClient(base_url=base, trust_env=False)
        self.secret = secret
        self.late = timedelta()
        self.key = "simulated-key"
        self.passphrase = "simulated-passphrase"

    async def ask(self, method: str, path: str, body: Mapping[str, object] | None = None, **params: str) -> Any:
        """Ask, and return the status and the answer."""
        path += f"?{urlencode(params)}" if params else ""
        stamp = (datetime.now(UTC) - self.late).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        content = "" if body is None else json.dumps(body)
        headers = {
            "OK-ACCESS-KEY": self.key,
            "OK-ACCESS-PASSPHRASE": self.passphrase,
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-SIGN": signature(self.secret, stamp + method + path + content),
        }
        answer = await self.client.request(method, path, content=content, headers=headers)
        return answer.status_code, answer.json()

    async def code(self, method: str, path: str, body: Mapping[str, object] | None = None, **params: str) -> str:
        """Return the code of a whole answer, or of the one order that it is about."""
        _, answer = await self.ask(method, path, body, **params)
        if answer["code"] == "1":
            return str(answer["data"][0]["sCode"])
        return str(answer["code"])


@pytest_asyncio.fixture(loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    """A simulator that nobody has asked yet."""
    running = await SimulatedVenue.start("okx")
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(venue: SimulatedVenue) -> AsyncIterator[Caller]:
    """Somebody with the right key."""
    made = Caller(venue.http)
    yield made
    await made.client.aclose()


async def logged_in(socket: ClientConnection, secret: str = SECRET) -> dict[str, Any]:
    """Log in, and return what the venue says."""
    stamp = str(time.time_ns() // 1_000_000_000)
    given = {"apiKey": "simulated-key", "passphrase": "simulated-passphrase", "timestamp": stamp}
    given["sign"] = signature(secret, f"{stamp}GET/users/self/verify")
    await socket.send(json.dumps({"op": "login", "args": [given]}))
    said: dict[str, Any] = json.loads(await socket.recv())
    return said


async def test_only_who_signs_in_time_is_heard(caller: Caller) -> None:
    path = "/api/v5/account/balance"
    assert await caller.code("GET", path) == "0"
    caller.late = timedelta(seconds=31)
    assert await caller.ask("GET", path) == (401, {"code": "50102", "msg": "Timestamp request expired", "data": []})
    caller.late = timedelta()
    for name, wrong, code in (("secret", "x", "50113"), ("passphrase", "x", "50105"), ("key", "x", "50111")):
        right = getattr(caller, name)
        setattr(caller, name, wrong)
        assert await caller.code("GET", path) == code
        setattr(caller, name, right)


async def test_orders_are_placed_asked_for_amended_and_canceled(caller: Caller) -> None:
    assert await caller.code("POST", ORDER, {**LIMIT, "clOrdId": "one"}) == "0"
    amended = {"instId": "BTC-USDT-SWAP", "clOrdId": "one", "newSz": "2", "newPx": "58000", "reqId": "r1"}
    assert await caller.code("POST", "/api/v5/trade/amend-order", amended) == "0"
    _, told = await caller.ask("GET", ORDER, instId="BTC-USDT-SWAP", clOrdId="one")
    assert (told["data"][0]["sz"], told["data"][0]["px"], told["data"][0]["state"]) == ("2", "58000", "live")
    cancel = {"instId": "BTC-USDT-SWAP", "clOrdId": "one"}
    assert await caller.code("POST", "/api/v5/trade/cancel-order", cancel) == "0"
    assert await caller.code("POST", "/api/v5/trade/cancel-order", cancel) == "51400"
    assert await caller.code("POST", "/api/v5/trade/amend-order", amended) == "51503"
    assert await caller.code("GET", ORDER, instId="BTC-USDT-SWAP", clOrdId="two") == "51603"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"instId": "DOGE-USDT-SWAP"}, "51001"),
        ({"side": "up"}, "51000"),
        ({"ordType": "twap"}, "51000"),
        ({"sz": "0.001"}, "51121"),
        ({"px": "59000.05"}, "51006"),
        ({"sz": "100000000"}, "51008"),
        ({"tdMode": "cash"}, "51000"),
        ({"posSide": "long"}, "51000"),
        ({"clOrdId": "with-a-hyphen"}, "51000"),
        ({"clOrdId": "x" * 33}, "51000"),
        ({"reduceOnly": "true"}, "51169"),
    ],
)
async def test_a_wrong_order_is_refused_with_the_venues_code(
    caller: Caller, wrong: dict[str, object], code: str
) -> None:
    assert await caller.code("POST", ORDER, {**LIMIT, **wrong}) == code


async def test_a_client_order_id_is_of_one_open_order(caller: Caller) -> None:
    assert await caller.code("POST", ORDER, {**LIMIT, "clOrdId": "twice"}) == "0"
    assert await caller.code("POST", ORDER, {**LIMIT, "clOrdId": "twice"}) == "51016"


async def test_a_market_buy_of_spot_counts_money_unless_told_otherwise(caller: Caller) -> None:
    market = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "600.001"}
    assert await caller.code("POST", ORDER, market) == "0"
    assert await caller.code("POST", ORDER, {**market, "sz": "0.5", "tgtCcy": "base_ccy"}) == "0"
    _, told = await caller.ask("GET", "/api/v5/trade/fills", instType="SPOT")
    assert [one["fillSz"] for one in told["data"]] == ["0.5", "0.01"]
    assert {one["feeCcy"] for one in told["data"]} == {"BTC"}


async def test_pages_of_trades_and_orders_go_back_without_holes(venue: SimulatedVenue, caller: Caller) -> None:
    await venue.command("limits", orders=100_000, factor=100)
    await caller.code("POST", ORDER, {**LIMIT, "clOrdId": "filling", "sz": "30"})
    await venue.command("fill_often", client_order_id="filling", quantity="0.001", times=250)
    seen: list[str] = []
    while True:
        _, page = await caller.ask("GET", "/api/v5/trade/fills", instType="SWAP", after=seen[-1] if seen else "")
        seen += [one["billId"] for one in page["data"]]
        if len(page["data"]) < 100:
            break
    assert len(seen) == len(set(seen)) == 250
    assert seen == sorted(seen, reverse=True)


async def test_too_many_requests_are_turned_away_and_counted_by_the_endpoint(caller: Caller) -> None:
    answers = [await caller.ask("GET", "/api/v5/account/config") for _ in range(7)]
    assert [status for status, _ in answers].count(429) == 2
    assert answers[-1][1]["code"] == "50011"
    assert await caller.code("GET", "/api/v5/account/balance") == "0"


async def test_too_many_orders_of_an_instrument_are_refused_and_cancels_are_not(
    venue: SimulatedVenue, caller: Caller
) -> None:
    await venue.command("limits", orders=3)
    codes = [await caller.code("POST", ORDER, {**LIMIT, "clOrdId": f"n{number}"}) for number in range(5)]
    assert codes == ["0", "0", "0", "50011", "50011"]
    assert await caller.code("POST", "/api/v5/trade/cancel-order", {"instId": "BTC-USDT-SWAP", "clOrdId": "n0"}) == "0"


async def test_a_websocket_takes_orders_of_whoever_logged_in(venue: SimulatedVenue) -> None:
    arguments = {**LIMIT, "instIdCode": 10459, "clOrdId": "ws1"}
    order = {"id": "1", "op": "order", "args": [arguments]}
    async with connect(venue.ws, proxy=None) as socket:
        await socket.send(json.dumps(order))
        assert json.loads(await socket.recv())["code"] == "60011"
        assert (await logged_in(socket))["event"] == "login"
        await socket.send(json.dumps(order))
        answer = json.loads(await socket.recv())
        assert (answer["id"], answer["code"], answer["data"][0]["clOrdId"]) == ("1", "0", "ws1")
        await socket.send(json.dumps({**order, "id": "2", "expTime": "1", "args": [{**arguments, "clOrdId": "ws2"}]}))
        assert json.loads(await socket.recv())["data"][0]["sCode"] == "51149"
        await socket.send("ping")
        assert await socket.recv() == "pong"
    async with connect(venue.ws, proxy=None) as socket:
        assert (await logged_in(socket, "wrong"))["code"] == "60007"


async def test_the_orders_channel_tells_each_trade_with_its_own_fee(venue: SimulatedVenue) -> None:
    async with connect(venue.ws, proxy=None) as socket:
        await logged_in(socket)
        await socket.send(json.dumps({"op": "subscribe", "args": [{"channel": "orders", "instType": "SWAP"}]}))
        assert json.loads(await socket.recv())["event"] == "subscribe"
        placed = {"symbol": "BTC-USDT-SWAP", "side": "BUY", "quantity": "0.02", "price": "59000"}
        await venue.command("hand", **placed, client_order_id="hand")
        for quantity in ("0.005", "0.015"):
            await venue.command("fill", client_order_id="hand", quantity=quantity)
        new, first, last = [json.loads(await socket.recv())["data"][0] for _ in range(3)]
        assert (new["state"], new["tradeId"], new["sz"]) == ("live", "", "2")
        assert (first["fillSz"], first["accFillSz"], first["fillFee"]) == ("0.5", "0.5", "-0.059")
        assert (last["fillSz"], last["accFillSz"], last["fillFee"], last["fee"]) == ("1.5", "2", "-0.177", "-0.236")
        assert last["state"] == "filled"
