"""`livexec demo --scenario venues` and `three-worlds`: live adapters at once, and the venues' count against ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.demo import run_venues_scenario, run_worlds_scenario
from app.simulated.process import simulators
from core.invariants import INVARIANTS
from end_to_end.process import run_command
from ports.errors import InvalidInputError


@pytest.mark.slow
def test_all_four_venues_trade_at_once_and_count_what_we_count(tmp_path: Path) -> None:
    """A small share of it: whoever calls the command gets ten times as many orders."""
    said = run_venues_scenario(out=tmp_path, share=0.25)
    of_the_whole = ("orders", "orders_at_venues")
    assert [one for one in said["checks"] if not one["ok"] and one["name"] not in of_the_whole] == [], said["findings"]
    assert {one["name"]: one["value"] for one in said["checks"]}["orders_at_venues"] > 0
    assert said["invariants"].keys() == INVARIANTS.keys()
    assert all(one["ok"] for one in said["invariants"].values())
    assert set(said["by_venue"]) == {"BINANCE-SPOT-MAIN", "BINANCE-FUTURES-MAIN", "BYBIT-MAIN", "OKX-MAIN"}


@pytest.mark.slow
def test_three_worlds_are_one_blotter_and_one_exposure_in_dollars(tmp_path: Path) -> None:
    said = run_worlds_scenario(out=tmp_path, rounds=1)
    assert [one for one in said["checks"] if not one["ok"]] == [], (said["surprises"], said["findings"])
    assert said["invariants"].keys() == INVARIANTS.keys()
    assert all(one["ok"] for one in said["invariants"].values())
    assert set(said["worth_usd"]) == {"BINANCE-FUTURES", "DERIBIT", "IBKR"}


def test_it_makes_its_own_market(tmp_path: Path) -> None:
    ended = run_command("demo", "--scenario", "venues", "--speed", "2", folder=tmp_path)
    assert ended.code == 2
    assert "its venues make their own market" in ended.stderr


def test_without_a_checkout_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="clone the repository"):
        simulators(tmp_path)
