"""Run every command that shows what this project promises, and print one table of what each checked.

Each prints one JSON document with `ok` and `checks`. Benchmarks measure this machine: run it with nothing beside it.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv/bin"
LIMIT_S = 7_200  # of one command; the longest of them take an hour
MOST_LISTED = 20  # checks of one command; of more, those that did not hold
VENUES = ("binance_spot", "binance_futures", "bybit", "okx")


@dataclass(frozen=True)
class Proof:
    """One command, as `make prove` names it."""

    name: str
    command: tuple[str, ...]
    of_benches: bool = False  # it measures time, and a busy machine makes it fail


@dataclass(frozen=True)
class Shown:
    """What a command showed."""

    name: str
    took_s: float
    ok: bool
    said: Sequence[str]


def livexec(*words: str) -> tuple[str, ...]:
    """Return a command of ours that answers in JSON."""
    return (str(BIN / "livexec"), *words, "--json")


def of_tests(module: str, *words: str) -> tuple[str, ...]:
    """Return a command of the tests that answers in JSON."""
    return (str(BIN / "python"), "-m", module, *words, "--json")


def proofs(ticks: str, seeds: int, kills: int) -> Iterator[Proof]:
    """Yield every proof, the short ones first; where there are no recorded ticks, what needs them is left out."""
    yield Proof("demo", livexec("demo"))
    for scenario in ("router", "risk", "venues", "three-worlds", "session"):
        yield Proof(f"demo-{scenario}", livexec("demo", "--scenario", scenario))
    if ticks:
        yield Proof("demo-recorded", livexec("demo", "--ticks", ticks))
        yield Proof("demo-router-recorded", livexec("demo", "--scenario", "router", "--ticks", ticks))
        yield Proof("parity", livexec("parity", "--ticks", ticks))
    yield Proof("plugin-deribit", livexec("plugin", "check", "deribit", "--project", str(ROOT / "plugins/deribit")))
    yield Proof("plugin-ibkr", livexec("plugin", "check", "ibkr", "--project", str(ROOT / "plugins/ibkr")))
    yield Proof("storms", of_tests("simulation", "--seeds", str(seeds)))
    yield Proof("mutants", of_tests("mutants", "--seeds", "2000"))
    yield Proof("mutation", of_tests("mutation", "--sample", "1000"))
    yield Proof("fault-matrix", of_tests("fault_matrix"))
    for venue in VENUES:
        yield Proof(f"chaos-{venue}", of_tests("chaos", "--venue", venue, "--kills", str(kills)))
    yield Proof("chaos-postgres", of_tests("chaos", "--kills", str(kills), "--postgres"))
    for name, words in (
        ("core", ()),
        ("core-all", ("--rules", "all")),
        ("core-smart", ("--routing", "smart", "--venues", "6", "--depth", "50")),
        *((each, ()) for each in ("submit", "mixed", "journal", "venue", "algos", "replay", "recover")),
    ):
        yield Proof(f"bench-{name}", livexec("bench", name.partition("-")[0], *words), of_benches=True)


def shown(proof: Proof) -> Shown:
    """Run a proof, and say what it showed."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            proof.command,
            cwd=ROOT,
            env={
                "PYTHONPATH": str(ROOT / "tests"),
                "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(Path.home()),
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Shown(proof.name, time.monotonic() - began, ok=False, said=[f"it did not end in {LIMIT_S} s"])
    took_s = time.monotonic() - began
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Shown(proof.name, took_s, ok=False, said=[f"no answer (exit {done.returncode}): {last[:200]}"])
    return Shown(proof.name, took_s, ok=done.returncode == 0 and answer.get("ok") is True, said=list(said_by(answer)))


def said_by(answer: dict[str, Any]) -> Iterator[str]:
    """Yield what an answer checked: each check with its figure and limit, invariants together."""
    checks = answer.get("checks", ())
    if len(checks) > MOST_LISTED:
        yield f"{sum(one['ok'] for one in checks)} of {len(checks)} checks held"
        checks = [one for one in checks if not one["ok"]]
    for check in checks:
        held = "" if check["ok"] else "  NOT HELD"
        yield f"{check['name']} {check['value']:.6g} (limit {check['limit']:.6g} {check.get('unit', '')}){held}"
    invariants = answer.get("invariants", {})
    if invariants:
        broken = [name for name, one in invariants.items() if not one["ok"]]
        examined = sum(one["examined"] for one in invariants.values())
        yield f"{len(invariants)} invariants, {examined} looks" + (f"  BROKEN: {', '.join(broken)}" if broken else "")


def table(rows: Iterable[Shown]) -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    yield "| command | checks | ok |"
    yield "|---|---|---|"
    for row in rows:
        said = "<br>".join(row.said) or "its exit"
        yield f"| {row.name} ({row.took_s:.0f} s) | {said} | {'yes' if row.ok else 'NO'} |"


def main() -> None:
    """Prove what is asked for; exit 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, prog="make prove")
    parser.add_argument("--only", nargs="+", default=[], help="names of proofs, or how they begin")
    parser.add_argument("--no-bench", action="store_true", help="leave out what measures time")
    parser.add_argument(
        "--ticks", default="", help="a folder of recorded ticks; without it, what needs one is left out"
    )
    parser.add_argument("--seeds", type=int, default=2_000, help="of the storms")
    parser.add_argument("--kills", type=int, default=20, help="of each service that is killed")
    parser.add_argument("--list", action="store_true", help="print the commands, and run none")
    given = parser.parse_args()
    wanted = [
        one
        for one in proofs(given.ticks, given.seeds, given.kills)
        if not (given.no_bench and one.of_benches) and (not given.only or one.name.startswith(tuple(given.only)))
    ]
    if not wanted:
        sys.exit(f"no proof is called {' '.join(given.only)}; --list shows their names")
    if given.list:
        print("\n".join([f"{one.name}: {' '.join(one.command)}" for one in wanted]))
        return
    rows: list[Shown] = []
    for proof in wanted:
        print(f"{proof.name} ...", file=sys.stderr, flush=True)
        rows.append(shown(proof))
        print(
            f"{proof.name}: {'ok' if rows[-1].ok else 'NOT OK'} in {rows[-1].took_s:.0f} s", file=sys.stderr, flush=True
        )
    print("\n".join(table(rows)))
    sys.exit(0 if all(row.ok for row in rows) else 1)


if __name__ == "__main__":
    main()
