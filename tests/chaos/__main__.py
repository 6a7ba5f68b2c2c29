"""`python -m chaos`: kill the service under load at a simulated venue, and compare the venue's count with ours."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.checks import Check, as_json
from chaos.grounds import EVERYWHERE
from chaos.live import LEAST_UNANSWERED, Chaos, chaos

from fakes.postgres import PostgresServer


def checks_of(run: Chaos, kills: int) -> list[Check]:
    """Return what a run has to prove."""
    verdict = run.verdict
    return [
        Check.equal("lost", len(verdict.lost), 0, "orders and trades"),
        Check.equal("repeated", len(verdict.repeated), 0, "orders and trades"),
        Check.equal("wrong_positions", len(verdict.wrong_positions), 0, "positions"),
        Check.equal("kills", len(run.unanswered), kills, "kills"),
        Check.at_least("unanswered_at_kill_min", min(run.unanswered, default=0), LEAST_UNANSWERED, "requests"),
    ]


def document(run: Chaos, kills: int) -> dict[str, Any]:
    """Return a run as one JSON document; `ok` only where everything holds."""
    checks = checks_of(run, kills)
    verdict = run.verdict
    return {
        "ok": all(check.ok for check in checks) and verdict.orders > 0 and verdict.trades > 0,
        "checks": as_json(checks),
        "orders_acknowledged": len(run.tally.orders),
        "orders_that_reached_venue": verdict.asked,
        "orders_at_venue": verdict.orders,
        "trades_at_venue": verdict.trades,
        "facts": run.facts,
        "kills_during_a_start": run.at_start,
        "unanswered_at_kill": run.unanswered,
        "starts_s": [round(took, 1) for took in run.starts_s],
        "calls": dict(sorted(run.tally.counts.items())),
        "open_breaks": run.breaks,
        "findings": [*verdict.lost, *verdict.repeated, *verdict.wrong_positions],
    }


def main() -> int:
    """Run, print, and exit 0 only where nothing was lost, repeated or wrong."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--venue", choices=sorted(EVERYWHERE), default="binance_futures")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="another one kills at other instants, with other faults")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL started for it; without it, SQLite")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    if given.kills < 1:
        parser.error("--kills: write at least 1")
    with tempfile.TemporaryDirectory(prefix="livexec-chaos-") as folder, database(given.postgres) as url:
        ground = EVERYWHERE[given.venue]
        run = asyncio.run(chaos(ground, Path(folder), kills=given.kills, seed=given.seed, database_url=url, say=say))
    result = document(run, given.kills)
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for check in result["checks"]:
            sys.stdout.write(f"{'ok    ' if check['ok'] else 'FAILED'} {check['name']} {check['value']:g}\n")
        for name in [name for name in result if name not in ("ok", "checks")]:
            sys.stdout.write(f"       {name} {result[name]}\n")
    return 0 if result["ok"] else 1


@contextmanager
def database(on_postgres: bool) -> Iterator[str]:
    """Start a PostgreSQL of our own, never anybody's, and yield an empty database in it; an empty address is SQLite."""
    if not on_postgres:
        yield ""
        return
    server = PostgresServer()
    try:
        yield server.empty().dsn
    finally:
        server.stop()


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
