"""`livexec demo --scenario risk`: every rule explained, the kill tree on paper, a kill -9 in the middle of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvloop

from adapters.sql import database_at
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.demo import proof
from app.demo.demonstration import DEMO_LIMITS
from app.demo.hand import one_of_each_venue
from app.demo.kill_tree import Branch, KillTree
from app.demo.killed_halted import hold_and_halt, still_halted
from app.demo.paper_process import PaperProcess
from app.demo.risk_rules import Shown, checks_of, merged, show_every_rule
from app.demo.time_to_flat import MOST_MS, Flattening, slowest_ms, times_to_flat
from app.digests import folded
from app.session_results import read_entries
from app.settings import parse_settings
from core.invariants import INVARIANTS, Finding, RecordedRun
from livexec.client import ExecutionClient
from ports.commands import HaltMode, HaltScope
from ports.journal import Entry

_BEFORE: Final = (HaltScope.ORDER, HaltScope.STRATEGY, HaltScope.INSTRUMENT)  # the process is killed
_AFTER: Final = (HaltScope.ACCOUNT, HaltScope.VENUE, HaltScope.GLOBAL)
_OF_THE_JOURNAL: Final = INVARIANTS.keys() - {"sent_once", "durable_before_release"}  # these need what no journal holds
_PATIENCE_MS: Final = 1_000
type Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Killed:
    """What the kill tree showed, and the journal that it left."""

    branches: Sequence[Branch]
    survived: Mapping[str, bool]
    entries: Sequence[Entry]


def run_risk_scenario(*, out: Path | None = None, seed: int = 7, progress: Say = lambda line: None) -> dict[str, Any]:
    """Show every rule and the whole kill tree; return what was seen (`ok` at its head).

    `out` keeps the journal of the paper service (None: a temporary folder that stays for you to look at).
    """
    progress("asking every rule")
    shown, forgotten = show_every_rule()
    folder = out or Path(tempfile.mkdtemp(prefix="livexec-demo-"))
    return _result(shown, forgotten, uvloop.run(_kill_tree(folder, seed, progress)), folder)


async def _kill_tree(folder: Path, seed: int, say: Say) -> _Killed:
    listed = one_of_each_venue()
    configured = _configuration(seed)
    say("starting a paper service")
    process = await PaperProcess.start(folder, configured)
    branches: list[Branch] = []
    try:
        async with ExecutionClient(process.target) as client:
            tree = KillTree(client, listed, say)
            for place, scope in enumerate(_BEFORE):
                branches += await tree.show(scope, place)
            say("halting every scope at once, and killing the process while it flattens")
            await hold_and_halt(client, listed)
        await process.kill()
        process = await PaperProcess.start(folder, configured)
        async with ExecutionClient(process.target) as client:
            survived = await still_halted(client, listed)
            tree = KillTree(client, listed, say)
            for place, scope in enumerate(_AFTER):
                branches += await tree.show(scope, place)
        await process.stop()
    finally:
        await process.kill()
    return _Killed(branches, survived, await _journal_of(folder))


def _configuration(seed: int) -> Mapping[str, Any]:
    return {
        "paper": {"enabled": True, "seed": seed, "ticks_per_second": 400},
        "risk_engine": DEMO_LIMITS.model_dump(mode="json", exclude_defaults=True),
        "orders": {"ack_patience_ms": _PATIENCE_MS},
        "logging": {"log_orders": False, "log_fills": False},
    }


async def _journal_of(folder: Path) -> Sequence[Entry]:
    settings = parse_settings("{}", {}, "demo").model_copy(update={"state_dir": folder})
    reader = database_at(settings.database_url.reveal()).reader()
    await reader.open()
    try:
        return await read_entries(reader, 0)
    finally:
        await reader.close()


def _judged(entries: Sequence[Entry]) -> Mapping[str, Finding]:
    """Judge a journal by every invariant that needs nothing beside it."""
    facts = [entry.fact for entry in entries]
    run = RecordedRun(entries=entries, sends=(), releases=(), fold=folded, live_digest=folded(facts))
    return {name: INVARIANTS[name](run) for name in sorted(_OF_THE_JOURNAL)}


def _result(shown: Sequence[Shown], forgotten: Sequence[str], killed: _Killed, folder: Path) -> dict[str, Any]:
    flattenings = times_to_flat(killed.entries)
    invariants = proof.as_json(merged([*[one.findings for one in shown], _judged(killed.entries)]))
    checks = [*checks_of(shown, forgotten), *_checks(killed, flattenings)]
    return {
        "ok": all(one.ok for one in checks) and all(one["ok"] for one in invariants.values()),
        "time_to_flat_ms": round(slowest_ms(flattenings), 3),
        "rules": [one.explained for one in shown],
        "kill_tree": [branch.plain() for branch in killed.branches],
        "after_the_kill": dict(killed.survived),
        "flattened": [one.plain() for one in flattenings],
        "invariants": invariants,
        "checks": checks_as_json(checks),
        "results": str(folder),
    }


def _checks(killed: _Killed, flattenings: Sequence[Flattening]) -> list[Check]:
    wanted = len(HaltScope) * len(HaltMode)
    worked = [one for one in flattenings if one.positions]
    return [
        Check.equal("branches_of_the_kill_tree", len(killed.branches), wanted, "scopes and modes"),
        Check.equal("branches_as_they_must_be", sum(one.ok for one in killed.branches), wanted, "scopes and modes"),
        Check.equal(
            "as_before_after_the_kill", sum(killed.survived.values()), len(killed.survived), "things looked at"
        ),
        Check.equal("flattened", sum(one.took_ms is not None for one in worked), len(worked), "flattenings"),
        Check.at_most("time_to_flat_ms", slowest_ms(flattenings), MOST_MS, "ms"),
    ]
