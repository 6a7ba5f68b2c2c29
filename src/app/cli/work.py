"""`livexec demo` and `livexec bench`: long work that proves or measures something."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from app.cli.failures import FAILED, usage
from app.cli.options import DATA_GROUP, Folder, Json, PositiveDecimal, Whole
from app.cli.output import emit, results_alone
from app.cli.progress import progress
from app.cli.work_views import bench_text, demo_text, replay_text, risk_text

type Bench = Callable[..., dict[str, Any]]

Orders = Annotated[Whole | None, Parameter(help="How many; without it, as many as the measurement needs.")]

DatabaseUrl = Annotated[
    str | None,
    Parameter(
        help="A PostgreSQL database to measure too, in a schema of its own; without it, DATABASE_URL. Others on this "
        "machine can read it here, not there."
    ),
]

bench = App(name="bench", group=DATA_GROUP, help="Measure, each figure beside its reference in the same run.")


def demo(
    *,
    ticks: Annotated[Folder | None, Parameter(help="Work orders on this recording; without it, a made market.")] = None,
    json: Json = False,
    out: Annotated[Path | None, Parameter(help="Where the result files go.")] = None,
    seed: Whole = 7,
    speed: Annotated[PositiveDecimal | None, Parameter(help="Times real time.")] = None,
    scenario: Annotated[
        Literal["orders", "router", "venues", "three-worlds", "risk", "session"],
        Parameter(
            help="The main job; the routes of the smart router alone, beside simpler ones and the optimum; the four "
            "live venues' adapters at once, against the simulated venues of a checkout; coins, options on coins and "
            "shares in one blotter and one exposure, at three of them; every risk rule explained and the kill switch "
            "in every scope and mode, with a kill -9 in the middle; or a recorded session of a "
            "thousand orders with a kill -9 in the middle, led again byte for byte."
        ),
    ] = "orders",
) -> int:
    """Do the main job, self-contained: start, work orders of every kind, check every invariant, stop.

    Exit 0 only where every invariant, or every check of the scenario, holds.

    Parameters
    ----------
    seed:
        Of everything that is drawn by lot; the same seed places the same orders.
    """
    if scenario == "router" and (out is not None or speed is not None):
        raise usage("--scenario", scenario, "it writes and waits for nothing: leave out --out and --speed")
    if scenario in ("venues", "three-worlds") and (ticks is not None or speed is not None):
        raise usage("--scenario", scenario, "its venues make their own market: leave out --ticks and --speed")
    if scenario in ("risk", "session") and (ticks is not None or speed is not None):
        raise usage("--scenario", scenario, "its market is made: leave out --ticks and --speed")
    with results_alone(), progress() as tell:
        from app.demo import (
            run_demo,
            run_risk_scenario,
            run_router_scenario,
            run_venues_scenario,
            run_worlds_scenario,
        )

        if scenario == "router":
            result = run_router_scenario(ticks=ticks, seed=seed, progress=tell)
        elif scenario == "venues":
            result = run_venues_scenario(out=out, seed=seed, progress=tell)
        elif scenario == "three-worlds":
            result = run_worlds_scenario(out=out, progress=tell)
        elif scenario == "risk":
            result = run_risk_scenario(out=out, seed=seed, progress=tell)
        elif scenario == "session":
            from app.demo.recorded_session import run_recorded_session

            result = run_recorded_session(out=out, seed=seed, progress=tell)
        else:
            result = run_demo(ticks=ticks, out=out, seed=seed, speed=speed, progress=tell)
    text = {"risk": risk_text, "session": replay_text}.get(scenario, demo_text)
    return report(result, text(result), as_json=json)


@bench.command
def submit(*, json: Json = False, orders: Orders = None) -> int:
    """Measure submit to release, durable, beside a bare commit and NautilusTrader's own node."""
    from app.bench import bench_submit

    return _measure(bench_submit, orders, as_json=json)


@bench.command
def venue(*, json: Json = False, orders: Orders = None) -> int:
    """Measure submit to a simulated live venue's socket, and its trade to our fact, beside Nautilus's adapter alone."""
    from app.bench import bench_venue

    return _measure(bench_venue, orders, as_json=json)


@bench.command
def ingest(*, json: Json = False, orders: Orders = None) -> int:
    """Measure orders a second at both doors, durable, for 1 and 32 callers, beside an empty handler of that server."""
    from app.bench.ingest import bench_ingest

    return _measure(bench_ingest, orders, as_json=json)


@bench.command
def core(
    *,
    json: Json = False,
    orders: Orders = None,
    rules: Annotated[
        Literal["first", "all"],
        Parameter(help="The first limits, or every rule there is; then the cost of each is listed too."),
    ] = "first",
    routing: Annotated[
        Literal["direct", "smart"], Parameter(help="smart: what one decision of the smart router costs, by itself.")
    ] = "direct",
    venues: Annotated[Whole | None, Parameter(help="With --routing smart: over how many venues; else 6.")] = None,
    depth: Annotated[Whole | None, Parameter(help="With --routing smart: levels of each book; else 50.")] = None,
) -> int:
    """Measure the core alone: risk, routing, orders and positions, nothing that waits."""
    from app.bench import bench_core, bench_routing

    for name, value in (("--venues", venues), ("--depth", depth)):
        if value == 0 or (value is not None and routing != "smart"):
            raise usage(name, str(value), "write at least 1, and only with --routing smart")
    if routing == "smart":
        return _measure(partial(bench_routing, venues=venues or 6, depth=depth or 50), orders, as_json=json)
    return _measure(partial(bench_core, rules=rules), orders, as_json=json)


@bench.command
def mixed(*, json: Json = False, orders: Orders = None) -> int:
    """Measure quotes, watchers, open orders and new orders all at once."""
    from app.bench import bench_mixed

    return _measure(bench_mixed, orders, as_json=json)


@bench.command
def algos(*, json: Json = False, quotes: Orders = None) -> int:
    """Measure a hundred working parents, wrapped and in the whole core, beside NautilusTrader's own TWAP."""
    from app.bench.algos import bench_algos

    if quotes is not None and quotes < 1_000:
        raise usage("--quotes", str(quotes), "write at least 1000")
    chosen = {} if quotes is None else {"quotes": quotes}
    with results_alone(), progress() as tell:
        result = bench_algos(**chosen, progress=tell)
    return report(result, bench_text(result), as_json=json)


@bench.command
def journal(*, json: Json = False, orders: Orders = None, database_url: DatabaseUrl = None) -> int:
    """Measure the journal on every store there is: single commits and group commits, each beside the bare driver."""
    from app.bench import bench_journal

    named = os.environ.get("DATABASE_URL", "")
    if database_url is None and named.startswith("postgres"):
        database_url = named
    return _measure(partial(bench_journal, database_url=database_url), orders, as_json=json)


@bench.command
def recover(*, json: Json = False, facts: Orders = None) -> int:
    """Measure a start from a journal of many facts, without a snapshot and with one."""
    from app.bench import bench_recover

    if facts == 0:
        raise usage("--facts", "0", "write at least 1")
    chosen = {} if facts is None else {"facts": facts}
    with results_alone(), progress() as tell:
        result = bench_recover(**chosen, progress=tell)
    return report(result, bench_text(result), as_json=json)


@bench.command
def vwap(
    *, json: Json = False, ticks: Annotated[Folder | None, Parameter(help="A recording to work over too.")] = None
) -> int:
    """Measure how closely a VWAP's schedule follows the volume that traded, beside a TWAP's."""
    from app.bench.tracking import bench_tracking

    with results_alone(), progress() as tell:
        result = bench_tracking(ticks=ticks, progress=tell)
    return report(result, bench_text(result), as_json=json)


@bench.command
def replay(
    *,
    json: Json = False,
    trades: Orders = None,
    only: Annotated[
        Literal["windows", "throughput", "workers"] | None,
        Parameter(help="A part of it: windows of a day from a bucket; quotes a second; two workers, and a kill."),
    ] = None,
) -> int:
    """Measure a replay: windows of a day's file from a bucket, beside the whole file, gcsfs and pyarrow's own file
    system; a day's work beside a Nautilus BacktestNode's; two workers beside one, and what a killed replay has left.
    """
    from app.bench.replay_work import bench_all_of_replay

    if trades == 0:
        raise usage("--trades", "0", "write at least 1")
    with results_alone(), progress() as tell:
        result = bench_all_of_replay(trades, only, tell)
    return report(result, bench_text(result), as_json=json)


def report(result: Mapping[str, Any], human: str, *, as_json: bool) -> int:
    """Print what long work found; exit 1 where it is not as it must be."""
    emit(result, human, as_json=as_json)
    return 0 if result["ok"] else FAILED


def _measure(measured: Bench, orders: int | None, *, as_json: bool) -> int:
    if orders == 0:
        raise usage("--orders", "0", "write at least 1")
    chosen = {} if orders is None else {"orders": orders}
    with results_alone(), progress() as tell:
        result = measured(**chosen, progress=tell)
    return report(result, bench_text(result), as_json=as_json)
