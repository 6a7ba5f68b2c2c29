"""`livexec demo --scenario three-worlds`: coins, options on coins and shares in one blotter and one exposure in USD."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop

from app.checks import Check
from app.checks import as_json as checks_as_json
from app.container import live_container
from app.demo import proof
from app.demo.demonstration import Observed, observe, position_json
from app.demo.sends import CountedVenues
from app.demo.worlds_orders import Worked, work
from app.demo.worlds_worth import worth_usd
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.settings import Settings, parse_settings
from app.settings_risk import RiskEngine
from app.simulated.process import SimulatedVenue, simulators
from app.simulated.verdict import Verdict, judge
from app.simulated.worlds import WORLDS, World, start, worlds_configuration
from livexec.client import ExecutionClient
from ports.facts import OrderFilled
from ports.instruments import Instrument
from ports.market_data import QuoteReader
from ports.values import AccountId, plain

LEAST_ORDERS: Final = 40
_READY_S: Final = 60.0
_SETTLE_S: Final = 60.0
_LIMITS: Final = RiskEngine(
    max_orders_per_second=500,
    max_order_value=Decimal(2_000_000),
    max_total_notional=Decimal(20_000_000),
)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that is over: what was worked, what our side and the venues' say of it, one blotter, one exposure."""

    worked: Worked
    observed: Observed
    verdicts: Mapping[AccountId, Verdict]
    blotter: Sequence[Mapping[str, Any]]
    exposure: Mapping[str, Any]
    worth: Mapping[str, Decimal]  # of each venue's positions in USD, reckoned here


def run_worlds_scenario(
    *, out: Path | None = None, rounds: int = 2, progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Trade live at three simulated venues of different worlds in one process, and show one account of it all.

    `out` keeps the journal (None: a temporary folder that stays for you to look at).

    Raises:
        InvalidInputError: this is not a checkout of the repository, and there are no simulated venues; or a plugin of
            one of the venues is not installed.
    """
    simulators()
    folder = out or Path(tempfile.mkdtemp(prefix="livexec-demo-"))
    share_the_interpreter()
    return _result(uvloop.run(_run(folder, rounds, progress)))


async def _run(folder: Path, rounds: int, progress: Callable[[str], None]) -> _Run:
    async with AsyncExitStack() as stack:
        progress("starting three simulated venues")
        running: dict[AccountId, SimulatedVenue] = {}
        for one in WORLDS:
            running[one.account] = await start(one)
            stack.push_async_callback(running[one.account].stop)
        settings = _settings(folder, running)
        venues = CountedVenues(live_container(settings).venues())
        container = live_container(settings, venues=venues, keep_releases=True)
        service = LiveService(settings, container)
        await service.start(progress)
        try:
            instruments = await _quoted(service)
            async with ExecutionClient(f"127.0.0.1:{service.grpc_port}") as client:
                worked = await work(client, container.quotes(), instruments, rounds, progress)
            await service.until(lambda: not any(True for _ in service.book.oms.open_orders()), _SETTLE_S)
            observed = await observe(service, venues, container.telemetry())
            worth = _worth(observed, container.quotes())
            blotter, exposure = await _at_the_doors(service)
        finally:
            await service.stop(progress)
        verdicts = {one.account: await _judged(one, running[one.account], observed) for one in WORLDS}
    return _Run(worked, observed, verdicts, blotter, exposure, worth)


def _settings(folder: Path, running: Mapping[AccountId, SimulatedVenue]) -> Settings:
    given = worlds_configuration(running) | {"doors": {"http_port": 0, "grpc_port": 0}}
    made = parse_settings(json.dumps(given), {}, "demo")
    return made.model_copy(update={"risk_engine": _LIMITS, "state_dir": folder})


async def _quoted(service: LiveService) -> Sequence[Instrument]:
    """Return what is traded, once every account is ready and every instrument has a quote."""
    await service.until(lambda: all(service.book.accounts.is_ready(one.account) for one in WORLDS), _READY_S)
    keys = [(one.account, key) for one in WORLDS for key in one.keys.values()]
    found = [service.book.defined(account, key) for account, key in keys]
    instruments = [one for one in found if one is not None]
    quotes = service.container.quotes()
    async with asyncio.timeout(_READY_S):
        while any(quotes.latest(one.key) is None for one in instruments):  # noqa: ASYNC110 - a board tells only its host
            await asyncio.sleep(0.01)
    return instruments


def _worth(observed: Observed, quotes: QuoteReader) -> Mapping[str, Decimal]:
    """Return the worth of each venue's positions in USD, by the venues' prices alone."""
    found: dict[str, Decimal] = {}
    held: Counter[Any] = Counter()
    for position in observed.positions:
        held[position.instrument] += position.quantity  # type: ignore[assignment]  # amounts, counted exactly
    for key, quantity in held.items():
        found[str(key.venue)] = found.get(str(key.venue), Decimal(0)) + worth_usd(key, Decimal(quantity), quotes)
    return found


async def _at_the_doors(service: LiveService) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    """Read the blotter and the exposure as anybody would: over REST."""
    sequence = service.container.feed().sequence
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.http_port}", timeout=10) as rest:
        blotter = await rest.get("/api/orders", params={"limit": 500, "min_sequence": sequence})
        exposure = await rest.get("/api/exposure", params={"min_sequence": sequence})
    return blotter.raise_for_status().json()["orders"], exposure.raise_for_status().json()


async def _judged(one: World, venue: SimulatedVenue, observed: Observed) -> Verdict:
    held = {str(key): Decimal(0) for key in one.keys.values()}
    for position in observed.positions:
        if position.account == one.account:
            held[str(position.instrument)] += position.quantity
    facts = [entry.fact for entry in observed.entries]
    keys = {symbol: str(key) for symbol, key in one.keys.items()}
    return judge(one.account, facts, one.record(await venue.look("orders")), held, keys)


def _venues(blotter: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return [str(one["venue"]) for one in blotter if one["venue"]]  # one that was refused before its route has none


def _result(run: _Run) -> dict[str, Any]:
    observed, verdicts = run.observed, run.verdicts.values()
    fills = sum(isinstance(entry.fact, OrderFilled) for entry in observed.entries)
    told = {str(line["group"]): Decimal(str(line["gross"])) for line in run.exposure["by_venue"]}
    apart = {venue: told.get(venue, Decimal(0)) - worth for venue, worth in run.worth.items()}
    checks = [
        Check.at_least("orders", len(observed.orders), LEAST_ORDERS, "orders"),
        Check.equal("venues_in_one_blotter", len(set(_venues(run.blotter))), len(WORLDS), "venues"),
        Check.equal("blotter_misses", len(observed.orders) - len(run.blotter), 0, "orders"),
        Check.equal("venues_that_traded", sum(one.trades > 0 for one in verdicts), len(WORLDS), "venues"),
        Check.equal("venues_in_one_exposure", sum(worth > 0 for worth in told.values()), len(WORLDS), "venues"),
        Check.equal("exposure_unpriced", run.exposure["total"]["unpriced"], 0, "positions"),
        Check.equal("exposure_apart", sum(abs(one) >= Decimal("0.01") for one in apart.values()), 0, "venues"),
        Check.equal("lost", sum(len(one.lost) for one in verdicts), 0, "orders and trades"),
        Check.equal("repeated", sum(len(one.repeated) for one in verdicts), 0, "orders and trades"),
        Check.equal("wrong_positions", sum(len(one.wrong_positions) for one in verdicts), 0, "positions"),
        Check.equal("surprises", len(run.worked.surprises), 0, "orders"),
    ]
    invariants = proof.as_json(observed.findings)
    return {
        "ok": all(each.ok for each in checks) and all(each["ok"] for each in invariants.values()),
        "orders": len(observed.orders),
        "fills": fills,
        "by_status": dict(sorted(Counter(str(order.status) for order in observed.orders).items())),
        "by_kind": dict(sorted(run.worked.counts.items())),
        "by_venue": {
            str(account): {"orders": one.orders, "trades": one.trades} for account, one in run.verdicts.items()
        },
        "exposure": {name: run.exposure[name] for name in ("currency", "total", "by_venue", "by_base_asset")},
        "worth_usd": {venue: plain(worth) for venue, worth in sorted(run.worth.items())},
        "positions": [position_json(position) for position in observed.positions],
        "invariants": invariants,
        "checks": checks_as_json(checks),
        "surprises": run.worked.surprises[:20],
        "findings": [line for one in verdicts for line in (*one.lost, *one.repeated, *one.wrong_positions)][:20],
    }
