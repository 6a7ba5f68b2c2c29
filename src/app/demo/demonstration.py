"""`livexec demo`: one run from start to proof, in a folder of its own."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import uvloop

from adapters.storage import read_results
from adapters.telemetry import ReleaseRecorder
from app.checks import Check, percentile
from app.checks import as_json as checks_as_json
from app.container import live_container
from app.demo import proof
from app.demo.player import Played, Player
from app.demo.sends import CountedVenues
from app.digests import digest_of, folded
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.settings import Settings, parse_settings
from app.settings_risk import RiskEngine
from core.invariants import Finding, RecordedRun, Release, check
from livexec.client import ExecutionClient
from ports.facts import OrderFilled
from ports.instruments import Instrument
from ports.journal import Entry
from ports.projections import OrderFilter
from ports.values import plain
from ports.views import OrderView, PositionView

LEAST_ORDERS: Final = 200
_SETTLE_S: Final = 20.0
_QUOTES_S: Final = 10.0
_REST_S: Final = 1.0  # that resting orders get to meet the market
DEMO_LIMITS: Final = RiskEngine(
    max_orders_per_second=500,
    max_orders_per_minute=20_000,
    max_order_quantity={"*": Decimal("0.5")},
    max_order_value=Decimal(20_000),
    max_position_per_instrument={"*": Decimal(2)},
    max_position_per_strategy={"*": Decimal(250_000)},
    max_position_global=Decimal(500_000),
    max_total_notional=Decimal(1_000_000),
)
_SPEED: Final = Decimal(15)
_FREE_PORTS: Final = '{"doors": {"http_port": 0, "grpc_port": 0}}'


@dataclass(frozen=True, slots=True)
class Observed:
    """What the run looked like while it still stood."""

    entries: Sequence[Entry]
    orders: Sequence[OrderView]
    positions: Sequence[PositionView]
    findings: dict[str, Finding]


def run_demo(
    *,
    ticks: Path | None = None,
    out: Path | None = None,
    seed: int = 7,
    speed: Decimal | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Start a paper service, work orders of every kind, stop it, and return what was proven (`ok` at its head).

    `ticks` is a recording's folder (None: a generated market by `seed`); `out` keeps journal and results (None: a
    temporary folder that stays for you to look at). Ports are free ones of the loopback address.
    """
    folder = out or Path(tempfile.mkdtemp(prefix="livexec-demo-"))
    settings = _settings(folder, ticks, seed, speed or _SPEED)
    share_the_interpreter()
    return uvloop.run(_run(settings, seed, progress))


def _settings(folder: Path, ticks: Path | None, seed: int, speed: Decimal) -> Settings:
    base = parse_settings(_FREE_PORTS, {}, "demo")
    paper = base.paper.model_copy(
        update={"ticks": ticks, "seed": seed, "speed": speed if ticks else Decimal(1), "ticks_per_second": 400}
    )
    return base.model_copy(update={"paper": paper, "risk_engine": DEMO_LIMITS, "state_dir": folder})


async def _run(settings: Settings, seed: int, progress: Callable[[str], None]) -> dict[str, Any]:
    inner = live_container(settings)
    venues = CountedVenues(inner.venues())
    container = live_container(settings, venues=venues, keep_releases=True)
    service = LiveService(settings, container)
    await service.start(progress)
    try:
        played = await _play(service, inner.ticks().instruments(), seed, progress)
        observed = await observe(service, venues, container.telemetry())
    finally:
        results_path = await service.stop(progress)
    results = await read_results(container.store(), settings.gcs.live_results_prefix, Path(str(results_path)).name)
    fills = sum(1 for entry in observed.entries if isinstance(entry.fact, OrderFilled))
    surprises = proof.surprises(played, observed.orders)
    checks = [
        Check.at_least("orders", len(observed.orders), LEAST_ORDERS, "orders"),
        Check.equal("surprises", len(surprises), 0, "orders"),
        *proof.recount(results, observed.orders, fills),
    ]
    invariants = proof.as_json(observed.findings)
    return {
        "ok": all(each.ok for each in checks) and all(each["ok"] for each in invariants.values()),
        "orders": len(observed.orders),
        "fills": fills,
        "by_status": dict(sorted(Counter(str(order.status) for order in observed.orders).items())),
        "by_kind": dict(sorted(played.counts.items())),
        "positions": [position_json(position) for position in observed.positions],
        "invariants": invariants,
        "latency_us": {
            "p50": percentile(played.latencies_ns, 50) / 1000,
            "p99": percentile(played.latencies_ns, 99) / 1000,
            "what": "submit to durable answer, through the gRPC door, one outstanding",
        },
        "checks": checks_as_json(checks),
        "surprises": surprises[:20],
        "pnl_usd": results.summary["summary"]["pnl"],
        "results": str(results_path),
    }


async def _play(
    service: LiveService, instruments: Sequence[Instrument], seed: int, progress: Callable[[str], None]
) -> Played:
    quotes = service.container.quotes()
    wanted = [one for one in instruments if one.key.base == "BTC"]
    oms = service.book.oms
    async with asyncio.timeout(_QUOTES_S):
        while any(quotes.latest(one.key) is None for one in wanted):  # noqa: ASYNC110 - a board tells only its host
            await asyncio.sleep(0.01)
    async with ExecutionClient(f"127.0.0.1:{service.grpc_port}") as client:
        player = Player(client, f"http://127.0.0.1:{service.http_port}", quotes, wanted, seed)
        played = await player.play(progress)
        await asyncio.sleep(_REST_S)
        await service.until(lambda: not any(True for _ in oms.contingent.all_parents()), _SETTLE_S)
        await client.cancel_all(reason="the demonstration ends")
    await service.until(lambda: not any(True for _ in oms.open_orders()), _SETTLE_S)
    return played


async def observe(service: LiveService, venues: CountedVenues, telemetry: object) -> Observed:
    """Look at a run that has ended, while its service still stands."""
    if not isinstance(telemetry, ReleaseRecorder):
        raise TypeError("the demonstration needs a telemetry that keeps releases")
    await service.container.host().drained()
    sequence = service.container.feed().sequence
    entries = await service.read_journal()
    queries = service.container.queries()
    orders: list[OrderView] = []
    cursor = ""
    while True:
        page = await queries.orders(OrderFilter(), 1000, cursor, sequence)
        orders += page.orders
        cursor = page.cursor
        if not cursor:
            break
    positions = [part for unified in await queries.positions(sequence) for part in unified.parts]
    actor = service.actor
    run = RecordedRun(
        entries=entries,
        sends=venues.sends,
        releases=[Release(*release) for release in telemetry.releases],
        fold=folded,
        live_digest=digest_of(actor),
    )
    began = time.perf_counter()
    findings = dict(check(run))
    service.container.telemetry().observe("invariants_checked_us", (time.perf_counter() - began) * 1e6)
    return Observed(entries, orders, positions, findings)


def position_json(position: PositionView) -> dict[str, Any]:
    """Return a position as the demonstration prints it."""
    return {
        "instrument_key": position.instrument,
        "account": position.account,
        "strategy_id": position.strategy_id,
        "quantity": plain(position.quantity),
        "average_entry_price": None if position.average_entry_price is None else plain(position.average_entry_price),
        "realized_pnl": plain(position.realized_pnl),
        "unrealized_pnl": None if position.unrealized_pnl is None else plain(position.unrealized_pnl),
        "fees": {currency: plain(amount) for currency, amount in position.fees.items()},
    }
