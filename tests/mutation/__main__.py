"""`python -m mutation`: how many small changes to the core its tests notice, of all or of a drawn sample."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pytest

from mutation.changes import Mutant, mutants_of
from mutation.score import LEFT, Score
from mutation.trial import TestsFailError, Trial, Verdict

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
_TOLD_EVERY = 100
_OF_THE_CORE = (  # tests without sockets, databases or threads
    *("tests/core", "tests/golden", "tests/simulation/test_lost_commits.py", "tests/simulation/test_outages.py"),
    *("tests/simulation/test_slips.py", "tests/simulation/test_storms.py::test_after_any_storm_ours_is_theirs"),
)
_STORMS = "0-9"  # seeds


def main() -> int:
    """Run, print, and return 0 where enough was noticed."""
    reader = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    reader.add_argument("--sample", type=int, default=0, help="how many changes to draw; 0: all of them")
    reader.add_argument("--seed", type=int, default=0, help="of the draw")
    reader.add_argument("--under", nargs="+", default=["core"], help="folders or files of src, such as core/positions")
    reader.add_argument("--tests", nargs="+", help="folders or files; without it, the tests of the first folder")
    reader.add_argument("--workers", type=int, default=2)
    reader.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = reader.parse_args()
    every = _every(given.under)
    if not every or given.sample < 0 or given.workers < 1:
        reader.error(f"nothing can be changed in {' '.join(given.under)}, or --sample or --workers is too small")
    chosen = every if not given.sample else random.Random(given.seed).sample(every, min(given.sample, len(every)))
    score = Score(of=len(every))
    try:
        _judge(chosen, given.tests or _tests_of(given.under), given.workers, score)
    except TestsFailError as failure:
        reader.error(str(failure))
    if len(score.verdicts) != len(chosen):
        reader.error(
            f"only {len(score.verdicts)} of {len(chosen)} changes were judged: the tests could not be collected"
        )
    sys.stdout.write(json.dumps(score.document()) + "\n" if given.json else "\n".join(score.table()) + "\n")
    return 0 if score.check.ok else 1


def _every(under: Sequence[str]) -> list[Mutant]:
    places = [SOURCE / one for one in under]
    files = sorted({file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))})
    return [mutant for file in files for mutant in mutants_of(SOURCE, str(file.relative_to(SOURCE)))]


def _tests_of(under: Sequence[str]) -> list[str]:
    rooms = [_OF_THE_CORE if one.split("/")[0] == "core" else (f"tests/{one}",) for one in under]
    return list(dict.fromkeys(chain.from_iterable(rooms)))


def _judge(chosen: Sequence[Mutant], tests: Sequence[str], workers: int, score: Score) -> None:
    began = time.monotonic()

    def tell(mutant: Mutant, verdict: Verdict) -> None:
        score.add(mutant, verdict)
        done = len(score.verdicts)
        if verdict in LEFT:
            say(f"{verdict}: {mutant}")
        if done % _TOLD_EVERY == 0:
            say(f"{done} of {len(chosen)} in {time.monotonic() - began:.0f} s: {score}")

    def say(line: str) -> None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    os.environ.setdefault("LIVEXEC_SIMULATION_SEEDS", _STORMS)
    say(f"{len(chosen)} changes; learning which tests run which lines")
    trial = Trial(SOURCE, chosen, at_once=workers, tell=tell, progress=say)
    options = [
        "-q",
        "-n0",
        "-s",
        "--tb=no",
        "--no-header",
        "--no-summary",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
    ]
    pytest.main([*options, "--rootdir", str(ROOT), *(str(ROOT / one) for one in tests)], plugins=[trial])


if __name__ == "__main__":
    sys.exit(main())
