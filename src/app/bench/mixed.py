"""`livexec bench mixed`: quotes, watchers, open orders and new orders at once, and what the loop makes of it."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

import uvloop

from adapters.runtime import ActorHost, QuoteBoard
from app.bench.null_venue import INSTRUMENTS, quote_of
from app.bench.orders import PRINCIPAL, order
from app.bench.service import bench_service
from app.checks import Check, as_json, percentile
from app.interpreter import set_aside, share_the_interpreter
from app.lifecycle import LiveService
from ports.commands import CancelAll, CancelOrder, SubmitOrder
from ports.values import OperationId, StrategyId

QUOTES_PER_SECOND: Final = 10_000
WATCHERS: Final = 50
OPEN_ORDERS: Final = 100_000
ORDERS_PER_SECOND: Final = 500
_SECONDS: Final = 10.0
_TICK_S: Final = 0.001  # how often the loop is asked how late it is
_BURST_S: Final = 0.002
_AT_ONCE: Final = 256
type Progress = Callable[[str], None]


class Lag:
    """How late the loop comes to a timer, and how long each collection of garbage holds it up.

    `busy_ms` and `collected_ms` are the same without what other processes did meanwhile: the processor's time alone.
    """

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self.pauses_ms: list[float] = []
        self.busy_ms: list[float] = []
        self.collected_ms: list[float] = []
        self._collection_began = (0.0, 0.0)

    async def watch(self) -> None:
        """Look every millisecond until cancelled."""
        while True:
            due, worked = time.perf_counter() + _TICK_S, time.thread_time()
            await asyncio.sleep(_TICK_S)
            self.busy_ms.append((time.thread_time() - worked) * 1000)
            self.late_ms.append(max(time.perf_counter() - due, 0.0) * 1000)

    def collecting(self, phase: str, info: dict[str, int]) -> None:
        """Time a collection (a `gc.callbacks` hook)."""
        if phase == "start":
            self._collection_began = time.perf_counter(), time.thread_time()
        else:
            began, worked = self._collection_began
            self.pauses_ms.append((time.perf_counter() - began) * 1000)
            self.collected_ms.append((time.thread_time() - worked) * 1000)


def bench_mixed(orders: int = OPEN_ORDERS, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Put `orders` open orders into the book, then run everything at once for ten seconds."""
    share_the_interpreter()
    return uvloop.run(_bench(orders, progress))


async def _bench(open_orders: int, progress: Progress) -> dict[str, Any]:
    async with bench_service(lambda client_order_id: None) as (service, _):
        host = service.container.host()
        progress(f"opening {open_orders:,} orders")
        for start in range(0, open_orders, _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, open_orders))
            await asyncio.gather(*[host.ask(order(number, "open")) for number in numbers])
        await host.drained()
        sequence = service.container.feed().sequence
        await service.container.projector().reach(sequence, 120.0)
        set_aside()
        progress(
            f"{_SECONDS:.0f} s of {QUOTES_PER_SECOND:,} quotes/s, {WATCHERS} watchers, {ORDERS_PER_SECOND} orders/s"
        )
        measured = await _everything_at_once(service)
        progress("cancelling 1,000 orders at once")
        measured["cancel_1000_ms"] = await _cancel_thousand(service)
    checks = [
        Check.at_most("loop_lag_p999_ms", measured["loop_lag_p999_ms"], 5.0, "ms"),
        Check.at_most("gc_pause_max_ms", measured["gc_pause_max_ms"], 3.0, "ms"),
    ]
    return {"ok": all(check.ok for check in checks), "open_orders": open_orders, **measured, "checks": as_json(checks)}


async def _everything_at_once(service: LiveService) -> dict[str, Any]:
    host, lag = service.container.host(), Lag()
    cancels_ms: list[float] = []
    submits_ms: list[float] = []
    watchers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.bench.watchers", f"127.0.0.1:{service.grpc_port}", str(WATCHERS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if watchers.stdin is None or watchers.stdout is None:
        raise RuntimeError("the watchers have no pipes")
    await asyncio.wait_for(watchers.stdout.readline(), 30)
    background = [asyncio.create_task(_quotes(service.container.quotes())), asyncio.create_task(lag.watch())]
    gc.callbacks.append(lag.collecting)
    began = time.perf_counter()
    sent = 0
    calls: set[asyncio.Task[None]] = set()
    while (elapsed := time.perf_counter() - began) < _SECONDS:
        while sent < elapsed * ORDERS_PER_SECOND:
            call = asyncio.create_task(_submit_and_cancel(host, sent, submits_ms, cancels_ms))
            calls.add(call)
            call.add_done_callback(calls.discard)
            sent += 1
        await asyncio.sleep(_BURST_S)
    await asyncio.gather(*calls)
    gc.callbacks.remove(lag.collecting)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    watchers.stdin.close()
    seen = int(await asyncio.wait_for(watchers.stdout.readline(), 30))
    await watchers.wait()
    return {
        "orders": sent,
        "quotes_per_second": QUOTES_PER_SECOND,
        "updates_seen_by_the_slowest_watcher": seen,
        "submit_p50_ms": percentile(submits_ms, 50),
        "submit_p99_ms": percentile(submits_ms, 99),
        "cancel_p99_ms": percentile(cancels_ms, 99),
        "loop_lag_p99_ms": percentile(lag.late_ms, 99),
        "loop_lag_p999_ms": percentile(lag.late_ms, 99.9),
        "loop_busy_p999_ms": percentile(lag.busy_ms, 99.9),
        "gc_pause_max_ms": max(lag.pauses_ms, default=0.0),
        "gc_busy_max_ms": max(lag.collected_ms, default=0.0),
        "gc_collections": len(lag.pauses_ms),
    }


async def _submit_and_cancel(host: ActorHost, number: int, submits_ms: list[float], cancels_ms: list[float]) -> None:
    began = time.perf_counter()
    await host.ask(order(number, "mixed"))
    submits_ms.append((time.perf_counter() - began) * 1000)
    if number % 10 == 0:
        began = time.perf_counter()
        await host.ask(CancelOrder(operation_id=OperationId(f"mixed-{number}"), principal=PRINCIPAL))
        cancels_ms.append((time.perf_counter() - began) * 1000)


async def _cancel_thousand(service: LiveService) -> float:
    """Return the milliseconds until 1,000 more orders of one strategy are all cancelled and that is durable."""
    host = service.container.host()
    strategy = StrategyId("bench-thousand")
    for number in range(1000):
        submit = order(number, "thousand")
        await host.ask(_of_strategy(submit, strategy))
    await host.drained()
    began = time.perf_counter()
    await host.ask(CancelAll(principal=PRINCIPAL, strategy_id=strategy))
    await host.drained()
    return (time.perf_counter() - began) * 1000


def _of_strategy(submit: SubmitOrder, strategy: StrategyId) -> SubmitOrder:
    return replace(submit, terms=replace(submit.terms, strategy_id=strategy))


async def _quotes(board: QuoteBoard) -> None:
    began, put = time.perf_counter(), 0
    while True:
        due = int((time.perf_counter() - began) * QUOTES_PER_SECOND)
        for _ in range(due - put):
            instrument = INSTRUMENTS[put % len(INSTRUMENTS)].key
            board.put_quote(instrument, partial(quote_of, instrument, put, time.time_ns()))
            put += 1
        await asyncio.sleep(_TICK_S)
