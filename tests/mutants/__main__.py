"""`python -m mutants`: each planted bug, in a copy of the source, must be caught by its own invariant."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from app.checks import Check, as_json
from mutants.planted import MUTANTS, SOURCE, Mutant, PatchDoesNotApplyError

SEEDS = 2000
_WIDEST = 200  # of what a judge said
_LONGEST_S = 3600  # 2,000 lives take some five minutes of one core


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What became of one planted bug; `seeds` is how many lives it took, 0 where it was never caught."""

    mutant: Mutant
    seeds: int
    seen: str


def hunted(mutant: Mutant, seeds: int) -> Hunt:
    """Plant one bug in a copy of the source, and live one seed after the other until its invariant is broken."""
    with tempfile.TemporaryDirectory(prefix="livexec-mutant-") as folder:
        copy = Path(folder, "src")
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / mutant.path
        try:
            file.write_text(mutant.planted(file.read_text()))
        except PatchDoesNotApplyError as unfit:
            return Hunt(mutant=mutant, seeds=0, seen=str(unfit))
        command = [sys.executable, "-m", "simulation", "--workers", "1", "--json"]
        command += ["--seeds", str(seeds), "--until-broken", mutant.breaks]
        paths = [str(copy), str(SOURCE.parent / "tests"), str(SOURCE.parent / "client")]
        ended = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
    if not ended.stdout:
        return Hunt(mutant=mutant, seeds=0, seen=f"the simulator ended: {ended.stderr[-500:]}")
    return _found(mutant, json.loads(ended.stdout))


def _found(mutant: Mutant, soak: dict[str, Any]) -> Hunt:
    lives = next(int(check["value"]) for check in soak["checks"] if check["name"] == "seeds")
    for life in soak["failed"]:
        if mutant.breaks in life["broken"]:
            words = [fault for fault in life["faults"] if fault.startswith(mutant.breaks)]
            return Hunt(mutant=mutant, seeds=lives, seen=shorten(f"seed {life['seed']}: {words[0]}", _WIDEST))
    return Hunt(mutant=mutant, seeds=0, seen=f"not caught in {lives} seeds; {len(soak['failed'])} failed otherwise")


def document(hunts: list[Hunt], seeds: int) -> dict[str, Any]:
    """Return all hunts as one JSON document; `ok` only where every bug was caught."""
    checks = [
        Check(hunt.mutant.breaks, float(hunt.seeds), float(seeds), "seeds until caught", 0 < hunt.seeds <= seeds)
        for hunt in hunts
    ]
    return {
        "ok": all(check.ok for check in checks),
        "checks": as_json(checks),
        "mutants": [
            {"breaks": hunt.mutant.breaks, "file": hunt.mutant.path, "bug": hunt.mutant.bug, "seen": hunt.seen}
            for hunt in hunts
        ],
    }


def table(hunts: list[Hunt]) -> Iterator[str]:
    """Yield all hunts as lines for people."""
    for hunt in hunts:
        caught = "caught" if hunt.seeds else "MISSED"
        yield f"{caught}  {hunt.mutant.breaks:<24} {hunt.seeds:>5} seeds  {hunt.mutant.bug}"
        yield f"        src/{hunt.mutant.path}; {hunt.seen}"


def main() -> int:
    """Hunt every bug, print what was found, and exit 0 only where each was caught."""
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many lives a bug may survive")
    parser.add_argument("--only", choices=[mutant.breaks for mutant in MUTANTS], help="the bug of one invariant")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    if given.seeds < 1 or given.workers < 1:
        parser.error("--seeds and --workers: write at least 1")
    wanted = [mutant for mutant in MUTANTS if given.only in (None, mutant.breaks)]
    with ThreadPoolExecutor(given.workers) as pool:  # each waits for a process of its own
        hunts = list(pool.map(lambda mutant: hunted(mutant, given.seeds), wanted))
    result = document(hunts, given.seeds)
    sys.stdout.write(json.dumps(result) + "\n" if given.json else "\n".join(table(hunts)) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
