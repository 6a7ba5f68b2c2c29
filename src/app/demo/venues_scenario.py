"""`livexec demo --scenario venues`: the real adapters of all four live venues at once, against their simulators."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import uvloop

from adapters.storage import ReadResults, read_results
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.container import live_container
from app.demo import proof
from app.demo.demonstration import DEMO_LIMITS, Observed, observe, position_json
from app.demo.kinds import KINDS, Kind
from app.demo.player import Played, Player
from app.demo.sends import CountedVenues
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.settings import Settings, parse_settings
from app.simulated.process import SimulatedVenue, simulators
from app.simulated.venues import VENUES, Simulated, configuration
from app.simulated.verdict import Verdict, judge
from livexec.client import ExecutionClient
from ports.facts import AccountReady, OrderAmended, OrderFilled
from ports.instruments import Instrument
from ports.values import AccountId

LEAST_ORDERS: Final = 500
_READY_S: Final = 60.0
_SETTLE_S: Final = 120.0
_CANCELED: Final = frozenset({"CANCELED"})


def _kinds() -> Sequence[Kind]:
    """Return the demonstration's kinds as live venues know them, and amends to a lower amount."""
    kinds = {kind.name: kind for kind in KINDS}
    crosses = "post-only that would cross"  # some take it first, and take it back at once
    kinds[crosses] = replace(kinds[crosses], ends_as=kinds[crosses].ends_as | _CANCELED)
    amended = "limit that is amended to cross"
    kinds[amended] = replace(kinds[amended], not_at=frozenset({"BINANCE-SPOT"}))
    short = "GTD that runs out"  # there at least ten minutes ahead
    kinds[short] = replace(kinds[short], not_at=frozenset({"BINANCE-FUTURES"}))
    lowered = Kind(
        "limit whose amount is lowered", 32, reach="far", amounts=("0.004", "0.01"), then_lower=True, ends_as=_CANCELED
    )
    return (*kinds.values(), lowered)


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that is over: what was played, what our side and the venues' say of it, and its result files."""

    played: Played
    observed: Observed
    verdicts: Mapping[AccountId, Verdict]
    results: ReadResults
    results_path: str | None


def run_venues_scenario(
    *,
    out: Path | None = None,
    seed: int = 7,
    share: float = 2.5,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Trade live at all four simulated venues at once, break every connection, end all, and count on both sides.

    `out` keeps journal and results (None: a temporary folder that stays for you to look at); `share` is how many
    orders of each kind the demonstration has, as a multiple of the paper one's.

    Raises:
        InvalidInputError: this is not a checkout of the repository, and there are no simulated venues.
    """
    simulators()
    folder = out or Path(tempfile.mkdtemp(prefix="livexec-demo-"))
    share_the_interpreter()
    return _result(uvloop.run(_run(folder, seed, share, progress)))


async def _run(folder: Path, seed: int, share: float, progress: Callable[[str], None]) -> _Run:
    async with AsyncExitStack() as stack:
        progress("starting four simulated venues")
        running = {}
        for one in VENUES:
            running[one.account] = await one.start("--walk-ms", "200")
            stack.push_async_callback(running[one.account].stop)
        settings = _settings(folder, running)
        venues = CountedVenues(live_container(settings).venues())
        container = live_container(settings, venues=venues, keep_releases=True)
        service = LiveService(settings, container)
        await service.start(progress)
        try:
            played = await _play(service, running, seed, share, progress)
            observed = await observe(service, venues, container.telemetry())
        finally:
            path = await service.stop(progress)
        verdicts = {one.account: await _judged(one, running[one.account], observed) for one in VENUES}
    results = await read_results(container.store(), settings.gcs.live_results_prefix, Path(str(path)).name)
    return _Run(played, observed, verdicts, results, path)


def _settings(folder: Path, running: Mapping[AccountId, SimulatedVenue]) -> Settings:
    given = configuration(running, {}) | {"doors": {"http_port": 0, "grpc_port": 0}}
    made = parse_settings(json.dumps(given), {}, "demo")
    return made.model_copy(update={"risk_engine": DEMO_LIMITS, "state_dir": folder})


async def _play(
    service: LiveService,
    running: Mapping[AccountId, SimulatedVenue],
    seed: int,
    share: float,
    progress: Callable[[str], None],
) -> Played:
    oms = service.book.oms
    await _ready(service)
    instruments = await _quoted(service)
    async with ExecutionClient(f"127.0.0.1:{service.grpc_port}") as client:
        player = Player(
            client,
            f"http://127.0.0.1:{service.http_port}",
            service.container.quotes(),
            instruments,
            seed,
            "venues",
            _kinds(),
        )
        played = await player.play(progress, share)
        await service.until(lambda: not any(True for _ in oms.contingent.all_parents()), _SETTLE_S)
        progress("breaking every connection")
        await asyncio.gather(*(venue.command("hang_up", what="all") for venue in running.values()))
        await service.until(lambda: not any(_is_ready(service, one) for one in VENUES), _READY_S)
        await _ready(service)
        await client.cancel_all(reason="the demonstration ends")
    await service.until(lambda: not any(True for _ in service.book.oms.open_orders()), _SETTLE_S)
    return played


async def _ready(service: LiveService) -> None:
    await service.until(lambda: all(_is_ready(service, one) for one in VENUES), _READY_S)


def _is_ready(service: LiveService, one: Simulated) -> bool:
    return service.book.accounts.is_ready(one.account)


async def _quoted(service: LiveService) -> Sequence[Instrument]:
    """Return what is traded of each venue, once it has quotes."""
    quotes = service.container.quotes()
    found = [service.book.defined(one.account, one.instruments[0]) for one in VENUES]
    instruments = [one for one in found if one is not None]
    async with asyncio.timeout(_READY_S):
        while any(quotes.latest(one.key) is None for one in instruments):  # noqa: ASYNC110 - a board tells only its host
            await asyncio.sleep(0.01)
    return instruments


async def _judged(one: Simulated, venue: SimulatedVenue, observed: Observed) -> Verdict:
    held = {key: Decimal(0) for key in one.keys.values()}
    for position in observed.positions:
        if position.account == one.account:
            held[str(position.instrument)] += position.quantity
    facts = [entry.fact for entry in observed.entries]
    return judge(one.account, facts, await venue.look("orders"), held, one.keys)


def _result(run: _Run) -> dict[str, Any]:
    observed, verdicts = run.observed, run.verdicts.values()
    facts = [entry.fact for entry in observed.entries]
    fills = sum(isinstance(fact, OrderFilled) for fact in facts)
    ready = Counter(fact.account for fact in facts if isinstance(fact, AccountReady))
    accounts = {str(order.operation_id): str(order.account) for order in observed.orders}
    amended = Counter(accounts[str(fact.operation_id)] for fact in facts if isinstance(fact, OrderAmended))
    surprises = proof.surprises(run.played, observed.orders)
    checks = [
        Check.at_least("orders", len(observed.orders), LEAST_ORDERS, "orders"),
        Check.at_least("orders_at_venues", sum(one.asked for one in verdicts), LEAST_ORDERS, "orders"),
        Check.equal("lost", sum(len(one.lost) for one in verdicts), 0, "orders and trades"),
        Check.equal("repeated", sum(len(one.repeated) for one in verdicts), 0, "orders and trades"),
        Check.equal("wrong_positions", sum(len(one.wrong_positions) for one in verdicts), 0, "positions"),
        Check.equal("surprises", len(surprises), 0, "orders"),
        Check.equal("venues_that_traded", sum(one.trades > 0 for one in verdicts), len(VENUES), "venues"),
        Check.equal("venues_that_amended", sum(amended[one.account] > 0 for one in VENUES), len(VENUES), "venues"),
        Check.equal("venues_reconciled_again", sum(ready[one.account] > 1 for one in VENUES), len(VENUES), "venues"),
        *proof.recount(run.results, observed.orders, fills),
    ]
    invariants = proof.as_json(observed.findings)
    return {
        "ok": all(each.ok for each in checks) and all(each["ok"] for each in invariants.values()),
        "orders": len(observed.orders),
        "fills": fills,
        "by_status": dict(sorted(Counter(str(order.status) for order in observed.orders).items())),
        "by_kind": dict(sorted(run.played.counts.items())),
        "by_venue": {
            account: {
                "orders": one.orders,
                "trades": one.trades,
                "amended": amended[account],
                "reconciled": ready[account],
            }
            for account, one in run.verdicts.items()
        },
        "positions": [position_json(position) for position in observed.positions],
        "invariants": invariants,
        "checks": checks_as_json(checks),
        "surprises": surprises[:20],
        "findings": [line for one in verdicts for line in (*one.lost, *one.repeated, *one.wrong_positions)][:20],
        "results": str(run.results_path),
    }
