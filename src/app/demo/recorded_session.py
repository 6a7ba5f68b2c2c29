"""`livexec demo --scenario session`: a recorded session of a thousand orders and a kill -9, led again byte for byte."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import uvloop

from app.checks import Check
from app.checks import as_json as checks_as_json
from app.demo.demonstration import DEMO_LIMITS
from app.demo.hand import one_of_each_venue
from app.demo.kill_tree import is_halted
from app.demo.paper_process import PaperProcess
from app.replaying import replay_session
from livexec.client import ExecutionClient, Patience
from livexec.v1.execution_pb2 import Order
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import Side

ORDERS: Final = 1_000
PROCESSES: Final = 2
_AT_ONCE: Final = 32
_KILLED_AT: Final = 450  # answers
_TICKS_PER_SECOND: Final = 3_000  # far more than one for each time that the market is handed over
_PATIENCE: Final = Patience(deadline_s=120.0, longest_pause_s=0.3)
_REASON: Final = "the recorded session"
_EVERY_FOURTH_RESTS: Final = 4
_FAR: Final = "30000"  # below any market of it
_AMOUNT: Final = "0.002"
type Say = Callable[[str], None]


def run_recorded_session(
    *, out: Path | None = None, seed: int = 7, progress: Say = lambda line: None
) -> dict[str, Any]:
    """Record a paper service while it is traded with, kill it in between, and lead its session again.

    Returns what `livexec replay --session --verify` finds, and what the session must have had in it (`ok` at its
    head). `out` keeps the service's state (None: a temporary folder that stays for you to look at).
    """
    folder = out or Path(tempfile.mkdtemp(prefix="livexec-demo-"))
    answers = uvloop.run(_Session(folder, seed, progress).live())
    progress("leading the session again")
    found = replay_session(folder, None, progress)
    checks = [
        Check.at_least("orders", found["orders"], ORDERS, "orders"),
        Check.at_least("orders_answered", answers, ORDERS, "orders"),
        Check.equal("processes", found["processes"], PROCESSES, "processes"),
        Check.at_least(
            "public_trades_added_up", found["public_trades"] - found["messages_of_trades"], 1, "public trades"
        ),
    ]
    invariants: Mapping[str, Any] = found["invariants"]
    examined = all(each["examined"] for each in invariants.values())
    return {
        **found,
        "ok": found["ok"] and examined and all(check.ok for check in checks),
        "checks": [*found["checks"], *checks_as_json(checks)],
        "results": str(folder),
    }


class _Session:
    """The life of one recorded service, over a kill."""

    def __init__(self, folder: Path, seed: int, say: Say) -> None:
        self._folder = folder
        self._configured = _configuration(seed)
        self._say = say
        self._instruments = [one.key for one in one_of_each_venue() if one.key.type is not InstrumentType.SPOT_PAIR]
        self._answered = 0
        self._enough = asyncio.Event()

    async def live(self) -> int:
        """Trade, kill, trade on, halt and resume, stop; return how many orders were answered."""
        self._say("starting a service that records its session")
        process = await PaperProcess.start(self._folder, self._configured, record=True)
        try:
            async with ExecutionClient(process.target, patience=_PATIENCE) as client:
                process = await self._trade_over_a_kill(client, process)
                await self._halt_and_resume(client)
            await process.stop()
        finally:
            await process.kill()
        return self._answered

    async def _trade_over_a_kill(self, client: ExecutionClient, first: PaperProcess) -> PaperProcess:
        numbers = iter(range(ORDERS))
        async with asyncio.TaskGroup() as callers:
            for _ in range(_AT_ONCE):
                callers.create_task(self._submit_all(client, numbers))
            await self._enough.wait()
            self._say(f"killing it after {self._answered} answers; its callers go on asking")
            await first.kill()
            # Where its callers ask: a port of its own would leave them without an answer.
            return await PaperProcess.start(self._folder, self._configured, record=True, target=first.target)

    async def _submit_all(self, client: ExecutionClient, numbers: Iterator[int]) -> None:
        for number in numbers:
            await client.submit(self._order(number))
            self._answered += 1
            if self._answered >= _KILLED_AT:
                self._enough.set()

    async def _halt_and_resume(self, client: ExecutionClient) -> None:
        """Halt everything, see an order refused, and let it go on.

        Raises:
            TimeoutError: nobody refused it, or nobody took one after.
        """
        self._say("halting and resuming it")
        async with asyncio.timeout(_PATIENCE.deadline_s):
            await client.halt("GLOBAL", "", _REASON)
            await self._until(client, halted=True)
            await client.resume("GLOBAL", "", _REASON)
            await self._until(client, halted=False)

    async def _until(self, client: ExecutionClient, *, halted: bool) -> None:
        for number in count(ORDERS):
            order = self._order(number)
            order.operation_id += "-halted" if halted else "-resumed"
            if is_halted(await client.submit(order)) is halted:
                return

    def _order(self, number: int) -> Order:
        rests = number % _EVERY_FOURTH_RESTS == _EVERY_FOURTH_RESTS - 1
        key: InstrumentKey = self._instruments[number // _EVERY_FOURTH_RESTS % len(self._instruments)]
        return Order(
            operation_id=f"recorded-{number}",
            instrument_key=key,
            side=Side.BUY if rests or number % 2 else Side.SELL,
            amount=_AMOUNT,
            strategy_id=f"strategy-{number % 3}",
            price=_FAR if rests else "",
        )


def _configuration(seed: int) -> Mapping[str, Any]:
    limits = DEMO_LIMITS.model_copy(update={"max_orders_per_second": 100_000, "max_orders_per_minute": 1_000_000})
    return {
        "paper": {"enabled": True, "seed": seed, "ticks_per_second": _TICKS_PER_SECOND},
        "risk_engine": limits.model_dump(mode="json", exclude_defaults=True),
        "logging": {"log_orders": False, "log_fills": False},
    }
