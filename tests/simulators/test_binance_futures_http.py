"""The simulated Binance over HTTP, asked by a client that shares no code with it or with us."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from simulators.process import SimulatedVenue
from simulators.signing import Caller

pytestmark = pytest.mark.asyncio(loop_scope="module")
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def venue() -> AsyncIterator[SimulatedVenue]:
    """One simulator for all that is asked here."""
    running = await SimulatedVenue.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def fresh() -> AsyncIterator[tuple[SimulatedVenue, Caller]]:
    """A simulator that nobody has asked yet, and somebody with the right key."""
    running = await SimulatedVenue.start()
    made = Caller(running.http)
    yield running, made
    await made.client.aclose()
    await running.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def caller(venue: SimulatedVenue) -> AsyncIterator[Caller]:
    """Somebody with the right key."""
    made = Caller(venue.http)
    yield made
    await made.client.aclose()


async def test_only_who_signs_in_time_is_heard(venue: SimulatedVenue, caller: Caller) -> None:
    now_ms = time.time_ns() // 1_000_000
    path = "/fapi/v2/account"
    assert (await caller.ask("GET", path)).status_code == 200
    assert await caller.code("GET", path, timestamp=now_ms - 6_000) == (400, -1021)
    assert await caller.code("GET", path, timestamp=now_ms + 5_000) == (400, -1021)
    assert await caller.code("GET", path, timestamp=now_ms - 6_000, recvWindow=10_000) == (200, 0)
    for key, secret, refusal in (
        ("simulated-key", "x", (400, -1022)),
        ("x", "x", (401, -2015)),
        ("", "x", (401, -2014)),
    ):
        stranger = Caller(venue.http, key, secret)
        assert await stranger.code("GET", path) == refusal
        await stranger.client.aclose()


async def test_an_order_is_told_apart_from_none_at_every_step(caller: Caller) -> None:
    order = {**LIMIT, "price": "59000", "newClientOrderId": "mine"}
    placed = (await caller.ask("POST", "/fapi/v1/order", **order)).json()
    assert (placed["status"], placed["clientOrderId"]) == ("NEW", "mine")
    assert await caller.code("POST", "/fapi/v1/order", **order) == (400, -4116)
    mine = {"symbol": "BTCUSDT", "origClientOrderId": "mine"}
    assert (await caller.ask("GET", "/fapi/v1/order", **mine)).json()["orderId"] == placed["orderId"]
    assert (await caller.ask("DELETE", "/fapi/v1/order", **mine)).json()["status"] == "CANCELED"
    assert await caller.code("DELETE", "/fapi/v1/order", **mine) == (400, -2011)
    assert (await caller.ask("GET", "/fapi/v1/order", **mine)).json()["status"] == "CANCELED"
    assert await caller.code("GET", "/fapi/v1/order", symbol="BTCUSDT", origClientOrderId="none") == (400, -2013)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP"}, -1116),
        ({"timeInForce": "DAY"}, -1115),
        ({"quantity": "0"}, -4003),
        ({"quantity": "0.0101"}, -1111),
        ({"quantity": "much"}, -1102),
        ({"price": "59000.001"}, -1111),
        ({"price": "59000.05"}, -4014),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"quantity": "0.001"}, -4164),
        ({"timeInForce": "GTD", "goodTillDate": "1"}, -5040),
    ],
)
async def test_a_wrong_parameter_gets_the_venues_code(caller: Caller, changed: dict[str, Any], code: int) -> None:
    refusal = await caller.code("POST", "/fapi/v1/order", **{**LIMIT, "price": "59000", **changed})
    assert refusal == (400, code)


async def test_limits_are_counted_told_and_enforced(fresh: tuple[SimulatedVenue, Caller]) -> None:
    venue, caller = fresh
    await venue.command("limits", orders_10s=2, weight_1m=100)
    order = {**LIMIT, "price": "59000"}
    for number in (1, 2):
        answer = await caller.ask("POST", "/fapi/v1/order", **order)
        assert answer.headers["X-MBX-ORDER-COUNT-10S"] == str(number)
    assert await caller.code("POST", "/fapi/v1/order", **order) == (429, -1015)
    assert (await caller.ask("GET", "/fapi/v1/openOrders")).headers["X-MBX-USED-WEIGHT-1M"] == "40"
    assert await caller.code("GET", "/fapi/v1/openOrders") == (200, 0)
    assert await caller.code("GET", "/fapi/v1/openOrders") == (429, -1003)


async def test_who_goes_on_over_the_limit_is_banned(fresh: tuple[SimulatedVenue, Caller]) -> None:
    venue, caller = fresh
    await venue.command("limits", weight_1m=0)
    answers = [(await caller.ask("GET", "/fapi/v1/openOrders")).status_code for _ in range(22)]
    assert (answers[0], answers[-1]) == (429, 418)


async def test_trades_are_paged_by_id_and_by_time(fresh: tuple[SimulatedVenue, Caller]) -> None:
    venue, caller = fresh
    await caller.ask("POST", "/fapi/v1/order", **{**LIMIT, "price": "59000", "newClientOrderId": "mine"})
    await venue.command("fill_often", client_order_id="mine", quantity="0.001", times=10)
    listed = (await caller.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT")).json()
    assert len(listed) == 10
    page = (await caller.ask("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", limit=3, fromId=listed[4]["id"])).json()
    assert [one["id"] for one in page] == [one["id"] for one in listed[4:7]]
    eight_days_ms = 8 * 24 * 3_600_000
    now_ms = time.time_ns() // 1_000_000
    span = {"startTime": now_ms - eight_days_ms, "endTime": now_ms}
    assert await caller.code("GET", "/fapi/v1/userTrades", symbol="BTCUSDT", **span) == (400, -4165)


async def test_every_request_is_in_the_log_by_its_client_order_id(venue: SimulatedVenue, caller: Caller) -> None:
    await venue.fault("POST /fapi/v1/order", "error", status=503, body="", late=False)
    order = {**LIMIT, "price": "59000", "newClientOrderId": "logged"}
    assert (await caller.ask("POST", "/fapi/v1/order", **order)).status_code == 503
    assert (await caller.ask("POST", "/fapi/v1/order", **order)).status_code == 200
    assert await venue.times_asked("logged") == 2
    assert len(await venue.orders("logged")) == 1
    log = [one for one in await venue.look("requests") if one["clientOrderId"] == "logged"]
    assert [(one["status"], one["carriedOut"]) for one in log] == [(503, False), (200, True)]
    assert not any("signature" in one["params"] for one in log)
