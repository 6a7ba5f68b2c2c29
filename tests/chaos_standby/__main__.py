"""`python -m chaos_standby`: a leader and a standby on one PostgreSQL; leader or server is killed, again and again."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from adapters.sql import PostgresAddress, database_at
from app.checks import Check, as_json, percentile
from app.session_results import read_entries
from end_to_end.process import Service
from livexec.client import ClientError, ExecutionClient, Order, Patience
from ports.facts import OrderRecorded, OrderReleased

from fakes.postgres import PostgresServer

KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
ONCE = Patience(deadline_s=1.0, longest_pause_s=0.1)
CALLERS = 4
WITHIN_S = 300.0
CONFIG = {
    "database": {"standby": True},
    "logging": {"level": "warning", "log_orders": False, "log_fills": False},
    "paper": {"ticks_per_second": 20},
}


class Callers:
    """Strategies that send to whoever leads, the same operation id until it is answered."""

    def __init__(self) -> None:
        self.targets: list[str] = []  # the leader, then its standby
        self.acknowledged: dict[str, str] = {}
        self.repeats = 0
        self.accepted = asyncio.Event()
        self._over = False

    async def trade(self, number: int) -> None:
        """Send one order after another until it is over."""
        count, which = 0, 0
        while not self._over:
            count += 1
            order = Order(
                operation_id=f"standby-{number}-{count}", instrument_key=KEY, side="BUY" if count % 2 else "SELL",
                amount="0.001", strategy_id=f"standby-{number}",
            )  # fmt: skip
            while not self._over:
                with suppress(ClientError):
                    async with ExecutionClient(self.targets[which % len(self.targets)], patience=ONCE) as client:
                        result = await client.submit(order)
                    known = self.acknowledged.setdefault(order.operation_id, result.order_id)
                    if known != result.order_id:
                        self.repeats += 1
                    self.accepted.set()
                    break
                which += 1

    async def next_accepted(self) -> None:
        """Wait for an order that is taken from now on."""
        self.accepted.clear()
        async with asyncio.timeout(WITHIN_S):
            await self.accepted.wait()

    def end(self) -> None:
        """Send no more."""
        self._over = True


async def chaos(given: argparse.Namespace, folder: Path, server: PostgresServer) -> dict[str, Any]:
    """Take the lead away so many times, and count."""
    address, chance, callers = server.empty(), Random(given.seed), Callers()
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    begun: list[Service] = []

    async def begin() -> Service:
        state = folder / f"state-{len(begun)}"
        begun.append(await Service.begin(state, "--config", str(config), env={"DATABASE_URL": address.dsn}))
        return begun[-1]

    took_s: dict[str, list[float]] = {"kill": [], "server": []}
    try:
        leader = await (await begin()).up(WITHIN_S)
        callers.targets = [leader.target]
        async with asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(callers.trade(number))
            for number in range(given.takeovers):
                standby = await begin()
                await standby.said(r"^standby: .*waiting for its end$", WITHIN_S)
                await callers.next_accepted()
                how = chance.choice(("kill", "kill", "kill", "server"))
                leader = await _takeover(how, leader, standby, callers, server, took_s)
                say(f"{number + 1} of {given.takeovers}: {how}, {took_s[how][-1]:.1f} s to the first accepted order")
            callers.end()
        await leader.stop()
        return await _judged(callers, took_s, address)
    finally:
        callers.end()
        for one in begun:
            one.kill()
            await one.ended()


async def _takeover(
    how: str, leader: Service, standby: Service, callers: Callers, server: PostgresServer,
    took_s: dict[str, list[float]],
) -> Service:  # fmt: skip
    began = time.monotonic()
    if how == "kill":
        leader.kill()
        await leader.ended()
        await standby.up(WITHIN_S)
        callers.targets = [standby.target]
        await callers.next_accepted()
        took_s[how].append(time.monotonic() - began)
        return standby
    server.kill()
    _started(server)
    up = {asyncio.create_task(standby.up(WITHIN_S)): standby}
    waiting = asyncio.create_task(callers.next_accepted())
    await asyncio.wait([waiting, *up], return_when=asyncio.FIRST_COMPLETED)
    if any(task.done() and task.exception() is None for task in up):  # the standby was quicker than the leader
        callers.targets = [standby.target]
        leader, standby = standby, leader
    await waiting
    took_s[how].append(time.monotonic() - began)
    for task in up:
        task.cancel()
    standby.kill()
    await standby.ended()
    return leader


def _started(server: PostgresServer) -> None:
    """Start the server again; on a machine that others use, its recovery may take longer than one try waits."""
    for _ in range(10):
        with suppress(RuntimeError):
            server.start()
            return
    server.start()


async def _judged(callers: Callers, took_s: dict[str, list[float]], address: PostgresAddress) -> dict[str, Any]:
    reader = database_at(address.dsn).reader()
    await reader.open()
    try:
        entries = await read_entries(reader, 0)
    finally:
        await reader.close()
    recorded = [entry.fact for entry in entries if isinstance(entry.fact, OrderRecorded)]
    ours = {str(fact.operation_id): str(fact.order_id) for fact in recorded}
    released = Counter(entry.fact.client_order_id for entry in entries if isinstance(entry.fact, OrderReleased))
    lost = [name for name, order_id in callers.acknowledged.items() if ours.get(name) != order_id]
    twice = len(recorded) - len(ours) + sum(count - 1 for count in released.values()) + callers.repeats
    every = [each for times in took_s.values() for each in times]
    checks = [
        Check.equal("lost", len(lost), 0, "orders"),
        Check.equal("repeated", twice, 0, "orders"),
        Check.at_least("acknowledged", len(callers.acknowledged), 1, "orders"),
        Check.at_least("takeovers", len(every), 1, "takeovers"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "checks": as_json(checks),
        "p50_s": round(percentile(every, 50), 2),
        "p99_s": round(percentile(every, 99), 2),
        "took_s": {how: [round(each, 2) for each in times] for how, times in took_s.items()},
        "orders": len(recorded),
        "facts": len(entries),
    }


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Run, print, and exit 0 only where nothing was lost or repeated."""
    parser = argparse.ArgumentParser(prog="python -m chaos_standby", description=__doc__)
    parser.add_argument("--takeovers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory(prefix="livexec-standby-") as folder:
            result = asyncio.run(chaos(given, Path(folder), server))
    finally:
        server.stop()
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for check in result["checks"]:
            sys.stdout.write(f"{'ok    ' if check['ok'] else 'FAILED'} {check['name']} {check['value']:g}\n")
        sys.stdout.write(f"       to the first accepted order: p50 {result['p50_s']} s, p99 {result['p99_s']} s\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
