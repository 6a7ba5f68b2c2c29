"""`livexec halt --drill`: how long it takes to be flat, on paper venues of its own and never at a real one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import uvloop

from app.checks import Check, percentile
from app.checks import as_json as checks_as_json
from app.container import live_container
from app.demo import proof
from app.demo.demonstration import DEMO_LIMITS, observe
from app.demo.hand import Hand, one_of_each_venue
from app.demo.sends import CountedVenues
from app.demo.time_to_flat import MOST_MS, times_to_flat
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.settings import Settings, parse_settings
from core.invariants import Finding
from livexec.client import ExecutionClient
from ports.commands import HaltMode, HaltScope
from ports.journal import Entry

_STRATEGIES: Final = ("drill-one", "drill-two")
_REASON: Final = "a drill"
_FREE_PORTS: Final = '{"doors": {"http_port": 0, "grpc_port": 0}}'
type Say = Callable[[str], None]


def run_drill(rounds: int, progress: Say) -> dict[str, Any]:
    """Hold positions and leave orders at every paper venue, flatten all, and return how long each round took.

    It starts a service of its own, in a temporary folder: what runs elsewhere is not touched.
    The time is the journal's: from the halt to the last position closed and the last order ended.
    """
    folder = Path(tempfile.mkdtemp(prefix="livexec-drill-"))
    base = parse_settings(_FREE_PORTS, {}, "drill")
    paper = base.paper.model_copy(update={"ticks_per_second": 400})
    settings = base.model_copy(update={"paper": paper, "risk_engine": DEMO_LIMITS, "state_dir": folder})
    share_the_interpreter()
    entries, findings = uvloop.run(_run(settings, rounds, progress))
    return _result(entries, findings, rounds, folder)


async def _run(settings: Settings, rounds: int, say: Say) -> tuple[Sequence[Entry], Mapping[str, Finding]]:
    venues = CountedVenues(live_container(settings).venues())
    container = live_container(settings, venues=venues, keep_releases=True)
    service = LiveService(settings, container)
    await service.start(say)
    try:
        async with ExecutionClient(f"127.0.0.1:{service.grpc_port}") as client:
            for number in range(rounds):
                say(f"round {number + 1} of {rounds}")
                await _flatten(Hand(client), number)
        observed = await observe(service, venues, container.telemetry())
    finally:
        await service.stop(say)
    return observed.entries, observed.findings


async def _flatten(hand: Hand, number: int) -> None:
    for strategy in _STRATEGIES:
        for listed in one_of_each_venue():
            name = f"{strategy}-{number}-{listed.key.venue}"
            price = await hand.hold(f"{name}-held", strategy, listed.key)
            await hand.rest(f"{name}-rests", strategy, listed, price)
    await hand.client.halt(HaltScope.GLOBAL, "", _REASON, HaltMode.FLATTEN)
    await hand.until_flat()
    await hand.client.resume(HaltScope.GLOBAL, "", _REASON)


def _result(entries: Sequence[Entry], findings: Mapping[str, Finding], rounds: int, folder: Path) -> dict[str, Any]:
    flattened = times_to_flat(entries)
    took = [one.took_ms for one in flattened if one.took_ms is not None]
    held = len(_STRATEGIES) * len(one_of_each_venue())
    invariants = proof.as_json(findings)
    checks = [
        Check.equal("rounds_that_came_to_flat", len(took), rounds, "rounds"),
        Check.equal("positions_to_close", sum(one.positions for one in flattened), rounds * held, "positions"),
        Check.equal("orders_to_take_back", sum(one.orders for one in flattened), rounds * held, "orders"),
        Check.at_most("time_to_flat_ms", max(took, default=0.0), MOST_MS, "ms"),
    ]
    return {
        "ok": all(each.ok for each in checks) and all(each["ok"] for each in invariants.values()),
        "time_to_flat_ms": {
            "p50": round(percentile(took, 50), 3) if took else None,
            "max": round(max(took), 3) if took else None,
            "what": "from the halt to the last position closed and the last order ended, by the journal",
        },
        "flattened": [one.plain() for one in flattened],
        "invariants": invariants,
        "checks": checks_as_json(checks),
        "results": str(folder),
    }
