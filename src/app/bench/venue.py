"""`livexec bench venue`: an order's way to a live venue's socket and its trade's way back, beside Nautilus alone.

Both trade through Nautilus's adapter of Binance USDT-M Futures, each at a simulator of its own, order by order; the
simulator notes when a new order arrived and when it told of its trade, on the clock that all processes share.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import uvloop

from adapters.nautilus.reference import VenueReference
from adapters.nautilus.venue_reference_node import OrderAtVenue, Place
from app.bench.bare import BareStore
from app.bench.orders import EVERY_FIRST_RULE, PRINCIPAL
from app.checks import Check, as_json, percentile
from app.container import live_container
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.settings import parse_settings
from app.simulated.process import SimulatedVenue, simulators
from app.simulated.venues import BINANCE_FUTURES, configuration
from core.orders.identity import names_of
from ports.commands import OrderTerms, SetLimits, SubmitOrder
from ports.facts import OrderFilled
from ports.values import OperationId, OrderType, Quantity, Side, StrategyId

ORDERS: Final = 240  # the venue's limit of 300 in ten seconds keeps more of them waiting
_WARM_UP: Final = 20
_QUANTITY: Final = "0.002"
_OVERHEAD_US: Final = 300
_READY_S: Final = 60.0
_ANSWER_S: Final = 30.0
type Progress = Callable[[str], None]


@dataclass(slots=True)
class _Ways:
    """What orders and trades took, in ns: to the venue's socket, and back from it."""

    there: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def take(self, orders: Sequence[OrderAtVenue], timings: Any) -> None:
        """Hold when orders began and had filled against what the venue noted of them."""
        for one in orders:
            self.there.append(timings["arrived"][one.client_order_id] - one.begun_ns)
            self.back.append(one.filled_ns - timings["told"][one.client_order_id])

    def shown(self) -> dict[str, dict[str, float]]:
        """Return the figures in microseconds."""
        ways = {"submit_to_socket": self.there, "trade_told_to_known": self.back}
        return {name: {f"p{at}": percentile(taken, at) / 1000 for at in (50, 99)} for name, taken in ways.items()}


def bench_venue(orders: int = ORDERS, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measure `orders` market orders, each beside one of Nautilus alone and one bare commit.

    Raises:
        InvalidInputError: this is not a checkout of the repository, and there are no simulated venues.
    """
    simulators()
    share_the_interpreter()
    return uvloop.run(_bench(orders, progress))


async def _bench(orders: int, progress: Progress) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="livexec-bench-"))
    try:
        async with AsyncExitStack() as stack:
            progress("starting two simulated venues, the service and Nautilus by itself")
            mine, others = [await BINANCE_FUTURES.start() for _ in range(2)]
            for venue in (mine, others):
                stack.push_async_callback(venue.stop)
            bare = await stack.enter_async_context(BareStore(folder / "bare.db"))
            reference = VenueReference(
                Place(others.http, others.ws, "simulated-key", "simulated-secret", "BTCUSDT", _QUANTITY)
            )
            await asyncio.to_thread(reference.__enter__)
            stack.callback(reference.close)
            service = await _started(folder, mine)
            stack.push_async_callback(service.stop)
            return await _measured(service, reference, bare, (mine, others), orders, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _started(folder: Path, venue: SimulatedVenue) -> LiveService:
    given = configuration({BINANCE_FUTURES.account: venue}, {})
    given |= {"doors": {"http_port": 0, "grpc_port": 0}, "orders": {"ack_patience_ms": 600_000}}
    settings = parse_settings(json.dumps(given), {}, "bench").model_copy(update={"state_dir": folder / "state"})
    service = LiveService(settings, live_container(settings))
    await service.start()
    await service.until(lambda: service.book.accounts.is_ready(BINANCE_FUTURES.account), _READY_S)
    await service.container.host().ask(SetLimits(limits=EVERY_FIRST_RULE, principal=PRINCIPAL, reason="bench"))
    return service


async def _measured(
    service: LiveService,
    reference: VenueReference,
    bare: BareStore,
    venues: tuple[SimulatedVenue, SimulatedVenue],
    orders: int,
    progress: Progress,
) -> dict[str, Any]:
    ours, theirs, commits = _Ways(), _Ways(), list[int]()
    trader, mine, others = _Trader(service), list[OrderAtVenue](), list[OrderAtVenue]()
    progress(f"{orders} orders, each beside a bare commit and one of Nautilus's")
    for number in range(-_WARM_UP, orders):
        bought = await trader.buy()
        commit_ns = await bare.commit()
        (other,) = await asyncio.to_thread(reference.round, 1)
        if number >= 0:
            mine.append(bought)
            commits.append(commit_ns)
            others.append(other)
    ours.take(mine, await venues[0].look("timings"))
    theirs.take(others, await venues[1].look("timings"))
    return _result(ours, theirs, commits)


class _Trader:
    """Buys at the market through the service, one order after another, each as soon as the last one's trade is fact."""

    def __init__(self, service: LiveService) -> None:
        self._service = service
        self._sent = 0

    async def buy(self) -> OrderAtVenue:
        """Buy once; return when that was submitted, and when its trade was durable."""
        self._sent += 1
        operation_id, feed = OperationId(f"bench-{self._sent}"), self._service.container.feed()
        facts, filled_ns = feed.follow(feed.sequence), 0
        begun_ns = time.perf_counter_ns()
        await self._service.container.host().ask(_order(operation_id))
        async with asyncio.timeout(_ANSWER_S):
            async for entries in facts:
                filled_ns = time.perf_counter_ns()
                fills = [entry.fact for entry in entries if isinstance(entry.fact, OrderFilled)]
                if any(fill.operation_id == operation_id for fill in fills):
                    break
        return OrderAtVenue(names_of(operation_id).client_order_id, begun_ns, filled_ns)


def _order(operation_id: OperationId) -> SubmitOrder:
    return SubmitOrder(
        terms=OrderTerms(
            operation_id=operation_id,
            strategy_id=StrategyId("bench"),
            instrument=BINANCE_FUTURES.instruments[0],
            side=Side.BUY,
            quantity=Quantity(Decimal(_QUANTITY)),
            order_type=OrderType.MARKET,
        ),
        principal=PRINCIPAL,
        received_ns=time.time_ns(),
    )


def _result(ours: _Ways, theirs: _Ways, commits: Sequence[int]) -> dict[str, Any]:
    commit_us = percentile(commits, 50) / 1000
    limit_us = _OVERHEAD_US + commit_us  # what the service adds, and one durable commit
    there_us = (percentile(ours.there, 50) - percentile(theirs.there, 50)) / 1000
    back_us = (percentile(ours.back, 50) - percentile(theirs.back, 50)) / 1000
    checks = [
        Check.at_most("submit_overhead_p50_us", there_us, limit_us, "us"),
        Check.at_most("fill_overhead_p50_us", back_us, limit_us, "us"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "venue": str(BINANCE_FUTURES.instruments[0].venue),
        "orders": len(ours.there),
        "ours_us": ours.shown(),
        "nautilus_alone_us": theirs.shown(),
        "bare_commit_us": {"p50": commit_us, "p99": percentile(commits, 99) / 1000},
        "checks": as_json(checks),
    }
