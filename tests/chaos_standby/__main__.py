"""`python -m chaos_standby`: a leader and a standby at a simulated venue, and the lead taken away again and again."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.checks import Check, as_json, percentile
from chaos_standby.scene import CALLERS, GROUND, KILLED, LOST, WAYS, Scene

from fakes.postgres import PostgresServer
from simulators.process import SimulatedVenue


async def chaos(given: argparse.Namespace, folder: Path, server: PostgresServer) -> dict[str, Any]:
    """Take the lead away so many times, each way in turn, and count."""
    venue = await SimulatedVenue.start(GROUND.site.name, "--walk-ms", "200")
    try:
        async with Scene(folder, server, venue, given.lease_ms) as scene, asyncio.TaskGroup() as group:
            for number in range(CALLERS):
                group.create_task(scene.callers.trade(number))
            for number in range(given.takeovers):
                how = given.ways[number % len(given.ways)]
                await scene.take_over(how)
                say(f"{number + 1} of {given.takeovers}: {how}, {scene.took_s[how][-1]:.1f} s to the first accepted")
            return document(scene, await scene.judged(), given.takeovers)
    finally:
        await venue.stop()


def document(scene: Scene, verdict: Any, takeovers: int) -> dict[str, Any]:
    """Return a run as one JSON document; `ok` only where everything holds."""
    every = [each for times in scene.took_s.values() for each in times]
    odd = [code for codes in scene.ended.values() for code in codes if code not in {KILLED, LOST}]
    checks = [
        Check.equal("lost", len(verdict.lost), 0, "orders and trades"),
        Check.equal("repeated", len(verdict.repeated), 0, "orders and trades"),
        Check.equal("wrong_positions", len(verdict.wrong_positions), 0, "positions"),
        Check.equal("leaders_ended_otherwise", len(odd), 0, "processes"),
        Check.equal("takeovers", len(every), takeovers, "takeovers"),
        Check.at_least("acknowledged", len(scene.callers.tally.orders), 1, "orders"),
    ]
    return {
        "ok": all(check.ok for check in checks) and verdict.orders > 0 and verdict.trades > 0,
        "checks": as_json(checks),
        "p50_s": round(percentile(every, 50), 2),
        "p99_s": round(percentile(every, 99), 2),
        "took_s": {how: [round(each, 2) for each in times] for how, times in scene.took_s.items()},
        "exit_codes": {how: sorted(codes) for how, codes in scene.ended.items()},
        "orders_taken": len(scene.callers.taken),
        "orders_refused_in_their_answer": dict(scene.callers.refused),
        "orders_taken_that_never_reached_venue": dict(scene.never_sent),
        "orders_that_reached_venue": verdict.asked,
        "trades_at_venue": verdict.trades,
        "facts": scene.facts,
        "findings": [*verdict.lost, *verdict.repeated, *verdict.wrong_positions][:50],
    }


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Run, print, and exit 0 only where nothing was lost or repeated."""
    parser = argparse.ArgumentParser(prog="python -m chaos_standby", description=__doc__)
    parser.add_argument("--takeovers", type=int, default=50)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="in turn: killed, stopped, the database"
                        " killed and started again, the leader's wire to the database silent")  # fmt: skip
    parser.add_argument("--lease-ms", type=int, help="another lease than the shipped one")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory(prefix="livexec-standby-") as folder:
            result = asyncio.run(chaos(given, Path(folder), server))
    finally:
        server.stop()
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for check in result["checks"]:
            sys.stdout.write(f"{'ok    ' if check['ok'] else 'FAILED'} {check['name']} {check['value']:g}\n")
        for how, times in result["took_s"].items():
            sys.stdout.write(f"       {how}: p50 {percentile(times, 50):.1f} s, longest {max(times):.1f} s\n")
        sys.stdout.write(f"       to the first accepted order: p50 {result['p50_s']} s, p99 {result['p99_s']} s\n")
        told = {
            "taken": result["orders_taken"],
            "refused in their own answer": result["orders_refused_in_their_answer"],
            "taken, and never at the venue": result["orders_taken_that_never_reached_venue"],
        }
        for what, counted in told.items():
            sys.stdout.write(f"       orders {what}: {json.dumps(counted)}\n")
        for finding in result["findings"]:
            sys.stdout.write(f"       {finding}\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
