"""`livexec bench venue` measures both sides in one run and says what it held against what."""

from __future__ import annotations

import pytest

from app.bench import bench_venue


@pytest.mark.slow
def test_every_figure_is_there_beside_its_reference_and_a_bare_commit() -> None:
    """How fast it is, the command says, on a quiet machine: here only that both ways were timed, forwards."""
    said = bench_venue(12)
    assert said["orders"] == 12
    for side in ("ours_us", "nautilus_alone_us"):
        for way in ("submit_to_socket", "trade_told_to_known"):
            assert 0 < said[side][way]["p50"] <= said[side][way]["p99"], (side, way)
    assert said["bare_commit_p50_us"] > 0
    assert {check["name"] for check in said["checks"]} == {"submit_overhead_p50_us", "fill_overhead_p50_us"}
