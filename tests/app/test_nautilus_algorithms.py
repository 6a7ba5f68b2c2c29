"""In a plain Nautilus backtest our algorithms place, child by child, what the pure planner places by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ports.algorithms import EndReason, VolumeCurve
from ports.values import Side

from fakes.backtests import CLASSES, PRIMARY, Backtest, ByHand, Task, backtest, ticks
from fakes.nautilus_nodes import AMOUNT, run_backtest_node, run_trading_node

# Nautilus's engine asks pandas for the time in a way that pandas will drop.
pytestmark = pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")
MINUTE = {"horizon_secs": 60, "intervals": 6}
CURVE = VolumeCurve(bucket_ns=20 * 10**9, volumes=tuple(Decimal(1 + place % 3) for place in range(4_320)))
SCHEDULES = [
    Task(name="TWAP", params=MINUTE),
    Task(name="TWAP", params={"duration_sec": 60.0, "max_slices": 7, "size_jitter_pct": 40, "time_jitter_pct": 60}),
    Task(name="TWAP", params={**MINUTE, "passive_secs": "2.5", "catch_up": "now"}, side=Side.SELL),
    Task(name="TWAP", params={**MINUTE, "passive_secs": 4}, price="61790"),
    Task(name="TWAP", params={**MINUTE, "passive_secs": 9}, cancel_after_s=21.5),
    Task(name="IS", params={**MINUTE, "risk_aversion": 0.01, "volatility_pct": 3, "daily_volume": 10_000}),
    Task(name="ICEBERG", params={"visible_pct": 20}),
    Task(name="ICEBERG", params={"visible_pct": 20, "display_jitter_pct": 50}, price="61800", side=Side.SELL),
    Task(
        name="ICEBERG", price="61795",
        params={"display_amount": 0.1, "peg": "touch", "horizon_secs": 30, "at_end": "finish"},
    ),
]  # fmt: skip
BY_VOLUME = [
    Task(name="VWAP", params=MINUTE, curve=CURVE),
    Task(name="VWAP", params=MINUTE),
    Task(name="POV", params={"participation_pct": 10, "horizon_secs": 60}),
    Task(name="POV", params={"participation_pct": 5, "min_child": 0.01, "max_child": 0.05, "interval_secs": 2}),
]
SEEDS = (1, 2, 3)


def name_of(task: Any) -> str | None:
    return f"{task.name}-{task.side}-{len(task.params)}-{task.price}" if isinstance(task, Task) else None


def assert_same(made: Backtest, by_hand: ByHand) -> None:
    assert made.children == by_hand.placed
    assert made.filled == by_hand.filled
    assert (made.primary.status_string() == "CANCELED") == (by_hand.ending is not None)
    assert made.children


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("task", SCHEDULES, ids=name_of)
def test_children_are_those_of_the_planner_by_hand(task: Task, seed: int) -> None:
    data = ticks(80, seed=seed)
    made, by_hand = backtest(task, data), ByHand(task).run(data)
    assert_same(made, by_hand)
    assert made.asked == by_hand.asked


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("task", BY_VOLUME, ids=name_of)
def test_children_by_volume_are_those_of_the_planner_by_hand(task: Task, seed: int) -> None:
    data = ticks(80, seed=seed, trades=True)
    assert_same(backtest(task, data), ByHand(task).run(data))


def test_the_comparison_covers_children_of_every_kind() -> None:
    runs = [ByHand(task).run(ticks(80)) for task in SCHEDULES]
    placed = [each for run in runs for each in run.placed]
    assert {(each.price is None, each.immediate, each.post_only) for each in placed} == {
        (True, True, False),
        (False, True, False),
        (False, False, True),
        (False, False, False),
    }
    assert {run.ending.reason for run in runs if run.ending} >= {EndReason.COMPLETE, EndReason.CANCELED}


def test_the_primary_keeps_its_quantity_and_is_never_sent() -> None:
    made = backtest(Task(name="TWAP", params=MINUTE), ticks(80))
    assert made.primary.quantity.as_decimal() == made.filled == Decimal("0.6")
    assert made.primary.filled_qty == 0
    assert made.primary.venue_order_id is None


def test_a_primary_with_a_bad_parameter_is_denied_and_says_why() -> None:
    made = backtest(Task(name="TWAP", params={"horizon_secs": 60, "max_slice": 3}), ticks(10))
    assert made.primary.status_string() == "DENIED"
    reason = made.primary.last_event.reason
    assert reason.startswith(f"{PRIMARY}: exec_algorithm_params.max_slice '3' is not usable")
    assert "did you mean max_slices?" in reason
    assert made.children == []


def test_children_that_nautilus_denies_are_tried_again_later_each_time_from_the_very_first_on() -> None:
    made = backtest(Task(name="TWAP", params={**MINUTE, "intervals": 1}), ticks(80), halted=True)
    began_ns = made.children[0].placed_ns
    assert [(child.placed_ns - began_ns) // 10**9 for child in made.children] == [0, 1, 3, 7, 15, 31, 63]
    assert made.filled == 0


def test_children_that_nautilus_throttles_are_made_up_for() -> None:
    task = Task(name="TWAP", params={"horizon_secs": 10, "intervals": 10})
    made = backtest(task, ticks(40), max_order_submit_rate="1/00:00:02")
    assert made.filled == Decimal("0.6")
    assert {child.quantity for child in made.children} > {Decimal("0.06")}


def test_a_planner_is_asked_when_it_acts_and_not_at_every_quote() -> None:
    data = ticks(80, rate=2_000)
    made = backtest(Task(name="TWAP", params=MINUTE), data)
    assert len(data) > 100_000
    assert made.asked == 2 * len(made.children) == 12


def test_a_pegged_planner_is_asked_at_a_bounded_rate() -> None:
    data = ticks(80, rate=500)
    pegged = {"visible_pct": 100, "repeg_secs": 2, "peg": "touch"}
    made = backtest(Task(name="ICEBERG", params=pegged, price="61700"), data)  # its limit holds it below the touch
    assert len(data) > 20_000
    assert 10 < made.asked <= 3 * 80 / 2


def test_a_backtest_node_works_orders_by_every_class_that_its_configuration_names(tmp_path: Path) -> None:
    assert run_backtest_node(tmp_path) == dict.fromkeys(CLASSES, AMOUNT)


def test_a_trading_node_works_orders_by_every_class_that_its_configuration_names() -> None:
    assert run_trading_node() == dict.fromkeys(CLASSES, AMOUNT)
