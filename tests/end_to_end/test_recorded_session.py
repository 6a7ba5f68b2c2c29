"""`livexec demo --scenario session`, as a newcomer runs it: a thousand recorded orders and a kill -9, led again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.demo.recorded_session import ORDERS
from core.invariants import INVARIANTS
from end_to_end.process import run_command

WITHIN_S = 400.0  # twenty seconds of work, on a machine that may be at much else


@pytest.mark.slow
def test_a_killed_session_led_again_has_the_same_facts(tmp_path: Path) -> None:
    asked = ("demo", "--scenario", "session", "--json", "--out", tmp_path / "state")
    ended = run_command(*asked, folder=tmp_path, within_s=WITHIN_S)
    said = ended.document
    assert (ended.code, said["ok"], said["differences"]) == (0, True, []), [c for c in said["checks"] if not c["ok"]]
    assert said["orders"] > ORDERS  # and those around a halt
    assert said["processes"] == 2
    assert said["messages_of_trades"] < said["public_trades"]  # conflated before they were recorded
    assert 0 < said["quotes"] < said["messages"]
    assert {name for name, one in said["invariants"].items() if one["ok"] and one["examined"]} == set(INVARIANTS)
