"""A recorded session of a thousand orders and a kill -9, led again: byte for byte the same facts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from end_to_end.conftest import Start
from end_to_end.process import run_command
from end_to_end.test_kill import CONFIG
from end_to_end.traders import LINEAR, PATIENCE
from livexec.client import ExecutionClient, Order

ORDERS = 1_000
AT_ONCE = 32
KILLED_AT = 450  # answers
RECORDED = {
    **CONFIG,
    "paper": {"ticks_per_second": 3_000},  # far more than one for each time that quotes are handed over
}


def order(number: int) -> Order:
    rests = number % 4 == 3  # far below the market
    return Order(
        operation_id=f"recorded-{number}",
        instrument_key=LINEAR,
        side="BUY" if number % 2 else "SELL",
        amount="0.002",
        strategy_id=f"strategy-{number % 3}",
        price="30000" if rests else "",
    )


def order_as_json(operation_id: str) -> dict[str, str]:
    return {
        "operation_id": operation_id, "instrument_key": LINEAR, "side": "BUY", "amount": "0.002", "strategy_id": "late",
    }  # fmt: skip


@pytest.mark.slow
async def test_a_killed_session_led_again_has_the_same_facts(tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(RECORDED))
    options = ("--config", str(folder / "config.json"), "--record")
    service = await (await start(folder, *options)).up()
    ports = ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))
    answered = 0
    enough = asyncio.Event()
    numbers = iter(range(ORDERS))

    async def trade(client: ExecutionClient) -> None:
        nonlocal answered
        for number in numbers:
            await client.submit(order(number))
            answered += 1
            if answered >= KILLED_AT:
                enough.set()

    async with ExecutionClient(service.target, patience=PATIENCE) as client, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(trade(client))
        await enough.wait()
        service.kill()
        await service.ended()
        service = await (await start(folder, *options, *ports)).up()
    async with service.rest() as web:
        for control in ("halt", "resume"):
            body = {"scope": "global", "mode": "halt", "reason": "a drill"}
            if control == "resume":
                del body["mode"]
            (await web.post(f"/api/control/{control}", json=body)).raise_for_status()
            refused = await web.post("/api/orders", json=order_as_json(f"after-{control}"))
            assert (refused.json()["status"] == "REJECTED") is (control == "halt")
    await service.stop()
    ended = await asyncio.to_thread(run_command, "replay", "--session", folder, "--verify", "--json", folder=tmp_path)
    found = ended.document
    assert (ended.code, found["differences"]) == (0, []), found
    assert found["orders"] >= ORDERS
    assert found["processes"] == 2
    assert all(invariant["ok"] and invariant["examined"] for invariant in found["invariants"].values())
    assert 0 < found["quotes"] < found["messages"]
