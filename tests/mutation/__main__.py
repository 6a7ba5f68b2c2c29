"""`python -m mutation`: how many small changes to the core its tests notice, of all or of a drawn sample."""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from app.checks import Check, as_json
from mutation.changes import Mutant, mutants_of
from mutation.reach import learnt
from mutation.trial import Verdict, tried, warmed

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
TESTS = ["tests/core"]
LEAST = 0.9
_NOTICED = (Verdict.KILLED, Verdict.HUNG)


def main() -> int:
    """Run, print, and return 0 where enough was noticed."""
    reader = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    reader.add_argument("--sample", type=int, default=300, help="how many changes to draw; 0: all of them")
    reader.add_argument("--seed", type=int, default=0)
    reader.add_argument("--under", default="core", help="a folder or file of src, such as core/positions")
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--json", action="store_true")
    given = reader.parse_args()
    chosen = _chosen(given.under, given.sample, given.seed)
    _say(f"{len(chosen)} changes; learning which tests run which functions")
    reach = learnt(ROOT, TESTS)
    warmed(SOURCE)
    results: list[tuple[Mutant, Verdict]] = []
    with ProcessPoolExecutor(given.workers, mp_context=get_context("fork")) as pool:
        jobs = [(one, reach.get((one.path, one.where, one.begins), [])) for one in chosen]
        for mutant, verdict in pool.map(_tried, jobs):
            results.append((mutant, verdict))
            if verdict not in _NOTICED:
                _say(f"{len(results)}/{len(chosen)} {verdict}: {mutant}")
    return _told(results, as_document=given.json)


def _chosen(under: str, sample: int, seed: int) -> Sequence[Mutant]:
    place = SOURCE / under
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    every = [mutant for file in files for mutant in mutants_of(SOURCE, str(file.relative_to(SOURCE)))]
    return every if not sample else random.Random(seed).sample(every, min(sample, len(every)))


def _tried(job: tuple[Mutant, Sequence[str]]) -> tuple[Mutant, Verdict]:
    mutant, tests = job
    return mutant, tried(SOURCE, mutant, tests)


def _told(results: Sequence[tuple[Mutant, Verdict]], *, as_document: bool) -> int:
    counts = Counter(verdict for _, verdict in results)
    judged = len(results) - counts[Verdict.UNFIT]
    score = (counts[Verdict.KILLED] + counts[Verdict.HUNG]) / judged if judged else 0.0
    check = Check("mutation_score", score, LEAST, "of the changes that could be made", score >= LEAST)
    left = [{**asdict(mutant), "verdict": verdict} for mutant, verdict in results if verdict not in _NOTICED]
    if as_document:
        text = json.dumps({"ok": check.ok, "checks": as_json([check]), "counts": dict(counts), "left": left})
    else:
        said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        text = f"{said}\nscore {score:.3f} of at least {LEAST}"
    sys.stdout.write(f"{text}\n")
    return 0 if check.ok else 1


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
