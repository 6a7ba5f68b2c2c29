"""`python -m soak_live`: the whole service under mixed load with faults, for as long as asked; latency by minute."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from app.checks import Check, as_json, percentile
from end_to_end.process import Service, run_command
from soak_live.load import Load, Seen
from soak_live.page import plots

MEMORY_GROWTH = 1.15  # the last quarter's median beside the second's; the first warms up
CONFIG = {"logging": {"level": "warning", "log_orders": False, "log_fills": False}, "paper": {"ticks_per_second": 50}}
_RSS = re.compile(r"^process_resident_memory_bytes (\S+)$", re.MULTILINE)
_CPU = re.compile(r"^process_cpu_seconds_total (\S+)$", re.MULTILINE)
_DEFECTS = re.compile(r'^livexec_door_requests_total\{.*outcome="(?:500|INTERNAL)".*\} (\S+)$', re.MULTILINE)


async def soak(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run, and return every minute's figures."""
    config = folder / "config.json"
    config.write_text(json.dumps(CONFIG))
    service = await (await Service.begin(folder / "state", "--config", str(config))).up(120)
    load = Load(service, given.rate, given.watchers, given.seed)
    working = asyncio.create_task(load.run())
    minutes: list[dict[str, Any]] = []
    try:
        for number in range(given.minutes):
            began = time.monotonic()
            await asyncio.wait([working], timeout=20)
            if number and given.faults:
                await load.fault()
            await asyncio.wait([working], timeout=max(60 - (time.monotonic() - began), 0))
            if working.done():
                working.result()
            seen, load.seen = load.seen, Seen()
            minutes.append(await _minute(service, number + 1, seen))
            say(minutes[-1])
    finally:
        working.cancel()
        await asyncio.wait([working])
        service.terminate()
        await service.ended(900)  # the results of millions of orders take their time
    checked = await asyncio.to_thread(
        run_command, "db", "check", "--state-dir", str(folder / "state"), "--json", folder=folder, within_s=1_200
    )
    return _document(given, minutes, checked.document)


async def _minute(service: Service, number: int, seen: Seen) -> dict[str, Any]:
    async with service.rest() as web:
        text = (await web.get("/metrics")).text
    rss, cpu = _RSS.search(text), _CPU.search(text)
    took = seen.took_s or [0.0]
    return {
        "minute": number,
        "submits": len(seen.took_s),
        "p50_ms": round(median(took) * 1e3, 2),
        "p99_ms": round(percentile(took, 99) * 1e3, 2),
        "cancels": seen.calls["cancel"],
        "updates": seen.updates,
        "cpu_s": round(float(cpu[1]), 1) if cpu else 0.0,  # of the service's own process since its start
        "rss_mb": round(float(rss[1]) / 1e6, 1) if rss else 0.0,
        "defects": sum(float(each) for each in _DEFECTS.findall(text)),
        "errors": dict(seen.errors),
        "faults": seen.faults,
    }


def _document(given: argparse.Namespace, minutes: list[dict[str, Any]], checked: dict[str, Any]) -> dict[str, Any]:
    quarter = max(len(minutes) // 4, 1)
    memory = [one["rss_mb"] for one in minutes]
    settled, last = median(memory[quarter : 2 * quarter] or memory), median(memory[-quarter:])
    errors = sum(sum(one["errors"].values()) for one in minutes)
    checks = [
        Check.equal("errors", errors, 0, "calls"),
        Check.equal("defects", minutes[-1]["defects"], 0, "requests"),
        Check.at_most("memory_growth", last / settled, MEMORY_GROWTH, "ratio"),
        Check.equal("journal_damaged", 0 if checked["ok"] else 1, 0, "journals"),
        Check.at_least("submits", sum(one["submits"] for one in minutes), 1, "orders"),
    ]
    rate = sum(one["submits"] for one in minutes) / (60 * len(minutes))
    return {
        "ok": all(check.ok for check in checks),
        "checks": as_json(checks),
        "asked_rate": given.rate,
        "reached_rate": round(rate, 1),
        "watchers": given.watchers,
        "minutes": minutes,
    }


def say(minute: dict[str, Any]) -> None:
    """Tell how a minute was."""
    sys.stderr.write(json.dumps(minute) + "\n")
    sys.stderr.flush()


def main() -> int:
    """Soak, print, and exit 0 only where nobody met an error and memory stayed flat."""
    parser = argparse.ArgumentParser(prog="python -m soak_live", description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--rate", type=float, default=500.0, help="orders a second, over all strategies")
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-faults", dest="faults", action="store_false")
    parser.add_argument("--plots", type=Path, help="a folder for pictures of latency and memory")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livexec-soak-") as folder:
        result = uvloop.run(soak(given, Path(folder)))
    if given.plots is not None:
        plots(result["minutes"], given.plots)
    if given.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for check in result["checks"]:
            sys.stdout.write(f"{'ok    ' if check['ok'] else 'FAILED'} {check['name']} {check['value']:g}\n")
        sys.stdout.write(f"       reached {result['reached_rate']} of {result['asked_rate']} orders a second\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
