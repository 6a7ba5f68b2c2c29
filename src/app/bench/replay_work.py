"""The other half of `livexec bench replay`: how fast days are worked, by one worker and by two, and after a kill."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks import Kind, day_of, day_window, paper_instruments, signals_path, tick_paths, write_ticks
from app.bench.replay_day import INSTRUMENT, INTERVALS
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.replay.market import Windows
from app.replay.parts import Part
from app.replay.places import store_at
from app.replay.spec import ReplaySpec, ReplayTask
from ports.instruments import Instrument
from ports.market_data import Quote
from ports.signals import INTERVAL_NS, Signal
from ports.values import Price, StrategyId

_FIRST: Final = "2023-11-15"
_DAYS: Final = 16
_QUOTES: Final = 100_000  # of a day
_ROUNDS: Final = 3
_STRATEGY: Final = StrategyId("bench")
_SIZE: Final = Decimal("0.1")
_DAY_NS: Final = 86_400_000_000_000
_KILLED_AFTER: Final = 5  # tasks
_TWO_OVER_ONE: Final = 0.6
_LEAST_OVER_NODE: Final = 0.2  # of the quotes a second of a plain node, which judges, records and reckons nothing

type Progress = Callable[[str], None]


def bench_throughput(
    quotes: int = _QUOTES, progress: Progress = lambda line: None, rounds: int = _ROUNDS
) -> dict[str, Any]:
    """Replay a day whose every interval turns the direction, beside a BacktestNode with the same quotes and orders.

    Both read from disk, in turns, in this process; what counts is processor time.
    """
    from adapters.nautilus.plain_node import MarketOrder, NodeRun, run_node, write_catalogue
    from app.replay.task import TaskRun

    instrument = _instrument()
    with tempfile.TemporaryDirectory(prefix="livexec-bench-") as folder:
        root = Path(folder)
        table = _table(_FIRST, quotes)
        _write_day(root, _FIRST, table)
        made = list(_quotes(table))
        write_catalogue(root / "catalogue", instrument, made)
        task = _task(_FIRST)
        spec = ReplaySpec(signals=folder, ticks=folder, out=folder, size=_SIZE)
        measured: list[tuple[float, Part, NodeRun]] = []
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}: a day of {quotes:,} quotes and {len(task.signals)} orders")
            began_s = time.process_time()
            part = TaskRun(spec, task, instrument).work(Windows(store_at("ticks", folder, None), task, instrument))
            busy_s = time.process_time() - began_s
            orders = [
                MarketOrder(at_ns=one.created_ns, side=one.side, quantity=str(one.quantity)) for one in part.orders
            ]
            measured.append((busy_s, part, run_node(root / "catalogue", instrument, orders)))
    mine = median([busy_s for busy_s, _, _ in measured])
    node_s = median([node.busy_s for _, _, node in measured])
    _, part, node = measured[-1]
    checks = [
        Check.equal("quotes_seen", part.quotes, quotes, "quotes"),
        Check.equal("orders_filled_as_the_node", len(part.fills), node.filled, "orders"),
        Check.at_least("throughput_over_node", node_s / mine, _LEAST_OVER_NODE, "times"),
    ]
    return {
        "ok": all(check.ok for check in checks),
        "quotes": quotes,
        "orders": len(part.orders),
        "quotes_per_s": round(quotes / mine),
        "node_quotes_per_s": round(quotes / node_s),
        "checks": checks_as_json(checks),
    }


def bench_workers(quotes: int = _QUOTES, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Replay 16 days by `livexec replay` itself: one worker, two, and two that are killed half-way and go on.

    `critical_path_over_one` is what the clock would say where nothing else runs: what two workers cannot share, and
    half of what they can, in processor time, over all that one worker's run takes of it.
    """
    with tempfile.TemporaryDirectory(prefix="livexec-bench-") as folder:
        root = Path(folder)
        begin_ns, _ = day_window(_FIRST)
        progress(f"making {_DAYS} days of {quotes:,} quotes")
        for number in range(_DAYS):
            day = day_of(begin_ns + number * _DAY_NS)
            _write_day(root, day, _table(day, quotes))
        seconds: dict[int, float] = {}
        busy_s: dict[int, float] = {}
        told: dict[int, dict[str, Any]] = {}
        for workers in (1, 2):
            progress(f"{_DAYS} days, {workers} at once")
            began_s, used_s = time.perf_counter(), _children_s()
            told[workers] = _replayed(root, f"out{workers}", workers)
            seconds[workers], busy_s[workers] = time.perf_counter() - began_s, _children_s() - used_s
        progress("two at once, killed half-way")
        before = _killed(root)
        resumed = _replayed(root, "killed", 2)
    checks = [
        Check.at_most("two_workers_over_one", seconds[2] / seconds[1], _TWO_OVER_ONE, "times"),
        Check.equal("days_after_the_kill", resumed["worked_now"], _DAYS - before, "tasks"),
        Check.at_least("days_before_the_kill", before, _KILLED_AFTER, "tasks"),
        Check.equal("summaries_that_differ", sum(told[1]["summary"] != one["summary"] for one in (told[2], resumed)), 0,
                    "runs"),
    ]  # fmt: skip
    return {
        "ok": all(check.ok for check in checks),
        "days": _DAYS,
        "one_worker_s": round(seconds[1], 2),
        "two_workers_s": round(seconds[2], 2),
        "one_worker_busy_s": round(busy_s[1], 2),
        "two_workers_busy_s": round(busy_s[2], 2),
        "critical_path_over_one": round((busy_s[2] - told[2]["busy_s"] / 2) / busy_s[1], 3),
        "summary": told[1]["summary"],
        "checks": checks_as_json(checks),
    }


def bench_all_of_replay(trades: int | None, only: str | None, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Measure windows (of a day of so many `trades`), throughput and workers; or the one of them that is named.

    Raises:
        InvalidInputError, DisagreeError: as `bench_replay`.
    """
    from app.bench.replay import bench_replay

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "windows": lambda: bench_replay(**({} if trades is None else {"trades": trades}), progress=progress),
        "throughput": lambda: bench_throughput(progress=progress),
        "workers": lambda: bench_workers(progress=progress),
    }
    found = {name: measure() for name, measure in parts.items() if only in (None, name)}
    checks = [check for part in found.values() for check in part.pop("checks")]
    return {"ok": all(part.pop("ok") for part in list(found.values())), **found, "checks": checks}


def _command(root: Path, out: str, workers: int) -> list[str]:
    return [
        *(sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main())", "replay", "--json"),
        *("--signals", str(root), "--ticks", str(root), "--out", str(root / out)),
        *("--size", str(_SIZE), "--workers", str(workers)),
    ]


def _replayed(root: Path, out: str, workers: int) -> dict[str, Any]:
    ended = subprocess.run(_command(root, out, workers), capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def _children_s() -> float:
    """Return the processor time of all child processes that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _killed(root: Path) -> int:
    """Kill a replay once it has done some days, and return how many it had done."""
    process = subprocess.Popen(
        _command(root, "killed", 2), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    if process.stderr is None:
        raise RuntimeError("the process was made with a pipe")
    with process, process.stderr:
        for line in process.stderr:
            if f"] {_KILLED_AFTER} of {_DAYS}".encode() in line:
                break
        _kill_all_of(process.pid)
    return len(list((root / "killed" / "replay_parts").rglob("*.json.gz")))


def _kill_all_of(group: int) -> None:
    """Kill a process that leads a group, and its workers with it."""
    os.killpg(group, signal.SIGKILL)


def _instrument() -> Instrument:
    return next(each for each in paper_instruments() if each.key == INSTRUMENT)


def _table(day: str, quotes: int) -> pa.Table:
    """Return a day of quotes, at even times, around a price that wanders on a seeded path."""
    begin_us = day_window(day)[0] // 1_000
    draw = np.random.default_rng(begin_us % 2**32)
    stamps = begin_us + 1 + (np.arange(quotes) * (_DAY_NS // 1_000 - 2)) // quotes
    bids = np.round(40_000.0 + np.cumsum(draw.integers(-3, 4, quotes)) / 10, 1)
    return pa.table(
        {
            "exchange": pa.array(["binance-futures"] * quotes),
            "symbol": pa.array(["BTCUSDT"] * quotes),
            "timestamp": stamps,
            "local_timestamp": stamps,
            "ask_amount": np.full(quotes, 5.0),
            "ask_price": np.round(bids + 0.1, 1),
            "bid_price": bids,
            "bid_amount": np.full(quotes, 5.0),
        }
    )


def _write_day(root: Path, day: str, table: pa.Table) -> None:
    path = root / tick_paths(Kind.QUOTES, INSTRUMENT, day)[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ticks(path, iter([table]), table.schema)
    signals = root / signals_path(_STRATEGY, day)
    signals.parent.mkdir(parents=True, exist_ok=True)
    begin_us = day_window(day)[0] // 1_000
    columns = {
        "timestamp": [begin_us + number * INTERVAL_NS // 1_000 for number in range(INTERVALS)],
        "instrument_key": [str(INSTRUMENT)] * INTERVALS,
        "direction": [1 - 2 * (number % 2) for number in range(INTERVALS)],
    }
    pq.write_table(pa.table(columns), signals)


def _task(day: str) -> ReplayTask:
    begin_ns, _ = day_window(day)
    signals = [
        Signal(
            strategy_id=_STRATEGY,
            instrument=INSTRUMENT,
            start_ns=begin_ns + number * INTERVAL_NS,
            direction=1 - 2 * (number % 2),
            target_position=None,
            exec_algorithm="",
            exec_algorithm_params={},
        )
        for number in range(INTERVALS)
    ]
    return ReplayTask(day=day, strategy_id=_STRATEGY, instrument=INSTRUMENT, signals=tuple(signals))


def _quotes(table: pa.Table) -> Iterator[Quote]:
    columns: Sequence[list[Any]] = [
        table.column(name).to_pylist() for name in ("local_timestamp", "bid_price", "ask_price")
    ]
    for stamp, bid, ask in zip(*columns, strict=True):
        yield Quote(
            instrument=INSTRUMENT,
            bid=Price(Decimal(repr(bid))),
            ask=Price(Decimal(repr(ask))),
            bid_size=Decimal(5),
            ask_size=Decimal(5),
            event_time_ns=stamp * 1_000,
            received_ns=stamp * 1_000,
        )
