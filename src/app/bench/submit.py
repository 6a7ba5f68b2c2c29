"""`livexec bench submit`: the whole path to release, beside a bare commit and beside NautilusTrader, in one run."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import uvloop

from adapters.nautilus.reference import NautilusReference
from adapters.runtime import ActorHost
from app.bench.bare import BareStore
from app.bench.growth import LEAST, Growth
from app.bench.orders import order
from app.bench.service import bench_service
from app.checks import Check, as_json, percentile
from app.interpreter import share_the_interpreter
from core.orders.identity import names_of
from ports.values import ClientOrderId, OperationId

_USUAL: Final = 3_000  # orders
_ROUNDS: Final = 5
_OUTSTANDING: Final = 64
_WARM_UP: Final = 200
type Progress = Callable[[str], None]


class Sends:
    """When each order was handed to the venue."""

    def __init__(self) -> None:
        self.at_ns: dict[ClientOrderId, int] = {}

    def sent(self, client_order_id: ClientOrderId) -> None:
        """Note a hand-over."""
        self.at_ns[client_order_id] = time.perf_counter_ns()

    def of(self, prefix: str, number: int) -> int:
        """Return when the bench's order was handed over."""
        return self.at_ns[names_of(OperationId(f"{prefix}-{number}")).client_order_id]


def bench_submit(orders: int = _USUAL, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measure submit to release, durable, one and 64 outstanding; `orders` one at a time, and as many a round.

    Where they are many, as many are closed instead, to see what they cost those that come after them; the rest is
    measured with the usual number.
    """
    share_the_interpreter()
    if orders < LEAST:
        return uvloop.run(_bench(orders, progress))
    grown, figures = uvloop.run(_grow(orders, progress))
    result = uvloop.run(_bench(_USUAL, progress))
    return (
        result
        | figures
        | {
            "ok": result["ok"] and all(check.ok for check in grown),
            "checks": result["checks"] + as_json(grown),
        }
    )


async def _grow(orders: int, progress: Progress) -> tuple[list[Check], dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="livexec-bench-") as folder:
        return await Growth(Path(folder)).measure(orders, progress)


async def _bench(orders: int, progress: Progress) -> dict[str, Any]:
    sends = Sends()
    with NautilusReference() as reference:
        async with bench_service(sends.sent) as (service, folder), BareStore(folder / "bare.db") as bare:
            host = service.container.host()
            progress(f"one outstanding: {orders} orders, each beside a bare commit")
            ours, theirs = await _one_outstanding(host, bare, sends, orders)
            rates: dict[str, list[float]] = {"ours_1": [], "ours_64": [], "nautilus_1": [], "nautilus_64": []}
            for number in range(_ROUNDS):
                progress(f"round {number + 1} of {_ROUNDS}: ours and NautilusTrader's, in turn")
                for name, outstanding in (("1", 1), ("64", _OUTSTANDING)):
                    rates[f"ours_{name}"].append(await _rate(host, orders, outstanding, f"r{number}-{name}"))
                    result = await asyncio.to_thread(reference.round, orders, outstanding)
                    rates[f"nautilus_{name}"].append(orders / result.seconds)
    return _result(orders, ours, theirs, rates)


async def _one_outstanding(host: ActorHost, bare: BareStore, sends: Sends, orders: int) -> tuple[list[int], list[int]]:
    ours: list[int] = []
    theirs: list[int] = []
    for number in range(-_WARM_UP, orders):
        bare_ns = await bare.commit()
        submit = order(number, "one")
        began = time.perf_counter_ns()
        await host.ask(submit)
        await host.drained()  # its acknowledgement is booked too, outside of what is measured
        if number >= 0:
            ours.append(sends.of("one", number) - began)
            theirs.append(bare_ns)
    return ours, theirs


async def _rate(host: ActorHost, orders: int, outstanding: int, prefix: str) -> float:
    """Return orders a second until every order is acknowledged and that is durable."""
    numbers = iter(range(orders))

    async def caller() -> None:
        for number in numbers:
            await host.ask(order(number, prefix))

    began = time.perf_counter_ns()
    await asyncio.gather(*[caller() for _ in range(outstanding)])
    await host.drained()
    return orders / ((time.perf_counter_ns() - began) / 1e9)


def _result(orders: int, ours: list[int], theirs: list[int], rates: dict[str, list[float]]) -> dict[str, Any]:
    def over(mine: str, other: str) -> float:
        return median([a / b for a, b in zip(rates[mine], rates[other], strict=True)])

    checks = [
        Check.at_most("p50_over_bare_commit", percentile(ours, 50) / percentile(theirs, 50), 2.0, "times"),
        Check.at_most("p99_over_bare_commit", percentile(ours, 99) / percentile(theirs, 99), 2.5, "times"),
        Check.at_least("rate_over_nautilus_1", over("ours_64", "nautilus_1"), 2.0, "times"),
        Check.at_least("rate_over_nautilus_64", over("ours_64", "nautilus_64"), 1.2, "times"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "orders": orders,
        "bare_commit_us": {"p50": percentile(theirs, 50) / 1000, "p99": percentile(theirs, 99) / 1000},
        "submit_to_release_us": {"p50": percentile(ours, 50) / 1000, "p99": percentile(ours, 99) / 1000},
        "orders_per_second": {name: round(median(values)) for name, values in rates.items()},
        "checks": as_json(checks),
    }
