"""Volume curves are averages of recorded days, and what is no curve is refused by name."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.storage import LocalObjectStore
from app.bench.tracking import bench_tracking
from app.tick_files import Place
from app.volume_curves import make_curves, read_curves
from ports.errors import InvalidInputError, ObjectMissingError

from fakes.recordings import PERPETUAL, START_US, file_of, record, trades

DAY_US = 86_400_000_000
MIDNIGHT_US = START_US // DAY_US * DAY_US
HOUR_US = 3_600_000_000


def place(root: Path) -> Place:
    return Place(LocalObjectStore(root), "")


def silent(_: str) -> None:
    """Tell nobody."""


def a_day(root: Path, day: int, *rows: tuple[int, float]) -> None:
    """Record trades of a day (0 is the eighth of August): hour and amount."""
    since_us = MIDNIGHT_US + day * DAY_US - START_US
    columns = trades(*((since_us + hour * HOUR_US + 1, 100.0, amount, "buy") for hour, amount in rows))
    record(root, columns, kind="trades", key=PERPETUAL, day=f"2024-08-{8 + day:02}")


async def test_a_curve_is_the_average_of_its_days_by_time_of_day(tmp_path: Path) -> None:
    a_day(tmp_path, 0, (0, 1.0), (0, 0.5), (23, 2.0))
    a_day(tmp_path, 1, (0, 0.5), (12, 3.0))
    found = await make_curves(place(tmp_path), tmp_path / "curves.json", 3_600, silent)
    assert found["ok"]
    (profile,) = read_curves(tmp_path / "curves.json")
    assert (profile.instrument, profile.made_of) == (PERPETUAL, "2 days, 2024-08-08 to 2024-08-09")
    traded = {hour: volume for hour, volume in enumerate(profile.curve.volumes) if volume}
    assert traded == {0: Decimal(1), 12: Decimal("1.5"), 23: Decimal(1)}
    assert profile.curve.bucket_ns * len(profile.curve.volumes) == DAY_US * 1_000
    assert found["curves"][0]["daily_volume"] == "3.5"


async def test_a_day_that_cannot_be_read_is_told_and_the_others_count(tmp_path: Path) -> None:
    a_day(tmp_path, 0, (1, 1.0))
    a_day(tmp_path, 1, (1, 1.0))
    file_of(tmp_path, kind="trades", key=PERPETUAL, day="2024-08-09").write_bytes(b"PAR1 no more")
    found = await make_curves(place(tmp_path), tmp_path / "curves.json", 3_600, silent)
    assert (found["ok"], [each["day"] for each in found["failed"]]) == (False, ["2024-08-09"])
    assert read_curves(tmp_path / "curves.json")[0].made_of == "2024-08-08"


async def test_where_nothing_traded_there_is_no_curve(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissingError, match="there are no trades"):
        await make_curves(place(tmp_path), tmp_path / "curves.json", 300, silent)


@pytest.mark.parametrize("bucket_s", [0, 7, 100_000])
async def test_a_bucket_that_does_not_divide_a_day_is_refused(tmp_path: Path, bucket_s: int) -> None:
    with pytest.raises(InvalidInputError, match="--bucket-secs"):
        await make_curves(place(tmp_path), tmp_path / "curves.json", bucket_s, silent)


async def test_curves_that_are_there_are_not_written_over(tmp_path: Path) -> None:
    a_day(tmp_path, 0, (1, 1.0))
    target = tmp_path / "curves.json"
    target.write_text("{}")
    with pytest.raises(InvalidInputError, match="it is there already"):
        await make_curves(place(tmp_path), target, 300, silent)


@pytest.mark.parametrize(
    "document",
    [
        "no json",
        "[]",
        json.dumps({PERPETUAL: {"bucket_secs": 3600, "volumes": ["1"], "made_of": "a day"}}),
        json.dumps({PERPETUAL: {"bucket_secs": 43200, "volumes": ["1", "-1"], "made_of": "a day"}}),
        json.dumps({PERPETUAL: {"bucket_secs": 43200, "volumes": [1, 2], "made_of": "a day"}}),
        json.dumps({PERPETUAL: {"bucket_secs": 43200, "made_of": "a day"}}),
        json.dumps({"NOWHERE": {"bucket_secs": 43200, "volumes": ["1", "1"], "made_of": "a day"}}),
    ],
)
def test_a_file_that_is_no_curve_is_refused_by_name(tmp_path: Path, document: str) -> None:
    path = tmp_path / "curves.json"
    path.write_text(document)
    with pytest.raises(InvalidInputError):
        read_curves(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="it cannot be read"):
        read_curves(tmp_path / "nowhere.json")


def test_over_a_made_day_a_vwap_follows_the_volume_closer_than_a_twap() -> None:
    result = bench_tracking()
    assert result["ok"]
    day = result["generated_day"]
    assert day["VWAP"]["rms_pct"] < day["TWAP"]["rms_pct"] / 5
