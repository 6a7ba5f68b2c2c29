"""kill -9 in the middle of everything, again and again: no order is lost, none is repeated, every sum holds."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from adapters.sql import SqliteJournalReader, check, sqlite_files
from app.digests import folded
from app.session_results import read_entries
from app.valuation import VALUATION
from core.invariants import INVARIANTS, RecordedRun
from end_to_end.conftest import Start
from end_to_end.process import Service
from end_to_end.traders import PATIENCE, Tally, Trader, watch
from livexec.client import ExecutionClient
from ports.facts import (
    CancelRequested,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    PositionChanged,
    status_after,
)
from ports.journal import Entry
from ports.values import OrderStatus

SEED = int(os.environ.get("LIVEXEC_KILL_SEED", "0"))  # another one kills at other instants
KILLS = int(os.environ.get("LIVEXEC_KILLS", "4"))  # of each of the two services that run side by side
TRADERS = 4
MOST_STEPS = 400
MOST_TURNS = 300  # of the loop, so that the instant falls anywhere within a call
AT_START = ("book open at", "connecting venues", "connected")
OF_THE_JOURNAL = INVARIANTS.keys() - {"sent_once", "durable_before_release"}  # these need what no journal holds
CONFIG = {
    "risk_engine": {
        "max_orders_per_second": 100_000,
        "max_order_quantity": {"*": "1"},
        "max_order_value": "100000",
        "max_position_per_instrument": {"*": "1000"},
        "max_total_notional": "100000000",
    },
    "logging": {"log_orders": False, "log_fills": False},
}


@dataclass
class Killed:
    """What happened to one service."""

    tally: Tally = field(default_factory=Tally)
    in_flight: list[int] = field(default_factory=list)  # at each kill
    at_start: int = 0  # killed again before it was up


@pytest.mark.slow
async def test_killed_at_random_instants_it_loses_and_repeats_nothing(
    tmp_path: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    async with asyncio.TaskGroup() as group:
        lives = [group.create_task(live_through(folder, start, seed)) for seed, folder in enumerate(folders, SEED)]
    for folder, life in zip(folders, lives, strict=True):
        killed = life.result()
        entries = await journal_of(folder)
        with capsys.disabled():
            say(killed, entries)
        assert len(killed.in_flight) == KILLS
        assert_nothing_is_lost(killed.tally, entries)
        assert_everything_ended(entries)
        assert_sums_hold(entries)
        assert_invariants_hold(entries)
        assert_watched_without_hole_or_repeat(killed.tally, entries)
        report = await check(sqlite_files(f"sqlite:///{folder / 'livexec.db'}"), VALUATION)
        assert report.ok, report
    assert sum(sum(life.result().in_flight) for life in lives) > 0


def configured(folder: Path) -> str:
    folder.mkdir()
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    return str(config)


async def live_through(folder: Path, start: Start, seed: int) -> Killed:
    """Trade while the service is killed and started again; end with every order settled and a stop in good order."""
    chance, killed = Random(seed), Killed()
    config = configured(folder)
    service = await (await start(folder, "--config", config)).up()
    ports = ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))

    async def again() -> Service:
        while chance.random() < 0.2:
            begun = await start(folder, "--config", config, *ports)
            await begun.said(chance.choice(AT_START))
            begun.kill()
            await begun.ended()
            killed.at_start += 1
        return await (await start(folder, "--config", config, *ports)).up()

    tally = killed.tally
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(ExecutionClient(service.target, patience=PATIENCE))
            for _ in range(TRADERS + 1)
        ]
        watching = asyncio.create_task(watch(clients[-1], tally))
        stack.callback(watching.cancel)
        async with asyncio.TaskGroup() as group:
            for number, client in enumerate(clients[:-1]):
                group.create_task(Trader(client, f"trader-{seed}-{number}", tally).trade())
            for _ in range(KILLS):
                await tally.more(chance.randint(1, MOST_STEPS))
                for _ in range(chance.randint(0, MOST_TURNS)):
                    await asyncio.sleep(0)
                killed.in_flight.append(tally.in_flight)
                service.kill()
                await service.ended()
                service = await again()
            await tally.more(MOST_STEPS)
            tally.over = True
        await clients[0].cancel_all(reason="it is over")
        await tally.settled()
        reached = tally.updates[-1].sequence
        assert [result async for result in clients[0].orders(open_only=True, min_sequence=reached)] == []
    await service.stop()
    return killed


async def journal_of(folder: Path) -> list[Entry]:
    reader = SqliteJournalReader(folder / "livexec.db")
    await reader.open()
    try:
        return await read_entries(reader, 0)
    finally:
        await reader.close()


def say(killed: Killed, entries: list[Entry]) -> None:
    """Tell how much was examined."""
    orders = sum(isinstance(entry.fact, OrderRecorded) for entry in entries)
    doubts = sum(status_after(entry.fact) is OrderStatus.UNCONFIRMED for entry in entries)
    print(  # noqa: T201 - what a reader of the run wants to see
        f"\n{len(killed.in_flight)} kills and {killed.at_start} during a start; {len(entries)} facts, {orders} orders, "
        f"{len(killed.tally.orders)} acknowledged, {doubts} times in doubt; "
        f"in flight at each kill: {killed.in_flight}; {dict(sorted(killed.tally.counts.items()))}"
    )


def assert_nothing_is_lost(tally: Tally, entries: list[Entry]) -> None:
    recorded = [entry.fact for entry in entries if isinstance(entry.fact, OrderRecorded)]
    released = [entry.fact for entry in entries if isinstance(entry.fact, OrderReleased)]
    order_ids: dict[str, str] = {fact.operation_id: fact.order_id for fact in recorded}
    assert len(order_ids) == len(set(order_ids.values())) == len(recorded)
    assert len({fact.operation_id for fact in released}) == len({fact.client_order_id for fact in released})
    assert len({fact.client_order_id for fact in released}) == len(released)
    assert tally.orders
    assert {operation_id: order_ids.get(operation_id) for operation_id in tally.orders} == tally.orders
    assert tally.canceled <= {entry.fact.operation_id for entry in entries if isinstance(entry.fact, CancelRequested)}


def assert_everything_ended(entries: list[Entry]) -> None:
    """No order is still in doubt, nor at work, at the end."""
    last = {}
    for entry in entries:
        status = status_after(entry.fact)
        if status is not None:
            last[getattr(entry.fact, "operation_id", None)] = status
    assert last
    assert {operation_id: status for operation_id, status in last.items() if not status.is_terminal} == {}


def assert_sums_hold(entries: list[Entry]) -> None:
    """Add the trades up, and compare with the last position told of each."""
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    told: dict[tuple[str, ...], Decimal] = {}
    for fact in [entry.fact for entry in entries]:
        if isinstance(fact, OrderFilled):
            sums[fact.account, fact.strategy_id, fact.instrument] += fact.quantity * fact.side.sign
        elif isinstance(fact, PositionChanged):
            told[fact.account, fact.strategy_id, fact.instrument] = fact.quantity
    assert sums
    assert sums == told


def assert_invariants_hold(entries: list[Entry]) -> None:
    run = RecordedRun(
        entries=entries,
        sends=(),
        releases=(),
        fold=folded,
        live_digest=folded([entry.fact for entry in entries]),
    )
    for name in OF_THE_JOURNAL:
        finding = INVARIANTS[name](run)
        assert finding.ok, (name, finding.violations)
        assert finding.examined > 0, name


def assert_watched_without_hole_or_repeat(tally: Tally, entries: list[Entry]) -> None:
    changes = [entry.seq for entry in entries if status_after(entry.fact) is not None]
    assert [update.sequence for update in tally.updates] == changes
    fills = [(entry.seq, entry.fact.trade_id) for entry in entries if isinstance(entry.fact, OrderFilled)]
    assert [(update.sequence, update.fill.fill_id) for update in tally.updates if update.fill is not None] == fills
