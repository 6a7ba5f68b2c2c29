"""What many closed orders cost those that come after them: nothing, or next to nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final

from prometheus_client import CollectorRegistry

from adapters.runtime import ActorHost, CommittedFeed, FileSpool, QuoteBoard
from adapters.sql import SqliteDatabase, sqlite_files
from adapters.telemetry import ServiceTelemetry
from app.bench.null_venue import ACCOUNT, INSTRUMENTS, VENUE, quote_of
from app.bench.orders import EVERY_FIRST_RULE, PRINCIPAL, order
from app.bench.records import NoRecords
from app.checks import Check
from app.interpreter import QuietCollector
from core.orchestrator import Orchestrator
from ports.capabilities import PLAIN_ORDERS
from ports.commands import SetLimits
from ports.reports import AccountStatement, FillReport, OrderStatusReport, SessionUp, VenueOrderStatus
from ports.requests import SendOrder, VenueRequest
from ports.snapshots import NoSnapshots
from ports.values import Currency, Money, Price, TradeId

LEAST: Final = 50_000  # orders; fewer say nothing about growth
_FIRST: Final = 10_000  # closed orders that everything is compared with
_ROUND: Final = 4_000
_ROUNDS: Final = 5
_OUTSTANDING: Final = 64
type Progress = Callable[[str], None]


class Growth:
    """A book with its journal on disk, and a venue that fills every order at once; no read tables."""

    def __init__(self, folder: Path) -> None:
        self._database = SqliteDatabase(sqlite_files(f"sqlite+aiosqlite:///{folder / 'growth.db'}"))
        self._journal = self._database.journal()
        self._feed = CommittedFeed(self._journal)
        self._quotes = QuoteBoard()
        telemetry = ServiceTelemetry(CollectorRegistry())
        self._host = ActorHost(
            Orchestrator,
            self._journal,
            FileSpool(folder / "growth.spool"),
            self._feed,
            self._quotes,
            time.time_ns,
            telemetry,
            NoRecords(),
            NoSnapshots(),
        )
        self._host.venue_request = self._venue
        self._closed = 0

    async def measure(self, orders: int, progress: Progress) -> tuple[list[Check], dict[str, Any]]:
        """Close `orders` orders, and compare what the last of them cost with what those after the first 10,000 did."""
        await self._start()
        collector = asyncio.create_task(QuietCollector(lambda: self._feed.sequence).run())
        try:
            await self._close(_FIRST)
            early = [await self._close(_ROUND) for _ in range(_ROUNDS)]
            early_mb = _resident_mb()
            rest = orders - _FIRST - 2 * _ROUNDS * _ROUND
            while rest > 0:
                await self._close(min(rest, 10 * _ROUND))
                rest -= 10 * _ROUND
                progress(f"{self._closed:,} orders closed, {_resident_mb():.0f} MB")
            late = [await self._close(_ROUND) for _ in range(_ROUNDS)]
        finally:
            collector.cancel()
            await asyncio.gather(collector, return_exceptions=True)
            await self._host.stop()
        checks = [
            Check.at_most("cost_growth", median(late) / median(early), 1.2, "times"),
            Check.at_most("memory_growth_mb", _resident_mb() - early_mb, 64, "MB"),
        ]
        costs = {"early": median(early), "late": median(late)}
        return checks, {"closed_orders": orders, "cpu_us_an_order": costs}

    async def _start(self) -> None:
        await self._database.upgrade()
        await self._host.start("bench")
        await self._host.ask(SetLimits(limits=EVERY_FIRST_RULE, principal=PRINCIPAL, reason="bench"))
        self._host.put_report(SessionUp(account=ACCOUNT, venue=VENUE, instruments=INSTRUMENTS, abilities=PLAIN_ORDERS))
        stated = AccountStatement(
            account=ACCOUNT, asked_ns=time.time_ns(), open_orders=(), fills=(), positions=None, balances=None
        )
        self._host.put_report(stated)
        for one in INSTRUMENTS:
            self._quotes.put_quote(one.key, lambda key=one.key: quote_of(key, 0, time.time_ns()))  # type: ignore[misc]  # bound now
        await self._host.drained()

    async def _close(self, orders: int) -> float:
        """Return microseconds of processor time an order, from its submit until its trade is durable."""
        numbers = iter(range(self._closed, self._closed + orders))
        self._closed += orders

        async def caller() -> None:
            for number in numbers:
                await self._host.ask(order(number, "grow"))

        began = time.process_time_ns()
        await asyncio.gather(*[caller() for _ in range(_OUTSTANDING)])
        await self._host.drained()
        return (time.process_time_ns() - began) / orders / 1000

    def _venue(self, request: VenueRequest) -> None:
        if not isinstance(request, SendOrder):
            return
        self._host.put_report(
            OrderStatusReport(
                account=ACCOUNT,
                instrument=request.instrument,
                client_order_id=request.client_order_id,
                status=VenueOrderStatus.ACCEPTED,
            )
        )
        self._host.put_report(
            FillReport(
                account=ACCOUNT,
                instrument=request.instrument,
                client_order_id=request.client_order_id,
                venue_order_id=None,
                trade_id=TradeId(request.client_order_id),
                side=request.side,
                quantity=request.quantity,
                price=request.price or Price(Decimal(1)),
                fee=Money(Decimal("0.01"), Currency("USDT")),
                liquidity=None,
                venue_time_ns=time.time_ns(),
            )
        )


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20
