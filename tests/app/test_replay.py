"""A replay: windows of signals worked by the core, results to the last digit, and nothing done twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from adapters.storage import LocalObjectStore, ReadResults, read_results, read_tca
from app.cli.entry import main
from app.replay import PREFIX, read_days, run_replay
from app.replay.market import stretches
from app.replay.planning import plan_replay
from ports.algorithms import VolumeCurve
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import InstrumentKey
from ports.market_data import VolumeProfile

from fakes.gcs.fake import running_gcs
from fakes.replays import DAYS, PERPETUAL, SIGNALS, Here, day_us, spec_of, write_signals, write_ticks

# Nautilus's engine asks pandas for the time in a way that pandas will drop.
pytestmark = pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")
CHANGES = 4  # of the day's signals
UNSEEN = ("limits_hold", "halt_holds")  # no limit and no halt is set


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    for day in DAYS:
        write_signals(root, day)
        write_ticks(root, day)
    return root


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def told(recorded: Path, out: Path) -> Mapping[str, Any]:
    return run_replay(spec_of(recorded, out), Here())


def read_back(out: Path, told: Mapping[str, Any]) -> ReadResults:
    return asyncio.run(read_results(LocalObjectStore(out), PREFIX, told["run_id"]))


def test_every_change_of_direction_is_one_order_and_the_rest_is_nothing(told: Mapping[str, Any], out: Path) -> None:
    results = read_back(out, told)
    assert told["ok"], told
    assert (told["signals"], told["windows"], told["not_traded"]) == (len(SIGNALS) * 2, CHANGES * 2, {})
    parents = [row for row in results.orders if not row["parent_id"]]
    assert [row["side"] for row in parents] == ["BUY", "SELL", "BUY", "BUY"] * 2
    assert [row["amount"] for row in parents] == [0.5, 1.0, 0.5, 0.5] * 2
    assert {row["status"] for row in results.orders} == {"FILLED"}
    assert len(results.fills) == 4 * CHANGES * 2
    assert len({row["fill_id"] for row in results.fills}) == len(results.fills)


def test_from_bucket_to_bucket_it_is_the_same(
    recorded: Path, out: Path, told: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with running_gcs("signals", "ticks", "results") as cloud:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.endpoint)
        for name, top in (("signals", "signals"), ("ticks", "raw_tick_data")):
            for path in (recorded / top).rglob("*.parquet"):
                cloud.bucket(name).put(path.relative_to(recorded).as_posix(), path.read_bytes(), {})
        spec = replace(
            spec_of(recorded, out),
            signals="gs://signals",
            ticks="gs://ticks",
            out="gs://results",
            endpoint=cloud.endpoint,
        )
        found = run_replay(spec, Here())
        assert main(["results", found["run_id"], "--out", "gs://results", "--json"]) == 0
        read = json.loads(capsys.readouterr().out)
        again = run_replay(spec, Here(until=0))
        written = sorted(cloud.bucket("results").objects)
    assert (found["ok"], found["summary"]) == (True, told["summary"])
    results = read_back(out, told)
    assert [row["fill_id"] for row in read["fills"]] == [row["fill_id"] for row in results.fills]
    assert f"{PREFIX}/{found['run_id']}/tca.parquet" in written
    assert (again["worked_now"], again["run_id"]) == (0, found["run_id"])


def test_only_the_windows_of_the_signals_are_read(told: Mapping[str, Any]) -> None:
    assert told["quotes"] == CHANGES * 2 * 150  # five minutes each, a quote every two seconds


def test_profit_fees_and_equity_are_right_to_the_last_digit(told: Mapping[str, Any], out: Path) -> None:
    hold_to_the_last_digit(read_back(out, told))


def test_a_recorded_market_is_replayed_and_recomputed(shared_data: Path, tmp_path: Path) -> None:
    # The recording has five minutes and a half from 23:54:15 on; the interval of 23:55 is the last of the day.
    write_signals(tmp_path, DAYS[1], ((287, 1),), params='{"horizon_secs": 60, "intervals": 6}')
    ticks = str(shared_data / "recorded")
    found = run_replay(spec_of(tmp_path, tmp_path / "out", ticks=ticks, days=DAYS[1:]), Here())
    results = read_back(tmp_path / "out", found)
    assert found["ok"], found
    assert all(each["examined"] for name, each in found["invariants"].items() if name not in UNSEEN)
    assert sum(row["quantity"] for row in results.fills) == pytest.approx(0.5)
    hold_to_the_last_digit(results)


def hold_to_the_last_digit(results: ReadResults) -> None:
    """Hold every point of the equity, and the summary, against what the fills and marks alone come to."""
    recomputed = equity_by_pandas(results)
    assert len(recomputed) == len(results.equity) > 20
    for row, (value, fees, held) in zip(results.equity, recomputed, strict=True):
        assert Fraction(row["portfolio_value_exact"]) == value
        assert Fraction(row["fees"]) == fees
        assert Fraction(row["position_exact"]) == held
    figures = results.summary["summary"]
    values = pd.Series([value for value, _, _ in recomputed])
    assert Fraction(figures["pnl"]) == values.iloc[-1]
    assert Fraction(figures["max_drawdown"]) == (values.cummax() - values).max()
    assert Fraction(figures["fees"]) == recomputed[-1][1]


def equity_by_pandas(results: ReadResults) -> list[tuple[Fraction, Fraction, Fraction]]:
    """Return value, fees and position at every point, from the fills and the points' marks alone; each day is flat."""
    fills = pd.DataFrame(results.fills)
    fills["signed"] = [Fraction(row.quantity_exact) * (1 if row.side == "BUY" else -1) for row in fills.itertuples()]
    fills["cash"] = [
        -row.signed * Fraction(row.price_exact) - Fraction(row.fee) for row in fills.itertuples()
    ]  # fmt: skip
    fills["day"] = pd.to_datetime(fills["timestamp"], unit="ns").dt.date
    rows = Counter(row["timestamp"] for row in results.equity)
    ended, last_day, last_value = Fraction(0), None, Fraction(0)
    points = []
    for row in results.equity:
        at_ns = row["timestamp"]
        rows[at_ns] -= 1
        day = pd.Timestamp(at_ns).date()
        if day != last_day:
            ended, last_day = ended + last_value, day
        # Of the points of one time, each of the last ones is made by a fill.
        known = fills[(fills["timestamp"] < at_ns) | (fills["timestamp"] == at_ns)]
        known = known[: len(known) - min(rows[at_ns], int((fills["timestamp"] == at_ns).sum()))]
        today = known[known["day"] == day]
        held = sum(today["signed"], Fraction(0))
        last_value = sum(today["cash"], Fraction(0)) + held * Fraction(row["price_exact"] or 0)
        fees = sum((Fraction(fee) for fee in known["fee"]), Fraction(0))
        points.append((ended + last_value, fees, held))
    return points


def test_results_are_read_back_by_the_command(
    told: Mapping[str, Any], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["results", told["run_id"], "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (traded,) = document["by_strategy"]
    assert document["summary"]["summary"] == told["summary"]
    assert (traded["fills"], traded["traded"], traded["fees"]) == (len(document["fills"]), "5", told["summary"]["fees"])
    assert main(["results", told["run_id"], "--out", str(out)]) == 0
    assert told["summary"]["pnl"] in capsys.readouterr().out
    assert main(["results", "NOBODY", "--out", str(out)]) == 1


def test_a_run_has_a_page_that_shows_its_figures_and_asks_nobody(
    told: Mapping[str, Any],
    out: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["results", told["run_id"], "--out", str(out), "--html", "--json"]) == 0
    where = Path(json.loads(capsys.readouterr().out)["html"])
    assert where == tmp_path / f"results-{told['run_id']}.html"
    text = where.read_text(encoding="utf-8")
    results = read_back(out, told)
    assert f"{Decimal(told['summary']['pnl']):,.2f}" in text
    assert all(order["operation_id"] in text for order in results.orders)
    assert "default-src 'none'" in text
    plots = json.loads(text.rpartition("const PLOTS = ")[2].partition("; const CONFIG")[0])
    value, drawdown = plots["plot-0-0"]["data"][0], plots["plot-1-0"]["data"][0]
    assert value["y"][-1] == float(results.equity[-1]["portfolio_value_exact"])
    assert -min(drawdown["y"]) == float(told["summary"]["max_drawdown"])
    bought, sold = plots["plot-4-0"]["data"]
    assert len(bought["x"]) + len(sold["x"]) == len(results.fills)


def test_every_order_is_measured_beside_the_market_of_its_window(
    told: Mapping[str, Any], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tca", str(out / PREFIX / told["run_id"]), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    results = read_back(out, told)
    assert {row["operation_id"] for row in report["orders"]} == {row["operation_id"] for row in results.orders}
    assert {row["unmeasured"] for row in report["orders"]} == {""}
    (whole,) = report["whole"]
    assert (whole["orders"], whole["measured"]) == (CHANGES * 2, CHANGES * 2)
    assert Fraction(whole["fees_usd"]) == Fraction(told["summary"]["fees"])
    for row in report["orders"]:
        sign = 1 if row["side"] == "BUY" else -1
        own = [
            row["operation_id"],
            *[one["operation_id"] for one in results.orders if one["parent_id"] == row["operation_id"]],
        ]
        fills = [fill for fill in results.fills if fill["operation_id"] in own]
        assert Fraction(row["arrival_price"]) == mid_at(row["arrived_ns"])
        for seconds in (1, 10, 60):
            moved = sum(
                sign
                * Fraction(fill["quantity_exact"])
                * (mid_at(fill["timestamp"] + seconds * 10**9) - Fraction(fill["price_exact"]))
                for fill in fills
            )
            assert Fraction(row[f"markout_{seconds}s"]["amount"]) == moved


def test_a_vwap_follows_the_volume_curve_of_its_instrument(recorded: Path, tmp_path: Path) -> None:
    write_signals(tmp_path, DAYS[0], ((2, 1),), params='{"horizon_secs": 240, "intervals": 4}', algorithm="VWAP")
    volumes = [Decimal(1)] * 1_440
    volumes[10:14] = map(Decimal, (1, 2, 3, 4))  # of the minutes from 00:10 on
    profile = VolumeProfile(
        instrument=InstrumentKey(PERPETUAL),
        curve=VolumeCurve(bucket_ns=60 * 10**9, volumes=tuple(volumes)),
        made_of="a test",
    )
    given = {"signals": str(tmp_path), "days": DAYS[:1], "size": Decimal(1)}
    found = {
        name: read_back(
            tmp_path / name, run_replay(spec_of(recorded, tmp_path / name, **given, volume_curves=curves), Here())
        )
        for name, curves in (("curve", (profile,)), ("none", ()))
    }
    quantities = {name: [row["quantity"] for row in results.fills] for name, results in found.items()}
    assert quantities["none"] == [0.25] * 4
    assert quantities["curve"] == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=0.002)  # it begins a moment into its minute


def test_of_the_time_after_a_window_its_costs_know_nothing(recorded: Path, tmp_path: Path) -> None:
    # A part every five seconds until the 290th; of the market, 310 seconds are read.
    write_signals(tmp_path, DAYS[0], ((2, 1),), params='{"horizon_secs": 295, "intervals": 59}')
    spec = spec_of(recorded, tmp_path / "out", signals=str(tmp_path), days=DAYS[:1], size=Decimal("0.59"))
    run = run_replay(spec, Here())["run_id"]
    tca = asyncio.run(read_tca(LocalObjectStore(tmp_path / "out"), f"{PREFIX}/{run}"))
    (parent,) = [row for row in tca.rows if row.is_parent]
    known = {each.seconds: each.quantity for each in parent.markouts}
    assert known == {1: Decimal("0.59"), 10: Decimal("0.59"), 60: Decimal("0.5")}  # of the first 250 seconds
    assert parent.unmeasured == ""


def mid_at(at_ns: int) -> Fraction:
    """Return the mid of the quotes that were written, by their rule alone."""
    day_ns = day_us(DAYS[0]) * 1_000
    number = (at_ns - day_ns) % (24 * 3_600 * 10**9) // 10**6 - 100
    number //= 2_000
    return Fraction(str(50_000.0 + number // 40 + (number % 7) / 10)) + Fraction(1, 20)


def test_what_is_done_is_not_done_again(told: Mapping[str, Any], recorded: Path, out: Path) -> None:
    nobody = Here(until=0)
    again = run_replay(spec_of(recorded, out), nobody)
    assert (again["worked_now"], again["run_id"], again["summary"]) == (0, told["run_id"], told["summary"])


def test_killed_half_way_it_does_only_what_was_left(recorded: Path, tmp_path: Path, told: Mapping[str, Any]) -> None:
    spec = spec_of(recorded, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_replay(spec, Here(until=1))
    second = Here()
    found = run_replay(spec, second)
    assert (second.worked, found["worked_now"]) == (1, 1)
    assert found["summary"] == told["summary"]
    assert rows_of(read_back(tmp_path, found)) == rows_of(read_back(tmp_path, told))


def rows_of(results: ReadResults) -> tuple[object, ...]:
    return (results.orders, results.fills, results.positions, results.equity)


def test_the_same_seed_draws_the_same_and_another_one_does_not(recorded: Path, tmp_path: Path) -> None:
    params = '{"horizon_secs": 120, "intervals": 4, "time_jitter_pct": 80}'
    write_signals(tmp_path, DAYS[0], SIGNALS[:1], params=params)
    orders = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 5)):
        spec = spec_of(recorded, tmp_path / name, signals=str(tmp_path), days=DAYS[:1], seed=seed)
        orders[name] = read_back(tmp_path / name, run_replay(spec, Here())).orders
    assert orders["a"] == orders["b"]
    assert [row["timestamp"] for row in orders["a"]] != [row["timestamp"] for row in orders["c"]]


def test_a_day_that_fails_is_told_and_mended_without_the_others(recorded: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "in", tmp_path / "out"
    for day in DAYS:
        write_signals(root, day)
        write_ticks(root, day)
    whole = write_ticks(root, DAYS[1]).read_bytes()
    write_ticks(root, DAYS[1]).write_bytes(whole[:-100])
    spec = spec_of(root, out)
    broken = run_replay(spec, Here())
    assert not broken["ok"]
    assert [DAYS[1] in each["name"] and "no whole parquet file" in each["error"] for each in broken["failed"]] == [True]
    assert broken["summary"]["fills"] == 4 * CHANGES
    write_ticks(root, DAYS[1])
    only = Here()
    mended = run_replay(spec, only)
    assert mended["ok"]
    assert (only.worked, mended["run_id"], mended["failed"]) == (1, broken["run_id"], [])
    results = read_back(out, mended)
    assert results.summary["summary"]["fills"] == len(results.fills) == 4 * CHANGES * 2


def test_a_day_without_signals_or_ticks_is_told(recorded: Path, tmp_path: Path) -> None:
    write_signals(tmp_path, DAYS[0])
    days = read_days("2024-08-07,2024-08-09")
    found = run_replay(spec_of(tmp_path, tmp_path / "out", days=days), Here())
    errors = {each["name"].split("/")[0]: each["error"] for each in found["failed"]}
    assert "data_type-book_snapshot_5" in errors[DAYS[0]]
    assert "signals/by_date/day-2024-08-09" in errors["2024-08-09"]
    assert found["summary"]["orders"] == 0


def test_depth_stands_in_where_no_quotes_are(recorded: Path, tmp_path: Path, told: Mapping[str, Any]) -> None:
    write_signals(tmp_path, DAYS[0])
    write_ticks(tmp_path, DAYS[0], kind="book_snapshot_5")
    found = run_replay(spec_of(tmp_path, tmp_path / "out", days=DAYS[:1]), Here())
    assert (found["quotes"] * 2, found["summary"]["fills"] * 2) == (told["quotes"], told["summary"]["fills"])


def test_a_window_in_which_nothing_was_quoted_trades_nothing_and_says_so(recorded: Path, tmp_path: Path) -> None:
    write_signals(tmp_path, DAYS[0], ((2, 1), (200, -1)))
    spec = spec_of(recorded, tmp_path / "out", signals=str(tmp_path), days=DAYS[:1])
    found = run_replay(spec, Here())
    assert (found["windows"], found["not_traded"]) == (2, {"NO_MARKET": 1})


def test_what_is_there_is_found_without_being_named(recorded: Path, told: Mapping[str, Any], out: Path) -> None:
    spec = spec_of(recorded, out, days=(), strategies=())
    plan = asyncio.run(plan_replay(spec, LocalObjectStore(recorded)))
    assert (plan.run_id, plan.spec.days) == (told["run_id"], DAYS)


def test_a_signal_without_a_size_is_refused(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="--size"):
        run_replay(spec_of(recorded, tmp_path, size=None), Here())


def test_nothing_to_replay_is_no_replay(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissingError, match="signals/by_date"):
        run_replay(spec_of(tmp_path, tmp_path, days=(), strategies=()), Here())


def test_a_window_is_as_long_as_its_horizon_and_those_that_meet_are_one(recorded: Path, tmp_path: Path) -> None:
    write_signals(tmp_path, DAYS[0], ((0, 1), (1, -1), (4, 1), (287, 0)), params='{"horizon_secs": 400}')
    spec = spec_of(recorded, tmp_path, signals=str(tmp_path), days=DAYS[:1])
    (task,) = asyncio.run(plan_replay(spec, LocalObjectStore(tmp_path))).tasks
    lengths = [(each.end_ns - each.start_ns) // 10**9 for each in stretches(task)]
    assert lengths == [300 + 415, 415, 300]  # the last one ends with its day


@pytest.mark.parametrize("text", ["2024-8", "2024-08-08..2024-08-07", "yesterday", "1900-01-01..2024-01-01"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="days"):
        read_days(text)


def test_days_are_read_in_order_each_once() -> None:
    assert read_days("2024-08-30..2024-09-01, 2024-08-31,2024-08-01") == (
        "2024-08-01", "2024-08-30", "2024-08-31", "2024-09-01",
    )  # fmt: skip
    assert Decimal(len(read_days(""))) == 0
