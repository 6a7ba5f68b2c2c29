"""`livexec bench replay`: windows of a day from a bucket, beside the whole file and beside two libraries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient
from app.bench.gcs_fake import REPOSITORY, GcsProcess, gcs_process
from app.bench.replay_day import PATH, day_file, signal_windows
from app.bench.replay_readers import BUCKET, Read, Windows, arrow_ways, gcsfs_ways, ours, whole_file
from app.checks import Check, as_json
from ports.errors import LivexecError

_TRADES: Final = 6_000_000
_ROUNDS: Final = 7
_OURS, _WHOLE = "livexec", "whole file"
_LINKS: Final[Mapping[str, tuple[float, float]]] = {"loopback": (0.0, 0.0), "15ms_400mbps": (0.015, 400e6)}
# What must be saved against the whole file: bytes and time.
_LEAST: Final[Mapping[str, tuple[float, float]]] = {"window": (0.99, 0.97), "day": (0.90, 0.85)}

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of reading, over all rounds."""

    way: str
    times_s: Sequence[float]
    sent_bytes: float  # a round, on average
    requests: float

    @property
    def time_s(self) -> float:
        """The middle one."""
        return median(self.times_s)


class DisagreeError(LivexecError):
    """Two ways of reading the same windows found different rows: no figure would mean anything."""


def bench_replay(trades: int = _TRADES, progress: Progress = lambda line: None) -> dict[str, Any]:
    """Read one window, and then all 29 of a day, in every way, interleaved, on loopback and on a slow link.

    Every reading begins without a footer; connections are warm. Bytes are counted where they are sent.

    Raises:
        InvalidInputError: this is no checkout of the repository.
        DisagreeError: two ways found different rows.
    """
    path = day_file(REPOSITORY / "build" / "bench", trades, progress)
    with gcs_process(BUCKET) as fake, asyncio.Runner() as runner:
        client = GcsClient(fake.endpoint)
        store = GcsObjectStore(client, BUCKET)
        try:
            runner.run(store.upload(PATH, path))
            ways: dict[str, dict[str, Read]] = {
                _OURS: {_OURS: ours(store, runner)},
                _WHOLE: {_WHOLE: whole_file(store, runner)},
                "pyarrow": dict(arrow_ways(fake.address)),
            }
            if (others := gcsfs_ways(fake.endpoint)) is not None:
                ways["gcsfs"] = dict(others)
            checks: list[Check] = []
            figures = {
                link: {name: _scenario(fake, ways, name, link, checks, progress) for name in _LEAST} for link in _LINKS
            }
        finally:
            store.close()
            client.close()
    found = {
        "ok": all(check.ok for check in checks),
        "trades": trades,
        "file_bytes": path.stat().st_size,
        **figures,
        "checks": as_json(checks),
    }
    if "gcsfs" not in ways:
        found["not_measured"] = "gcsfs: install the dependency group `bench`"
    return found


def _scenario(
    fake: GcsProcess,
    ways: Mapping[str, Mapping[str, Read]],
    name: str,
    link: str,
    checks: list[Check],
    progress: Progress,
) -> dict[str, Any]:
    fake.set_link(*_LINKS[link])
    every = signal_windows()
    # Another window every round, so that none is special; the same one for every way.
    rounds: Sequence[Windows] = [[every[at * 4]] if name == "window" else every for at in range(_ROUNDS)]
    best = {library: _best(settings, rounds[0]) for library, settings in ways.items()}
    measured = _measure(fake, best, rounds)
    mine, whole = measured[_OURS], measured[_WHOLE]
    least_bytes, least_time = _LEAST[name]
    bytes_saved = 1 - mine.sent_bytes / whole.sent_bytes
    time_saved = 1 - mine.time_s / whole.time_s
    better = min(
        (each for library, each in measured.items() if library not in (_OURS, _WHOLE)), key=lambda each: each.time_s
    )
    over = mine.time_s / better.time_s
    checks += [
        Check.at_least(f"{name}_bytes_saved_{link}", bytes_saved, least_bytes, "of the whole file"),
        Check.at_least(f"{name}_time_saved_{link}", time_saved, least_time, "of the whole file's"),
        Check.at_most(f"{name}_time_over_better_library_{link}", over, 1.0, "times"),
    ]
    saved = f"{bytes_saved:.1%} of the bytes and {time_saved:.1%} of the time saved"
    progress(f"{link}, {name}: {saved}; {over:.2f} of {better.way}")
    return {library: _figures(each) for library, each in measured.items()}


def _best(settings: Mapping[str, Read], windows: Windows) -> tuple[str, Read]:
    """Return a library's fastest setting for these windows, each tried twice, the first time to warm up."""
    taken: dict[str, float] = {}
    for way, read in settings.items():
        if len(settings) > 1:
            read(windows)
        taken[way] = _timed(read, windows)[0]
    way = min(taken, key=taken.__getitem__)
    return way, settings[way]


def _measure(
    fake: GcsProcess, ways: Mapping[str, tuple[str, Read]], rounds: Sequence[Windows]
) -> Mapping[str, Measured]:
    times: dict[str, list[float]] = {library: [] for library in ways}
    sent = dict.fromkeys(ways, 0)
    asked = dict.fromkeys(ways, 0)
    for windows in rounds:
        rows = set()
        for library, (_, read) in ways.items():
            fake.forget()
            seconds, found = _timed(read, windows)
            times[library].append(seconds)
            sent[library] += fake.sent_bytes(PATH)
            asked[library] += fake.requests()
            rows.add(found)
        if len(rows) != 1:
            raise DisagreeError(f"the ways of reading found {sorted(rows)} rows")
    count = len(rounds)
    return {
        library: Measured(way, times[library], sent[library] / count, asked[library] / count)
        for library, (way, _) in ways.items()
    }


def _timed(read: Read, windows: Windows) -> tuple[float, int]:
    began = time.perf_counter()
    rows = read(windows)
    return time.perf_counter() - began, rows


def _figures(measured: Measured) -> dict[str, Any]:
    return {
        "way": measured.way,
        "ms": round(measured.time_s * 1e3, 2),
        "worst_ms": round(max(measured.times_s) * 1e3, 2),
        "sent_bytes": round(measured.sent_bytes),
        "requests": round(measured.requests, 1),
    }
