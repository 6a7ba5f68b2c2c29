"""`livexec bench ingest`: orders at both doors, durable, beside an empty handler of the same server, in turn."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from statistics import median
from typing import Any, Final

import grpc
import orjson
import uvloop

from app.bench.ingest_server import SUBMIT
from app.bench.null_venue import INSTRUMENTS
from app.checks import Check, as_json
from livexec.v1 import execution_pb2 as pb

LEAST_RATE: Final = 0.4  # of the empty handler's, with many callers (design, budgets)
CALLERS: Final = (1, 32)
_USUAL: Final = 1_500  # orders a round with many callers
_ROUNDS: Final = 5
_START_S: Final = 120.0
type Progress = Callable[[str], None]
type Send = Callable[[dict[str, str]], Awaitable[None]]


def bench_ingest(orders: int = _USUAL, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measure; `orders` a round with 32 callers, a quarter of that with one."""
    return uvloop.run(_bench(orders, progress))


async def _bench(orders: int, progress: Progress) -> dict[str, Any]:
    figures: dict[str, dict[str, list[float]]] = {}
    numbers = count()
    async with _server() as ports:
        for door in ("grpc", "rest"):
            for callers in CALLERS:
                name, took = f"{door}_{callers}", max(orders if callers > 1 else orders // 4, callers)
                progress(f"{door}, {callers} callers: {_ROUNDS} rounds of {took} orders, each beside an empty handler")
                rounds: dict[str, list[float]] = {"ours": [], "empty": []}
                for kind in (door, f"{door}_empty"):
                    await _rate(door, ports[kind], callers, callers * 4, numbers)  # warm
                for _ in range(_ROUNDS):
                    rounds["empty"].append(await _rate(door, ports[f"{door}_empty"], callers, took, numbers))
                    rounds["ours"].append(await _rate(door, ports[door], callers, took, numbers))
                figures[name] = rounds
    return _result(orders, figures)


def _result(orders: int, figures: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    checks, shown = [], {}
    for name, rounds in figures.items():
        ratio = median([ours / empty for ours, empty in zip(rounds["ours"], rounds["empty"], strict=True)])
        least = LEAST_RATE if name.startswith("grpc") and not name.endswith("_1") else 0.0
        checks.append(Check.at_least(f"{name}_rate_over_empty_handler", round(ratio, 3), least, "ratio"))
        shown[name] = {kind: round(median(rates)) for kind, rates in rounds.items()}
    return {
        "ok": all(check.ok for check in checks),
        "checks": as_json(checks),
        "orders": orders,
        "orders_per_s": shown,
        "rounds": {name: {kind: [round(one) for one in rates] for kind, rates in rounds.items()}
                   for name, rounds in figures.items()},
    }  # fmt: skip


@asynccontextmanager
async def _server() -> AsyncIterator[dict[str, int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.bench.ingest_server", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    try:
        if process.stdout is None or process.stdin is None:
            return
        async with asyncio.timeout(_START_S):
            ports = orjson.loads(await process.stdout.readline())
        if len(cores) > 1:
            os.sched_setaffinity(0, cores - {min(cores)})
        yield ports
        process.stdin.close()
        async with asyncio.timeout(_START_S):
            await process.wait()
    finally:
        if cores:
            os.sched_setaffinity(0, cores)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _rate(door: str, port: int, callers: int, orders: int, numbers: count[int]) -> float:
    """Return orders a second, each caller with one outstanding."""
    left = iter(range(orders))

    async def call(send: Send) -> None:
        for _ in left:
            await send(_order(next(numbers)))

    async with AsyncExitStack() as stack:
        sends = [await stack.enter_async_context(_DOORS[door](port)) for _ in range(callers)]
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for send in sends:
                group.create_task(call(send))
        return orders / (time.perf_counter() - began)


def _order(number: int) -> dict[str, str]:
    return {
        "operation_id": f"ingest-{number}",
        "instrument_key": str(INSTRUMENTS[number % len(INSTRUMENTS)].key),
        "side": "BUY" if number % 2 else "SELL",
        "amount": "0.001",
        "price": "59999.9",
        "strategy_id": f"ingest-{number % 50}",
    }


@asynccontextmanager
async def _by_grpc(port: int) -> AsyncIterator[Send]:
    options = [("grpc.use_local_subchannel_pool", 1)]  # a connection of its own for each caller
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        submit: Any = channel.unary_unary(SUBMIT)

        async def send(order: dict[str, str]) -> None:
            await submit(_message(order))

        yield send


def _message(order: dict[str, str]) -> bytes:
    message = pb.Order()
    for name, value in order.items():
        setattr(message, name, value)
    return message.SerializeToString()


@asynccontextmanager
async def _by_rest(port: int) -> AsyncIterator[Send]:
    """A connection that is kept, and no more of HTTP than that: the caller must not be what is measured."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send(order: dict[str, str]) -> None:
        body = orjson.dumps(order)
        head = f"POST /api/orders HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 20"):
            raise ConnectionError(answer.partition(b"\r\n")[0].decode())
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)

    try:
        yield send
    finally:
        writer.close()
        await writer.wait_closed()


_DOORS: Final = {"grpc": _by_grpc, "rest": _by_rest}
