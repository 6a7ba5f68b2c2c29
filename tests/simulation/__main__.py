"""`python -m simulation`: many seeded storms, the invariants judged after each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from typing import Any

from app.checks import Check, as_json
from core.invariants import INVARIANTS

from simulation.soak import Life, lives

_TOLD_EVERY = 500


def document(seeds: int, ended: int, failed: list[Life], examined: Counter[str], seen: Counter[str]) -> dict[str, Any]:
    """Return a soak as one JSON document; `ok` only where every seed was lived and none has failed."""
    broken = Counter(name for life in failed for name in life.broken)
    invariants = {
        name: {"ok": not broken[name] and examined[name] > 0, "examined": examined[name]} for name in INVARIANTS
    }
    checks = [
        Check.equal("seeds", ended, seeds, "seeds"),
        Check.equal("failed_seeds", len(failed), 0, "seeds"),
    ]
    return {
        "ok": all(check.ok for check in checks) and all(one["ok"] for one in invariants.values()),
        "invariants": invariants,
        "checks": as_json(checks),
        "crashes": seen["crashes"],
        "orders": seen["orders"],
        "failed": [
            {"seed": life.seed, "broken": sorted(life.broken), "faults": list(life.faults)[:20], "again": again(life)}
            for life in failed
        ],
    }


def again(life: Life) -> str:
    """Return the command that lives this life once more."""
    return f"LIVEXEC_SIMULATION_SEEDS={life.seed} .venv/bin/pytest tests/simulation -k ours_is_theirs"


def main() -> int:
    """Live the seeds, print what they showed, and exit 0 only where nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--until-broken", choices=sorted(INVARIANTS), help="stop at the first seed that breaks it")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    if given.seeds < 1 or given.workers < 1:
        parser.error("--seeds and --workers: write at least 1")
    failed: list[Life] = []
    examined: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    ended = 0
    for ended, life in enumerate(lives(range(given.first, given.first + given.seeds), given.workers), start=1):
        examined.update(life.examined)
        seen.update(crashes=life.crashes, orders=life.orders)
        if life.faults:
            failed.append(life)
            say(f"seed {life.seed}: {life.faults[0]}")
        if ended % _TOLD_EVERY == 0:
            say(f"{ended} of {given.seeds} seeds, {len(failed)} failed")
        if given.until_broken in life.broken:
            break
    result = document(given.seeds, ended, failed, examined, seen)
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        tell(result)
    return 0 if result["ok"] else 1


def tell(result: dict[str, Any]) -> None:
    """Print a soak for people."""
    for name, one in result["invariants"].items():
        sys.stdout.write(f"{'ok    ' if one['ok'] else 'FAILED'} {name} over {one['examined']}\n")
    for check in result["checks"]:
        sys.stdout.write(f"{'ok    ' if check['ok'] else 'FAILED'} {check['name']} {check['value']:g}\n")
    for one in result["failed"]:
        sys.stdout.write("\n".join([f"seed {one['seed']}", *one["faults"], f"play it again: {one['again']}"]) + "\n")


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
