"""Strategies over both doors: configured, started, stopped; what is wrong is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest

from livexec.v1 import execution_pb2 as pb
from livexec.v1 import execution_pb2_grpc

from fakes.doors import grpc_channel, rest, service_over
from fakes.gateway import NOW_NS, PERPETUAL, MemoryService

MOMENTUM = {
    "strategy_id": "momentum",
    "size": "0.5",
    "instruments": [PERPETUAL],
    "exec_algorithm": "TWAP",
    "exec_algorithm_params": {"horizon_secs": "240"},
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(MemoryService())) as opened:
        yield opened


async def test_a_strategy_is_configured_started_and_stopped(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/strategies", json=MOMENTUM)).json()
    assert made == MOMENTUM | {
        "running": False, "max_age_secs": 300, "principal": "local", "signal": None, "answer": None, "error": "",
    }  # fmt: skip
    headers = {"X-Livexec": "1"}
    assert (await client.post("/api/strategies/momentum/start", headers=headers)).json()["running"] is True
    assert (await client.get("/api/strategies")).json() == {"strategies": [made | {"running": True}]}
    assert (await client.post("/api/strategies", json=MOMENTUM)).status_code == 200
    changed = await client.post("/api/strategies", json=MOMENTUM | {"size": "2"})
    assert (changed.status_code, changed.json()["reason_code"]) == (409, "OPERATION_CONFLICT")
    assert (await client.post("/api/strategies/momentum/stop", headers=headers)).json()["running"] is False
    assert (await client.post("/api/strategies", json=MOMENTUM | {"size": 2})).json()["size"] == "2"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strategy_id": "../momentum"}, "strategy_id"),
        ({"size": "0"}, "size"),
        ({"size": "much"}, "size"),
        ({"instruments": ["BTC"]}, "instrument_key"),
        ({"exec_algorithm": "BEST"}, "exec_algorithm"),
        ({"max_age_secs": 0}, "max_age_secs"),
        ({"sise": "1"}, "sise"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, change: dict[str, Any], field: str) -> None:
    refused = await client.post("/api/strategies", json=MOMENTUM | change)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (await client.get("/api/strategies")).json() == {"strategies": []}


async def test_a_strategy_is_validated_and_not_kept(client: httpx.AsyncClient) -> None:
    would_do = await client.post("/api/strategies?check=true", json=MOMENTUM)
    assert (would_do.status_code, would_do.json()["strategy_id"]) == (200, "momentum")
    unlisted = MOMENTUM | {"instruments": ["BYBIT:PERPETUAL:DOGE-USDT@LIN"]}
    refused = await client.post("/api/strategies?check=true", json=unlisted)
    assert (refused.status_code, refused.json()["field"]) == (422, "instruments")
    assert (await client.get("/api/strategies")).json() == {"strategies": []}


async def test_a_strategy_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    missing = await client.post("/api/strategies/nobody/start", headers={"X-Livexec": "1"})
    assert (missing.status_code, missing.json()["field"]) == (404, "strategy_id")


async def test_a_signal_is_pushed_over_grpc_and_answered_in_words() -> None:
    service = service_over(MemoryService())
    async with grpc_channel(service) as channel, rest(service) as client:
        stub = execution_pb2_grpc.ExecutionServiceStub(channel)
        signal = pb.Signal(strategy_id="momentum", instrument_key=PERPETUAL, timestamp_ns=NOW_NS, direction=1)
        with pytest.raises(grpc.aio.AioRpcError) as missing:
            await stub.PushSignal(signal)
        assert missing.value.code() is grpc.StatusCode.NOT_FOUND
        await client.post("/api/strategies", json=MOMENTUM)
        assert (await stub.PushSignal(signal)).why == "STOPPED"
        await client.post("/api/strategies/momentum/start", headers={"X-Livexec": "1"})
        pushed = await stub.PushSignal(signal)
        assert (pushed.ordered, pushed.why, pushed.again) == (False, "NOT_LISTED", True)
        (shown,) = (await client.get("/api/strategies")).json()["strategies"]
        assert shown["answer"]["operation_id"] == pushed.operation_id
        for wrong, value in (("direction", 2), ("timestamp_ns", 1_700_000_000), ("target_position", "x")):
            bad = pb.Signal()
            bad.CopyFrom(signal)
            setattr(bad, wrong, value)
            with pytest.raises(grpc.aio.AioRpcError, match=wrong):
                await stub.PushSignal(bad)
