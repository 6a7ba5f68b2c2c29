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
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

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
_BLOCK: Final = 20
_QUANTITY: Final = "0.002"
_OVERHEAD_US: Final = 300
_READY_S: Final = 60.0
_ANSWER_S: Final = 30.0
type Progress = Callable[[str], None]


class _Block(NamedTuple):
    """So many orders of ours, of Nautilus alone, and bare commits, in turn: one state of the machine for all three."""

    ours: list[OrderAtVenue]
    theirs: list[OrderAtVenue]
    commits_ns: list[int]


class _Ways(NamedTuple):
    """What orders and trades took, in ns: to the venue's socket, and back from it."""

    there: Sequence[int]
    back: Sequence[int]

    @classmethod
    def of(cls, orders: Sequence[OrderAtVenue], noted: Any) -> _Ways:
        """Hold when orders began and had filled against what the venue noted of them."""
        there = [noted["arrived"][one.client_order_id] - one.begun_ns for one in orders]
        return cls(there, [one.filled_ns - noted["told"][one.client_order_id] for one in orders])

    def shown(self) -> dict[str, dict[str, float]]:
        """Return the figures in microseconds."""
        ways = {"submit_to_socket": self.there, "trade_told_to_known": self.back}
        return {name: {f"p{at}": percentile(taken, at) / 1000 for at in (50, 99)} for name, taken in ways.items()}


def bench_venue(orders: int = ORDERS, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measure `orders` market orders in blocks, each order beside one of Nautilus alone and one bare commit.

    The quieter half of the blocks is judged, as Nautilus alone found them; all of them are told.

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
            service = _service(folder, mine)
            trader = _Trader(service)
            stack.callback(asyncio.ensure_future(trader.follow()).cancel)
            await asyncio.sleep(0)  # it follows first
            stack.push_async_callback(service.stop)
            await _start(service)
            return await _measured(trader, reference, bare, (mine, others), orders, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _service(folder: Path, venue: SimulatedVenue) -> LiveService:
    given = configuration({BINANCE_FUTURES.account: venue}, {})
    given |= {"doors": {"http_port": 0, "grpc_port": 0}, "orders": {"ack_patience_ms": 600_000}}
    settings = parse_settings(json.dumps(given), {}, "bench").model_copy(update={"state_dir": folder / "state"})
    return LiveService(settings, live_container(settings))


async def _start(service: LiveService) -> None:
    await service.start()
    await service.until(lambda: service.book.accounts.is_ready(BINANCE_FUTURES.account), _READY_S)
    await service.container.host().ask(SetLimits(limits=EVERY_FIRST_RULE, principal=PRINCIPAL, reason="bench"))


async def _measured(
    trader: _Trader,
    reference: VenueReference,
    bare: BareStore,
    venues: tuple[SimulatedVenue, SimulatedVenue],
    orders: int,
    progress: Progress,
) -> dict[str, Any]:
    blocks = list[_Block]()
    progress(f"{orders} orders, each beside a bare commit and one of Nautilus's")
    in_block = min(_BLOCK, orders)
    for number in range(-1, orders // in_block):
        block = _Block([], [], [])
        for _ in range(in_block):
            block.ours.append(await trader.buy())
            block.commits_ns.append(await bare.commit())
            block.theirs.extend(await asyncio.to_thread(reference.round, 1))
        if number >= 0:
            blocks.append(block)
    return _result(blocks, *[await venue.look("timings") for venue in venues])


class _Trader:
    """Buys at the market through the service, one order after another, each as soon as the last one's trade is fact.

    It follows the journal from before the start, and so is told of what is durable before others do their work on it.
    """

    def __init__(self, service: LiveService) -> None:
        self._service = service
        self._sent = 0
        self._filled: dict[OperationId, asyncio.Future[int]] = {}

    async def follow(self) -> None:
        """Note when each trade is durable, until cancelled."""
        async for entries in self._service.container.feed().follow(0):
            known_ns = time.perf_counter_ns()
            for fact in [entry.fact for entry in entries if isinstance(entry.fact, OrderFilled)]:
                awaited = self._filled.pop(fact.operation_id, None) if fact.operation_id else None
                if awaited is not None:
                    awaited.set_result(known_ns)

    async def buy(self) -> OrderAtVenue:
        """Buy once; return when that was submitted, and when its trade was durable."""
        self._sent += 1
        operation_id = OperationId(f"bench-{self._sent}")
        filled = self._filled[operation_id] = asyncio.get_running_loop().create_future()
        begun_ns = time.perf_counter_ns()
        await self._service.container.host().ask(_order(operation_id))
        async with asyncio.timeout(_ANSWER_S):
            filled_ns = await filled
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


def _result(blocks: Sequence[_Block], noted_of_ours: Any, noted_of_theirs: Any) -> dict[str, Any]:
    measured = [(_Ways.of(one.ours, noted_of_ours), _Ways.of(one.theirs, noted_of_theirs), one) for one in blocks]
    # Judged by Nautilus alone, never by ours: where others keep the machine busy, a difference says little about us.
    measured.sort(key=lambda one: percentile(one[1].there, 50) + percentile(one[1].back, 50))
    judged = measured[: (len(measured) + 1) // 2]
    commit_us = percentile([took for *_, one in judged for took in one.commits_ns], 50) / 1000
    limit_us = _OVERHEAD_US + commit_us  # what the service adds, and one durable commit
    ours, theirs = _together([mine for mine, *_ in judged]), _together([their for _, their, _ in judged])
    there_us = (percentile(ours.there, 50) - percentile(theirs.there, 50)) / 1000
    back_us = (percentile(ours.back, 50) - percentile(theirs.back, 50)) / 1000
    checks = [
        Check.at_most("submit_overhead_p50_us", there_us, limit_us, "us"),
        Check.at_most("fill_overhead_p50_us", back_us, limit_us, "us"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "venue": str(BINANCE_FUTURES.instruments[0].venue),
        "orders": sum(len(one.ours) for one in blocks),
        "orders_judged": len(ours.there),
        "ours_us": ours.shown(),
        "nautilus_alone_us": theirs.shown(),
        "bare_commit_p50_us": commit_us,
        "over_all_blocks": {
            "ours_us": _together([one[0] for one in measured]).shown(),
            "nautilus_alone_us": _together([one[1] for one in measured]).shown(),
            "bare_commit_p50_us": percentile([took for one in blocks for took in one.commits_ns], 50) / 1000,
        },
        "checks": as_json(checks),
    }


def _together(ways: Sequence[_Ways]) -> _Ways:
    return _Ways([took for one in ways for took in one.there], [took for one in ways for took in one.back])
