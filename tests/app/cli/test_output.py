"""Results alone on stdout, long work as people read it, and progress that suits who watches."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from app.cli.failures import failure_of
from app.cli.output import to_json
from app.cli.progress import progress
from app.cli.tables import moment, shown, table
from app.cli.work import report
from app.cli.work_views import bench_text, demo_text
from ports.errors import NotYetVisibleError

NOISY = """
import os, sys
from app.cli.output import emit, note, results_alone
with results_alone():
    print("a library prints")
    os.write(1, b"compiled code logs\\n")
    note("a step")
emit({"ok": True}, "", as_json=True)
os.write(1, b"a logger's thread is late\\n")
"""
DEMO = {
    "ok": False,
    "orders": 3,
    "fills": 2,
    "by_status": {"FILLED": 2, "REJECTED": 1},
    "positions": [{"instrument_key": "OKX:SPOT_PAIR:BTC-USDT", "quantity": "0.5", "realized_pnl": "-1.25"}],
    "invariants": {"sent_once": {"ok": True, "examined": 3}, "never_overfilled": {"ok": False, "examined": 2}},
    "latency_us": {"p50": 170, "p99": 320},
    "results": "/there/live_results/X",
}
BENCH = {
    "ok": True,
    "checks": [{"name": "core_us", "value": 41.5, "limit": 60, "unit": "us", "ok": True}],
    "orders": 20_000,
}


def test_nothing_but_the_result_reaches_stdout_whoever_writes() -> None:
    source = str(Path(__file__).resolve().parents[3] / "src")
    done = subprocess.run(
        [sys.executable, "-c", NOISY], capture_output=True, text=True, env={"PYTHONPATH": source}, check=True
    )
    assert json.loads(done.stdout) == {"ok": True}
    for line in ("a library prints", "compiled code logs", "a step", "a logger's thread is late"):
        assert line in done.stderr


def test_a_demo_is_told_with_every_invariant_and_count() -> None:
    lines = demo_text(DEMO).splitlines()
    assert "orders   3" in lines
    assert "results  /there/live_results/X" in lines
    assert "  never_overfilled" not in lines
    assert any(line.split() == ["no", "never_overfilled", "2"] for line in lines)
    assert any(line.split() == ["REJECTED", "1"] for line in lines)
    assert any("OKX:SPOT_PAIR:BTC-USDT" in line and "-1.25" in line for line in lines)
    assert "  p50  170" in lines


def test_routes_are_told_line_by_line_and_no_more_than_three_of_them() -> None:
    lines = demo_text({"ok": True, "explained": [[f"split: {n}", "  BUY 1 at OKX"] for n in range(4)]}).splitlines()
    assert lines[-6:] == [
        "  split: 0",
        "    BUY 1 at OKX",
        "  split: 1",
        "    BUY 1 at OKX",
        "  split: 2",
        "    BUY 1 at OKX",
    ]


def test_a_benchmark_is_told_check_by_check_with_its_limit() -> None:
    lines = bench_text(BENCH).splitlines()
    assert lines[1].split() == ["yes", "core_us", "41.5", "60", "us"]
    assert lines[-1] == "ok: every check within its limit"
    assert bench_text({**BENCH, "ok": False}).endswith("not ok: a check is beyond its limit")


def test_work_that_proves_something_exits_1_where_it_is_not_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(DEMO, "told", as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == DEMO
    assert report(BENCH, "told", as_json=False) == 0
    assert capsys.readouterr().out == "told\n"


def test_progress_is_plain_lines_where_nobody_watches_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as tell:
        tell("reading the journal")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "reading the journal\n")


def test_progress_moves_in_one_place_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        tell("reading [the] journal")
    assert "reading [the] journal" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()


class Terminal(io.StringIO):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


def test_a_table_is_aligned_never_cut_and_empty_where_a_row_has_nothing() -> None:
    long = "x" * 300
    assert table([{"a": 1, "b": long}, {"a": None}], ("a", "b")) == f"a  b\n1  {long}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (Decimal("1E+3"), "1000"), ({"a": 1, "b": None}, "{a=1}"), ([], ""), ("a\tb\x00", "a\\tb\\x00")],
)
def test_values_are_shown_so_that_a_terminal_is_safe(value: object, text: str) -> None:
    assert shown(value) == text


def test_moments_keep_all_nine_digits() -> None:
    assert moment(1_800_000_000_123_456_789) == "2027-01-15T08:00:00.123456789Z"


def test_a_decimal_is_text_in_json_and_nothing_is_guessed() -> None:
    assert to_json({"a": Decimal("0.10"), "b": Path("x")}) == '{"a": "0.1", "b": "x"}'
    with pytest.raises(TypeError):
        to_json({"a": object()})


def test_every_expected_error_has_a_word_for_machines() -> None:
    assert failure_of(NotYetVisibleError("late")).reason_code == "NOT_YET_VISIBLE"
    missing = failure_of(FileNotFoundError(2, "No such file or directory", "/there"))
    assert (missing.reason_code, missing.message) == ("OS_ERROR", "/there: No such file or directory")
