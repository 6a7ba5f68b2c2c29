"""What the replay bench measures: the same day each time, and our way finds what the whole file has.

That the libraries find the same rows, the bench sees to itself, in every round.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient
from app.bench.replay_day import DAY_NS, INTERVALS, PATH, SIGNALS, day_file, signal_windows
from app.bench.replay_readers import BUCKET, ours, whole_file
from app.bench.replay_work import bench_throughput

from contract.object_store.stores import AT_ONCE
from fakes.gcs.fake import FakeGcs, running_gcs

TRADES = 120_000


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return day_file(tmp_path_factory.mktemp("day"), TRADES, lambda line: None)


@pytest.fixture
def fake() -> Iterator[FakeGcs]:
    with running_gcs(BUCKET) as running:
        yield running


def test_the_day_is_in_order_within_the_day_and_the_same_every_time(day: Path, tmp_path: Path) -> None:
    stamps = pq.read_table(day).column("local_timestamp").to_numpy()
    assert len(stamps) == TRADES
    assert (np.diff(stamps) >= 0).all()
    assert DAY_NS // 1_000 <= stamps[0] < stamps[-1] < DAY_NS // 1_000 + 86_400_000_000
    assert day_file(tmp_path, TRADES, lambda line: None).read_bytes() == day.read_bytes()
    assert day_file(tmp_path, TRADES, lambda line: pytest.fail("it is made once")).exists()


def test_the_signals_are_29_of_the_288_intervals() -> None:
    windows = signal_windows()
    assert len(set(windows)) == SIGNALS
    assert all((end - start) * INTERVALS == 86_400_000_000_000 for start, end in windows)


def test_ours_and_the_whole_file_have_the_same_rows(day: Path, fake: FakeGcs) -> None:
    fake.bucket(BUCKET).put(PATH, day.read_bytes(), {})
    client = GcsClient(fake.endpoint)
    store = GcsObjectStore(client, BUCKET, AT_ONCE)
    stamps = pq.read_table(day).column("local_timestamp").to_numpy().astype(object) * 1_000
    with asyncio.Runner() as runner:
        ways = {"ours": ours(store, runner), "whole": whole_file(store, runner)}
        for windows in (signal_windows()[:1], signal_windows()):
            wanted = sum(int(((stamps >= start) & (stamps < end)).sum()) for start, end in windows)
            assert wanted
            assert {way: read(windows) for way, read in ways.items()} == dict.fromkeys(ways, wanted)
    store.close()
    client.close()


@pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")
def test_a_replayed_day_fills_what_a_plain_node_does() -> None:
    found = {check["name"]: check for check in bench_throughput(3_000, rounds=1)["checks"]}
    assert found["quotes_seen"]["ok"]
    assert found["orders_filled_as_the_node"]["ok"]
    assert found["orders_filled_as_the_node"]["value"] == INTERVALS
