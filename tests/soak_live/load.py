"""The load of a soak: strategies at a pace, people who watch, an open console, and a fault now and then."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import grpc
import httpx

from end_to_end.process import Service
from livexec.client import ClientError, ExecutionClient, NoAnswerError, Order, Patience
from livexec.v1 import execution_pb2, execution_pb2_grpc

BITCOIN, ETHER = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "BYBIT:PERPETUAL:ETH-USDT@LIN"
PATIENCE = Patience(deadline_s=60.0, longest_pause_s=0.3)
RESTING = 4  # orders of one strategy that rest; beyond, the oldest is taken back
STRATEGIES = 50  # each with one call outstanding
_FAR = {(BITCOIN, "BUY"): "40000", (BITCOIN, "SELL"): "90000", (ETHER, "BUY"): "1500", (ETHER, "SELL"): "5000"}
_AMOUNT = {BITCOIN: "0.01", ETHER: "0.1"}
_CONSOLE = ("/api/status", "/api/orders?limit=50", "/api/positions", "/api/exposure", "/api/alerts", "/api/breaks")


@dataclass(slots=True)
class Seen:
    """What the callers of one minute met."""

    took_s: list[float] = field(default_factory=list)  # of submits, until their answer
    calls: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    updates: int = 0
    faults: list[str] = field(default_factory=list)


class OrderStream:
    """Orders over one call that stays open, as a strategy sends them that has many; one outstanding."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = execution_pb2_grpc.ExecutionServiceStub(channel)
        self._call: grpc.aio.StreamStreamCall[Order, execution_pb2.ExecutionResult] | None = None

    async def submit(self, order: Order) -> None:
        """Send an order and wait for its answer.

        Raises:
            NoAnswerError: the call broke, and nothing is known; the next order opens another.
        """
        try:
            self._call = self._call or self._stub.SubmitOrders()
            await self._call.write(order)
            answer = await self._call.read()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as broken:
            self._call = None
            raise NoAnswerError(str(broken)) from broken
        if not isinstance(answer, execution_pb2.ExecutionResult) or answer.operation_id != order.operation_id:
            self._call = None
            raise NoAnswerError("the stream ended, or answered another order")


class Load:
    """Everything that asks the service, until it is cancelled; `seen` is the minute that is under way."""

    def __init__(self, service: Service, rate: float, watchers: int, seed: int) -> None:
        self._service = service
        self._rate = rate
        self._watchers = watchers
        self._chance = Random(seed)
        self._pace = asyncio.Semaphore(0)
        self._run = f"{time.time_ns():x}"
        self.seen = Seen()

    async def run(self) -> None:
        """Trade, watch and look until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tick())
            for number in range(STRATEGIES):
                group.create_task(self._trade(number))
            for number in range(self._watchers):
                group.create_task(self._watch(number))
            group.create_task(self._console())

    async def _tick(self) -> None:
        began, given = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self._rate)
            backlog = STRATEGIES * 4  # what the service cannot take is not owed to it later
            for _ in range(min(due - given, backlog)):
                self._pace.release()
            given = due
            await _pause(0.01)

    async def _trade(self, number: int) -> None:
        chance, resting, count = Random(f"{self._run}-{number}"), list[str](), 0
        async with (
            ExecutionClient(self._service.target, patience=PATIENCE) as client,
            grpc.aio.insecure_channel(self._service.target) as channel,
        ):
            stream = OrderStream(channel)
            submit = stream.submit if number % 2 else client.submit
            while True:
                await self._pace.acquire()
                count += 1
                what = chance.choices(("market", "limit", "repeat"), (55, 40, 5))[0]
                key, side = chance.choice((BITCOIN, ETHER)), chance.choice(("BUY", "SELL"))
                order = Order(
                    operation_id=f"soak-{self._run}-{number}-{count if what != 'repeat' else 1}",
                    instrument_key=key, side=side, amount=_AMOUNT[key], strategy_id=f"soak-{number}",
                    price=_FAR[key, side] if what == "limit" else "",
                )  # fmt: skip
                if what == "repeat" or count == 1:
                    order = Order(operation_id=f"soak-{self._run}-{number}-1", instrument_key=BITCOIN, side="BUY",
                                  amount="0.01", strategy_id=f"soak-{number}")  # fmt: skip
                began = time.perf_counter()
                if await self._asked(what, submit(order)):
                    self.seen.took_s.append(time.perf_counter() - began)
                    if what == "limit":
                        resting.append(order.operation_id)
                if len(resting) > RESTING:
                    await self._asked("cancel", client.cancel(resting.pop(0), "it rested long enough"))

    async def _asked(self, what: str, call: object) -> bool:
        try:
            await call  # type: ignore[misc]  # a call of the client, of whatever answer
        except ClientError as error:
            self.seen.errors[f"{what}: {type(error).__name__}"] += 1
            return False
        self.seen.calls[what] += 1
        return True

    async def _watch(self, number: int) -> None:
        async with ExecutionClient(self._service.target, patience=PATIENCE) as client:
            strategy = f"soak-{number % STRATEGIES}"
            while True:
                with suppress(ClientError, grpc.aio.AioRpcError):
                    async for _ in client.watch(strategy_id=strategy):
                        self.seen.updates += 1
                self.seen.errors["a watcher came back"] += 1
                await _pause(0.5)

    async def _console(self) -> None:
        async with self._service.rest() as web:
            while True:
                for path in _CONSOLE:
                    try:
                        status = (await web.get(path)).status_code
                    except httpx.HTTPError as error:
                        status = 0
                        self.seen.errors[f"console: {type(error).__name__}"] += 1
                    if status not in (0, 200):
                        self.seen.errors[f"console: {path} answered {status}"] += 1
                await _pause(1.0)

    async def fault(self) -> None:
        """Let one thing go wrong, drawn by lot, that the service has to bear without an error to anybody."""
        faults: list[tuple[str, Callable[[], object]]] = [
            ("the projector is killed", self._kill_projector),
            ("the process stands still for a second", self._stand_still),
            ("two hundred cancels of nothing", self._cancel_nothing),
            ("a strategy is halted and resumed", self._halt),
        ]
        name, work = self._chance.choice(faults)
        self.seen.faults.append(name)
        done = work()
        if asyncio.iscoroutine(done):
            await done

    def _kill_projector(self) -> None:
        for child in children_of(self._service.pid):
            if b"app.projector" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)

    async def _stand_still(self) -> None:
        self._service.signal(signal.SIGSTOP)
        await _pause(1.0)
        self._service.signal(signal.SIGCONT)

    async def _cancel_nothing(self) -> None:
        async with self._service.rest() as web:
            for number in range(200):
                path = f"/api/orders/nobody-{self._run}-{time.time_ns()}-{number}"
                await web.delete(path, headers={"X-Livexec": "1"})

    async def _halt(self) -> None:
        async with ExecutionClient(self._service.target, patience=PATIENCE) as client:
            await client.halt("STRATEGY", "nobody-trades-so", reason="soak")
            await client.resume("STRATEGY", "nobody-trades-so", reason="soak")


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has begun."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


async def _pause(seconds: float) -> None:
    """Wait: a soak lives in real time."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
