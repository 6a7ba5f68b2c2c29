"""`livexec ticks optimise`: files, folders and buckets; what is there stays, one bad file does not stop the rest."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fakes.command import Livexec
from fakes.gcs.fake import FakeGcs, running_gcs
from fakes.tick_days import trades_table

PLACE = "raw_tick_data/by_date/day-2023-11-15/data_type-trades"
GOOD = f"{PLACE}/OKX:SPOT_PAIR:BTC-USDT.parquet"
OTHER = f"{PLACE}/BYBIT:SPOT_PAIR:BTC-USDT.parquet"


@pytest.fixture
def fake() -> Iterator[FakeGcs]:
    with running_gcs("ticks", "new") as running:
        yield running


def written(path: Path, rows: int = 3_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(trades_table(rows, seed=rows), path)
    return path


def test_a_file_is_rewritten_into_a_file(livexec: Livexec, tmp_path: Path) -> None:
    old = written(tmp_path / "old.parquet")
    ran = livexec("ticks", "optimise", str(old), str(tmp_path / "new.parquet"), "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["ok"]) == (0, True)
    assert [each["rows"] for each in found["files"]] == [3_000]
    assert pq.read_table(tmp_path / "new.parquet").equals(pq.read_table(old))


def test_a_folder_is_rewritten_file_by_file_and_can_be_begun_again(livexec: Livexec, tmp_path: Path) -> None:
    written(tmp_path / "old" / GOOD)
    written(tmp_path / "old" / "elsewhere.parquet")
    (tmp_path / "old" / OTHER).write_bytes(b"PAR1")
    ran = livexec("ticks", "optimise", str(tmp_path / "old"), str(tmp_path / "new"), "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["ok"]) == (1, False)
    assert [each["path"] for each in found["files"]] == [GOOD]
    assert [each["path"] for each in found["failed"]] == [OTHER]
    assert OTHER in found["failed"][0]["error"]
    assert found["checks"] == [{"name": "failed", "value": 1, "limit": 0, "unit": "files", "ok": False}]
    written(tmp_path / "old" / OTHER, 2_000)
    again = json.loads(livexec("ticks", "optimise", str(tmp_path / "old"), str(tmp_path / "new"), "--json").out)
    assert (again["ok"], again["already_there"]) == (True, [GOOD])
    assert [each["rows"] for each in again["files"]] == [2_000]
    assert sorted(path.name for path in (tmp_path / "new").rglob("*") if path.is_file()) == sorted(
        Path(each).name for each in (GOOD, OTHER)
    )


def test_a_bucket_is_rewritten_into_another(
    livexec: Livexec, fake: FakeGcs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", fake.endpoint)
    fake.bucket("ticks").put(GOOD, written(tmp_path / "file").read_bytes(), {})
    ran = livexec("ticks", "optimise", "gs://ticks/raw_tick_data", "gs://new/better/raw_tick_data")
    assert ran.code == 0
    assert list(fake.bucket("new").objects) == [f"better/{GOOD}"]
    assert f"better/{GOOD}" in ran.out


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("old.parquet", "folder", "write a file for a file"),
        ("nothing", "folder", "there are no tick files"),
        ("gs://", "folder", "write gs://BUCKET/PATH"),
    ],
)
def test_what_cannot_be_done_is_told(
    livexec: Livexec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, target: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = livexec("ticks", "optimise", source, target)
    assert ran.code == 1
    assert said in ran.err
