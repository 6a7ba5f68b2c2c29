"""`livexec demo --scenario risk` and `livexec halt --drill`, as a newcomer runs them."""

from pathlib import Path

import pytest

from core.invariants import INVARIANTS
from core.risk.registry import BY_NAME
from end_to_end.process import run_command
from ports.commands import HaltMode, HaltScope

WITHIN_S = 400.0  # twenty seconds of work, on a machine that may be at much else


@pytest.mark.slow
def test_every_rule_and_every_branch_of_the_kill_tree_is_shown_over_a_kill(tmp_path: Path) -> None:
    asked = ("demo", "--scenario", "risk", "--json", "--out", tmp_path / "state")
    ended = run_command(*asked, folder=tmp_path, within_s=WITHIN_S)
    said = ended.document
    assert (ended.code, said["ok"]) == (0, True), [one for one in said["checks"] if not one["ok"]]
    assert [rule["rule"] for rule in said["rules"]] == list(BY_NAME)
    branches = {(one["scope"], one["mode"]) for one in said["kill_tree"] if one["ok"]}
    assert branches == {(scope, mode) for scope in HaltScope for mode in HaltMode}
    assert all(said["after_the_kill"].values())
    assert {one["scope"] for one in said["flattened"] if one["restarts"] in (0, 1)} == set(HaltScope)
    assert {name for name, one in said["invariants"].items() if one["ok"] and one["examined"]} == set(INVARIANTS)


@pytest.mark.slow
def test_a_drill_times_every_round_and_halts_nothing_that_runs(tmp_path: Path) -> None:
    ended = run_command("halt", "--drill", "--rounds", "1", "--json", folder=tmp_path, within_s=WITHIN_S)
    said = ended.document
    assert (ended.code, said["ok"]) == (0, True), said["checks"]
    (one,) = said["flattened"]
    assert (one["positions"], one["orders"]) == (8, 8)
    assert 0 < one["took_ms"] == said["time_to_flat_ms"]["max"]
    assert {name for name, one in said["invariants"].items() if one["ok"] and one["examined"]} == set(INVARIANTS)
