"""A followed signal trades once: the service is killed after its order, starts again, and reads the same file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks import day_of, signals_path
from end_to_end.conftest import Start
from end_to_end.process import run_command
from livexec.client import ExecutionClient, Signal
from ports.values import StrategyId

PERPETUAL = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
MOMENTUM = StrategyId("momentum")


async def strategy(web: httpx.AsyncClient) -> Mapping[str, Any]:
    """Return the strategy as soon as it has looked at a signal."""
    while True:
        (shown,) = (await web.get("/api/strategies")).json()["strategies"]
        if shown["answer"] is not None and not shown["answer"]["again"]:
            found: Mapping[str, Any] = shown
            return found


async def orders(web: httpx.AsyncClient) -> list[Mapping[str, Any]]:
    """Return the strategy's orders, as soon as the last of them has ended."""
    while True:
        found: list[Mapping[str, Any]] = (await web.get("/api/orders?strategy_id=momentum")).json()["orders"]
        if found and all(order["status"] == "FILLED" for order in found):
            return found


async def test_a_killed_service_reads_the_same_signals_and_trades_none_twice(tmp_path: Path, start: Start) -> None:
    state = tmp_path / "state"
    service = await (await start(state)).up()
    made = ("strategies", "configure", MOMENTUM, "--size", "0.01", "--max-age-secs", "86400", "--url", service.url)
    assert run_command(*made, "--json", folder=tmp_path).document["running"] is False
    assert run_command("strategies", "start", MOMENTUM, "--url", service.url, folder=tmp_path).code == 0
    began_us = time.time_ns() // 1_000
    path = state / "store" / signals_path(MOMENTUM, day_of(began_us * 1_000))
    path.parent.mkdir(parents=True)
    columns = {"timestamp": [began_us], "instrument_key": [PERPETUAL], "direction": [1]}
    pq.write_table(pa.table(columns), path.with_suffix(".partial"))
    path.with_suffix(".partial").rename(path)
    async with service.rest() as web:
        ordered = await strategy(web)
        assert ordered["answer"]["ordered"], ordered
        (order,) = await orders(web)
    service.kill()
    await service.ended()
    service = await (await start(state)).up()
    async with service.rest() as web, ExecutionClient(service.target) as client:
        seen = await strategy(web)
        assert (seen["running"], seen["answer"]["why"]) == (True, "TRADED")
        pushed = await client.push_signal(
            Signal(strategy_id=MOMENTUM, instrument_key=PERPETUAL, timestamp_ns=began_us * 1_000, direction=1)
        )
        assert (pushed.ordered, pushed.why, pushed.operation_id) == (False, "TRADED", order["operation_id"])
        assert [each["operation_id"] for each in await orders(web)] == [order["operation_id"]]
        positions = (await web.get("/api/positions")).json()["positions"]
        assert [each["quantity"] for each in positions] == ["0.01"]
    listed = run_command("strategies", "--url", service.url, folder=tmp_path)
    assert "TRADED" in listed.stdout
    assert run_command("strategies", "stop", MOMENTUM, "--url", service.url, folder=tmp_path).code == 0
