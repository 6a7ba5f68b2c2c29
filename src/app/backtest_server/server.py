"""`livexec backtest-server` as a process: its door, its jobs, from the first line to the last."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

import uvloop
from prometheus_client import CollectorRegistry

from adapters.http.replays import ReplayDoor
from adapters.telemetry import ServiceTelemetry
from app.backtest_server.jobs import ReplayJobs
from app.backtest_server.records import JobFiles
from app.buckets import open_bucket
from app.callers import authenticator, tls_of
from app.replay import ReplaySpec, read_days
from app.settings import Settings
from app.settings_limits import dollars, risk_limits
from app.views import algorithm_views
from app.volume_curves import configured_curves
from ports.commands import NORMAL
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.values import StrategyId, parse_decimal

PORT: Final = 8000
MOST_WORKERS: Final = 64
_GRACE_S: Final = 2.0


def serve_backtests(settings: Settings, port: int, at_once: int, say: Callable[[str], None]) -> int:
    """Serve until SIGINT or SIGTERM, `at_once` replays at a time; returns the exit code.

    Raises:
        InvalidInputError: a record of the state folder is damaged, the host needs tokens, or the port is taken.
    """
    return uvloop.run(_serve(settings, port, at_once, say))


async def _serve(settings: Settings, port: int, at_once: int, say: Callable[[str], None]) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    jobs = ReplayJobs(JobFiles(settings.state_dir), lambda given: read_request(given, settings), at_once)
    doors = settings.doors
    auth = authenticator(doors, ServiceTelemetry(CollectorRegistry()))
    door = ReplayDoor(jobs, auth, doors.host, port, doors.hosts, version("livexec"), tls_of(doors), algorithm_views())
    try:
        opened = await door.start()
    except OSError as taken:
        reason = taken.strerror or str(taken)
        raise InvalidInputError("--http-port", port, f"{reason}; free that port, or choose another") from taken
    jobs.begin_working()
    say(f"the backtest service is up: http://{doors.host}:{opened}")
    await stop.wait()
    await door.stop(_GRACE_S)
    await jobs.stop()
    say("stopped; what was not done goes on at the next start")
    return 0


def read_request(given: Mapping[str, Any], settings: Settings) -> tuple[ReplaySpec, int]:
    """Read what `POST /api/replays` was given: a replay, and how many processes are to work it.

    Places that it does not name are the configured buckets.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    workers = int(given.get("workers", 1))
    if not 1 <= workers <= MOST_WORKERS:
        raise InvalidInputError("workers", workers, f"write 1 to {MOST_WORKERS}")
    size = given.get("size", "")
    spec = ReplaySpec(
        signals=given.get("signals") or _place(settings, settings.gcs.signals_bucket or settings.gcs.execution_bucket),
        ticks=given.get("ticks") or _place(settings, settings.gcs.market_data_bucket),
        out=given.get("out") or _place(settings, settings.gcs.execution_bucket),
        definitions=given.get("definitions") or _place(settings, settings.gcs.instruments_bucket),
        days=read_days(given.get("days", "")),
        strategies=tuple([StrategyId(each) for each in given.get("strategies", ())]),
        instruments=tuple([InstrumentKey(each) for each in given.get("instruments", ())]),
        size=parse_decimal("size", size) if size else None,
        exec_algorithm=given.get("exec_algorithm") or NORMAL,
        exec_algorithm_params=dict(given.get("exec_algorithm_params", {})),
        seed=int(given.get("seed", 0)),
        start_value_usd=dollars(settings.paper.starting_balances),
        limits=risk_limits(settings),
        volume_curves=tuple(configured_curves(settings)),
        markout_secs=settings.results.markout_secs,
        endpoint=settings.gcs.endpoint,
    )
    return spec, workers


def _place(settings: Settings, bucket: str) -> str:
    return f"gs://{bucket}" if settings.gcs.use_direct else open_bucket(settings, bucket).where
