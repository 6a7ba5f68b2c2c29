"""Parameters are read as users write them, and refused by name with the rule that they break."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.algos.iceberg import Iceberg, Peg
from core.algos.registry import ALGORITHMS, planner_of
from core.algos.twap import Twap
from ports.algorithms import ALGORITHM_NAMES, Market, Planner, Watch
from ports.errors import InvalidInputError
from ports.replies import InvalidOrder
from ports.values import Price, Side, parse_decimal

from fakes.parent_market import SECOND_NS, terms

TWAP = {"horizon_secs": "300"}


def read(name: str, params: dict[str, str], price: str | None = None) -> Planner | InvalidOrder:
    return planner_of(name, params, terms("1", price))


@pytest.mark.parametrize(
    ("params", "interval_s", "parts"),
    [
        ({"horizon_secs": "300", "interval_secs": "30"}, 30, 10),
        ({"duration_sec": "300", "max_slices": "10"}, 30, 10),
        ({"horizon_secs": "300", "intervals": "5"}, 60, 5),
        ({"horizon_secs": "65", "interval_secs": "30"}, 30, 2),
        ({"horizon_secs": "300"}, 30, 10),
        ({"horizon_secs": "300.0", "intervals": "5.0"}, 60, 5),
    ],
)
def test_the_horizon_is_cut_as_the_users_parameters_say(params: dict[str, str], interval_s: int, parts: int) -> None:
    planner = read("TWAP", params)
    assert isinstance(planner, Twap)
    assert (planner.slicing.interval_ns, planner.slicing.slices) == (interval_s * SECOND_NS, parts)


def test_visible_pct_is_per_cent_of_the_order() -> None:
    planner = read("ICEBERG", {"visible_pct": "10"}, price="100")
    assert isinstance(planner, Iceberg)
    assert (planner.visible_pct, planner.peg) == (Decimal(10), Peg.FIXED)


REFUSED = [
    ("TWAP", {}, "horizon_secs", "is needed"),
    ("TWAP", {"horizon_secs": "0"}, "horizon_secs", "must be 1 to 604800 (seconds)"),
    ("TWAP", {"horizon_secs": "5 min"}, "horizon_secs", "plain decimal number"),
    ("TWAP", {"horizon_secs": "1e3"}, "horizon_secs", "plain decimal number"),
    ("TWAP", {"horizon_secs": "60.0000000001"}, "horizon_secs", "whole nanoseconds"),
    ("TWAP", {"horizon_secs": "60", "duration_sec": "60"}, "duration_sec", "says what horizon_secs says"),
    ("TWAP", {**TWAP, "max_slices": "3", "intervals": "3"}, "max_slices", "says what intervals says"),
    ("TWAP", {**TWAP, "interval_secs": "3", "intervals": "3"}, "intervals", "says what interval_secs says"),
    ("TWAP", {**TWAP, "intervals": "2.5"}, "intervals", "whole number of parts"),
    ("TWAP", {**TWAP, "intervals": "0"}, "intervals", "must be 1 to 2000"),
    ("TWAP", {**TWAP, "interval_secs": "301"}, "interval_secs", "must not be longer than horizon_secs"),
    ("TWAP", {**TWAP, "interval_secs": "0.1"}, "interval_secs", "more than 2000 parts"),
    ("TWAP", {"horizon_secs": "60", "intervals": "1000"}, "intervals", "less than 0.1 seconds for each part"),
    ("TWAP", {**TWAP, "horizn_secs": "60"}, "horizn_secs", "did you mean horizon_secs?"),
    ("TWAP", {**TWAP, "visible_pct": "10"}, "visible_pct", "is no parameter of this algorithm"),
    ("TWAP", {**TWAP, "catch_up": "later"}, "catch_up", "must be now or spread"),
    ("TWAP", {**TWAP, "passive_secs": "30"}, "passive_secs", "must be shorter than a part"),
    ("TWAP", {**TWAP, "min_child": "0.0015"}, "min_child", "whole number of lots of 0.001"),
    ("TWAP", {**TWAP, "min_child": "0"}, "min_child", "must be above 0"),
    ("TWAP", {**TWAP, "size_jitter_pct": "91"}, "size_jitter_pct", "must be 0 to 90"),
    ("VWAP", {**TWAP, "band_pct": "-1"}, "band_pct", "must be 0 to 100"),
    ("IS", {**TWAP, "temporary_impact": "1"}, "permanent_impact", "are given together"),
    ("IS", {**TWAP, "permanent_impact": "1"}, "temporary_impact", "are given together"),
    ("IS", {**TWAP, "temporary_impact": "1", "permanent_impact": "1", "spread_bps": "1"}, "spread_bps", "one of them"),
    ("IS", {**TWAP, "temporary_impact": "0.0001", "permanent_impact": "1"}, "permanent_impact", "must be below"),
    ("IS", {**TWAP, "daily_volume": "0"}, "daily_volume", "must be above 0"),
    ("POV", {}, "participation_pct", "is needed"),
    ("POV", {"participation_pct": "51"}, "participation_pct", "must be 0.01 to 50"),
    ("POV", {"participation_pct": "5", "cap_pct": "4", "horizon_secs": "9"}, "cap_pct", "must not be below"),
    ("POV", {"participation_pct": "5", "cap_pct": "9"}, "cap_pct", "give horizon_secs too"),
    ("POV", {"participation_pct": "5", "max_child": "0.1", "min_child": "0.2"}, "max_child", "below min_child"),
    ("ICEBERG", {"visible_pct": "0.1"}, "visible_pct", "must be 1 to 100"),
    ("ICEBERG", {"visible_pct": "10", "display_amount": "0.1"}, "visible_pct", "says what display_amount says"),
    ("ICEBERG", {"display_amount": "2"}, "display_amount", "must not be more than the order's 1"),
    ("ICEBERG", {"peg": "fixed"}, "peg", "needs an order with a price"),
    ("ICEBERG", {"peg": "mid"}, "peg", "must be fixed or touch"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "field", "rule"), REFUSED)
def test_a_bad_parameter_is_refused_by_name_with_its_rule(
    name: str, params: dict[str, str], field: str, rule: str
) -> None:
    refused = read(name, params)
    assert isinstance(refused, InvalidOrder), refused
    assert refused.field == f"exec_algorithm_params.{field}"
    assert refused.value == params.get(field, "")
    assert rule in refused.remedy


def test_an_unknown_algorithm_is_refused_with_those_that_there_are() -> None:
    refused = read("SNIPER", {})
    assert isinstance(refused, InvalidOrder)
    assert (refused.field, refused.value) == ("exec_algorithm", "SNIPER")
    assert refused.remedy == "available: TWAP VWAP ICEBERG POV IS"


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_every_default_is_a_value_that_its_own_rule_takes(name: str) -> None:
    needed = {"horizon_secs": "3600", **({"participation_pct": "10"} if name == "POV" else {})}
    defaults = {each.name: each.default for each in ALGORITHMS[name].parameters if each.default is not None}
    planner = read(name, {**needed, **defaults})
    assert not isinstance(planner, InvalidOrder), planner
    assert planner == read(name, needed)


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_every_parameter_is_declared_so_that_people_can_read_of_it(name: str) -> None:
    declared = ALGORITHMS[name].parameters
    assert len({each.name for each in declared}) == len(declared)
    for each in declared:
        assert each.unit
        assert each.says
        assert each.bounds
        assert each.words or _is_number(each.default)


def _is_number(text: str | None) -> bool:
    try:
        parse_decimal("default", text or "0")
    except InvalidInputError:
        return False
    return True


@pytest.mark.parametrize(
    ("side", "market", "met"),
    [
        (Side.BUY, {"bid": "100", "ask": "100.1"}, False),
        (Side.BUY, {"bid": "99.9", "ask": "100.1"}, True),  # the near price has left
        (Side.BUY, {"bid": "100", "ask": "99.9"}, True),  # the far price has reached
        (Side.SELL, {"bid": "99.8", "ask": "100"}, False),
        (Side.SELL, {"bid": "99.9", "ask": "100"}, True),
        (Side.BUY, {"bid": "100", "ask": "100.1", "traded": "4.9"}, False),
        (Side.BUY, {"bid": "100", "ask": "100.1", "traded": "5"}, True),
        (Side.BUY, {"traded": "5"}, True),
        (Side.BUY, {}, False),
    ],
)
def test_a_watch_is_met_by_any_of_what_it_waits_for(side: Side, market: dict[str, str], met: bool) -> None:
    watch = Watch(
        not_before_ns=10, near_leaves=Price(Decimal(100)), far_reaches=Price(Decimal("99.9")), volume_reaches=Decimal(5)
    )
    seen: dict[str, Any] = {name: Decimal(text) for name, text in market.items()}
    assert watch.is_met(side, Market(**seen), 10) is met
    assert not watch.is_met(side, Market(**seen), 9)


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_a_planner_is_a_value(name: str) -> None:
    params = {"horizon_secs": "3600", **({"participation_pct": "10"} if name == "POV" else {})}
    assert hash(read(name, params)) == hash(read(name, params))


def test_what_doors_take_for_an_algorithm_is_one() -> None:
    assert tuple(ALGORITHMS) == ALGORITHM_NAMES
