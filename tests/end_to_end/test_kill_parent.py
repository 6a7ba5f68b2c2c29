"""kill -9 in the middle of an algorithm's order: it goes on where it was, and does nothing twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from app.digests import folded
from core.invariants import INVARIANTS, RecordedRun
from end_to_end.conftest import Start
from end_to_end.test_kill import (
    CONFIG,
    OF_THE_JOURNAL,
    assert_everything_ended,
    assert_sums_hold,
    assert_watched_without_hole_or_repeat,
    journal_of,
)
from end_to_end.traders import LINEAR, PATIENCE, Tally, watch
from livexec.client import ExecutionClient, Order
from ports.facts import OrderRecorded, OrderReleased, ParentEnded
from ports.values import OrderStatus

KILLED_AFTER = (1, 2, 3)  # children that have traded; what a dead process missed, the next ones make up for
WAIT_S = 60.0
OPERATION = "parent-1"
PARAMS = {"horizon_secs": "20", "intervals": "24"}


@pytest.mark.slow
async def test_a_parent_killed_three_times_is_worked_to_its_end_once(tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    config = ("--config", str(folder / "config.json"))
    service = await (await start(folder, *config)).up()
    ports = ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))
    tally = Tally()
    async with ExecutionClient(service.target, patience=PATIENCE) as client:
        watching = asyncio.create_task(watch(client, tally))
        order = Order(
            operation_id=OPERATION,
            instrument_key=LINEAR,
            side="BUY",
            amount="0.12",
            strategy_id="patient",
            exec_algorithm="TWAP",
            exec_algorithm_params=PARAMS,
        )
        tally.acknowledged(await client.submit(order))
        for traded in KILLED_AFTER:
            await children_traded(tally, traded)
            service.kill()
            await service.ended()
            service = await (await start(folder, *config, *ports)).up()
        await tally.settled()
        result = await client.submit(order)  # again, after its end: the same order
        tally.acknowledged(result)
        watching.cancel()
    await service.stop()
    assert (result.status, str(result.filled_amount)) == ("FILLED", "0.12")
    entries = await journal_of(folder)
    released = [entry.fact.operation_id for entry in entries if isinstance(entry.fact, OrderReleased)]
    recorded = [entry.fact.operation_id for entry in entries if isinstance(entry.fact, OrderRecorded)]
    assert recorded == [OPERATION, *[f"{OPERATION}.{number}" for number in range(1, len(recorded))]]
    assert len(released) == len(set(released)) > len(KILLED_AFTER)
    (ended,) = [entry.fact for entry in entries if isinstance(entry.fact, ParentEnded)]
    assert ended.status is OrderStatus.FILLED
    assert_everything_ended(entries)
    assert_sums_hold(entries)
    assert_watched_without_hole_or_repeat(tally, entries)
    facts = [entry.fact for entry in entries]
    run = RecordedRun(entries=entries, sends=(), releases=(), fold=folded, live_digest=folded(facts))
    judged = {name: INVARIANTS[name](run) for name in OF_THE_JOURNAL}
    assert {name: finding.violations for name, finding in judged.items() if not finding.ok} == {}


async def children_traded(tally: Tally, number: int) -> None:
    """Wait until so many children have traded whole."""
    async with asyncio.timeout(WAIT_S):
        while len({one for one in tally.ended if one.startswith(f"{OPERATION}.")}) < number:
            await tally.more(1)
