"""The same replay on processes of this machine and on a Dask cluster, and what becomes of a worker that dies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from app.replay import pool_of, run_replay
from ports.errors import InvalidInputError

from fakes.replays import DAYS, Here, spec_of, write_signals, write_ticks

pytestmark = pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    for day in DAYS:
        write_signals(root, day)
        write_ticks(root, day)
    return root


@pytest.fixture
def cluster() -> Iterator[str]:
    """A scheduler, and two workers that are processes of their own."""
    cluster: Any = LocalCluster
    with cluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as running:
        yield running.scheduler_address


def test_a_cluster_finds_what_this_process_does(recorded: Path, tmp_path: Path, cluster: str) -> None:
    found = run_replay(spec_of(recorded, tmp_path / "cluster"), partial(pool_of, 1, cluster))
    here = run_replay(spec_of(recorded, tmp_path / "here"), Here())
    assert found["ok"], found
    assert (found["summary"], found["run_id"]) == (here["summary"], here["run_id"])


def test_a_process_finds_what_this_process_does(recorded: Path, tmp_path: Path) -> None:
    found = run_replay(spec_of(recorded, tmp_path / "two"), partial(pool_of, 1))
    here = run_replay(spec_of(recorded, tmp_path / "here"), Here())
    assert found["ok"], found
    assert (found["summary"], found["worked_now"]) == (here["summary"], 2)


def test_a_scheduler_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.replay.pools._ANSWER_S", 0.2)
    with pytest.raises(InvalidInputError, match="--dask"), pool_of(1, "tcp://127.0.0.1:1"):
        pass
