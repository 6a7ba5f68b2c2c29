"""TWAP, VWAP and IS: how much is due when."""

import math
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.algos.almgren_chriss import Impact, kappa_tau, traded_shares
from core.algos.volume_curve import CurveBuilder, daily_volume, expected_shares
from ports.algorithms import Conditions, EndReason, NoticeCode, VolumeCurve
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.market_data import Trade
from ports.values import Price

from fakes.parent_market import SECOND_NS, START_NS, ParentMarket, Shown, planner, steady, terms

HOUR_NS = 3_600 * SECOND_NS
DAY_NS = 24 * HOUR_NS


def sizes(market: ParentMarket) -> list[str]:
    return [quantity for _, quantity, _ in market.placed()]


def worked(name: str, conditions: Any = None, shows: Any = None, **params: str) -> ParentMarket:
    """A parent of one unit that completes; what is no word of this function is a parameter."""
    parent = replace(terms("1"), conditions=conditions or Conditions())
    market = ParentMarket(parent, planner(name, parent, **params), shows or steady(3_700, 5)).run()
    assert market.ending is not None
    assert market.ending.reason is EndReason.COMPLETE
    return market


# -- TWAP


def test_a_twap_trades_equal_parts_from_the_start_on() -> None:
    assert worked("TWAP", horizon_secs="60", interval_secs="15").placed() == [
        (0.0, "0.25", "None"),
        (15.0, "0.25", "None"),
        (30.0, "0.25", "None"),
        (45.0, "0.25", "None"),
    ]


@pytest.mark.parametrize("count", ["max_slices", "intervals"])
def test_the_number_of_parts_may_be_said_instead_of_the_interval(count: str) -> None:
    by_count = worked("TWAP", **{"duration_sec": "60", count: "4"})
    assert by_count.placed() == worked("TWAP", horizon_secs="60", interval_secs="15").placed()


@given(st.integers(0, 2**64 - 1), st.integers(0, 90), st.integers(0, 90))
def test_what_is_drawn_by_lot_stays_within_its_bounds_and_the_same_seed_draws_the_same(
    seed: int, size: int, time: int
) -> None:
    parent = replace(terms("1"), seed=seed)
    params = {"horizon_secs": "1000", "intervals": "10", "size_jitter_pct": str(size), "time_jitter_pct": str(time)}
    market, again = (
        ParentMarket(parent, planner("TWAP", parent, **params, stale_secs="86400"), [Shown(0)]).run() for _ in range(2)
    )
    assert market.children == again.children
    for place, child in enumerate(market.children):
        drift_ns = child.placed_ns - START_NS - place * 100 * SECOND_NS
        assert abs(drift_ns) <= time * SECOND_NS // 2 + 1
    smallest, largest = (min(sizes(market)), max(sizes(market)))
    ratio = Decimal(100 + size) / Decimal(100 - size)
    assert Decimal(largest) - Decimal("0.002") <= (Decimal(smallest) + Decimal("0.002")) * ratio


def test_seeds_make_different_schedules() -> None:
    params = {"horizon_secs": "60", "intervals": "6", "size_jitter_pct": "50", "time_jitter_pct": "50"}
    parents = [replace(terms("1"), seed=seed) for seed in range(5)]
    placed = {
        tuple(ParentMarket(each, planner("TWAP", each, **params), steady(80, 0.5)).run().placed()) for each in parents
    }
    assert len(placed) == 5


# -- VWAP


def curve(*hours: str) -> VolumeCurve:
    """A curve by the hour; from 10:00, when parents start here, it is `hours`."""
    volumes = ["0"] * 10 + list(hours) + ["0"] * (14 - len(hours))
    return VolumeCurve(bucket_ns=HOUR_NS, volumes=tuple(Decimal(each) for each in volumes))


DAYLIGHT = {"horizon_secs": "14400", "intervals": "4", "stale_secs": "86400"}


def hourly(*traded: str) -> list[Shown]:
    return [Shown(hour * 3_600 - (1 if hour else 0), traded=each) for hour, each in enumerate(traded)]


def test_a_vwap_trades_in_proportion_to_the_volume_curve() -> None:
    as_expected = worked(
        "VWAP", Conditions(volume_curve=curve("1", "4", "3", "2")), hourly("0", "1", "5", "8"), **DAYLIGHT
    )
    assert sizes(as_expected) == ["0.1", "0.4", "0.3", "0.2"]
    assert as_expected.notices() == set()


def test_a_vwap_goes_faster_where_more_trades_than_expected_and_slower_where_less() -> None:
    conditions = Conditions(volume_curve=curve("1", "4", "3", "2"))
    busy = worked("VWAP", conditions, hourly("0", "3", "7", "10"), **DAYLIGHT)
    quiet = worked("VWAP", conditions, hourly("0", "0", "4", "7"), **DAYLIGHT)
    assert Decimal(sizes(busy)[1]) > Decimal("0.4") > Decimal(sizes(quiet)[1])


def test_observed_volume_moves_a_vwap_by_its_band_at_most() -> None:
    conditions = Conditions(volume_curve=curve("1", "4", "3", "2"))
    wild = worked("VWAP", conditions, hourly("0", "1000", "1000", "1000"), **DAYLIGHT, band_pct="5", catch_up="now")
    done = [sum(Decimal(each) for each in sizes(wild)[:count]) for count in range(1, 5)]
    assert done == [Decimal("0.1"), Decimal("0.55"), Decimal("0.85"), Decimal(1)]


def test_a_feed_of_trades_that_says_nothing_does_not_stall_a_vwap() -> None:
    conditions = Conditions(volume_curve=curve("1", "4", "3", "2"))
    dead = worked("VWAP", conditions, [Shown(0)], **DAYLIGHT)
    assert all(Decimal(each) > 0 for each in sizes(dead)[:3])


def test_without_a_curve_a_vwap_is_a_twap_and_says_so() -> None:
    without = worked("VWAP", **{**DAYLIGHT, "horizon_secs": "60"})
    assert sizes(without) == ["0.25"] * 4
    assert without.notices() == {NoticeCode.NO_VOLUME_CURVE}
    nothing_expected = worked("VWAP", Conditions(volume_curve=curve("0", "1")), **{**DAYLIGHT, "horizon_secs": "60"})
    assert nothing_expected.notices() == {NoticeCode.NO_VOLUME_CURVE}


def trade(at_ns: int, quantity: str) -> Trade:
    return Trade(
        instrument=InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT"), price=Price(Decimal(1)),
        quantity=Decimal(quantity), aggressor=None, trade_id="1", event_time_ns=at_ns, received_ns=at_ns,
    )  # fmt: skip


def test_a_curve_is_the_average_of_the_days_that_had_trades() -> None:
    builder = CurveBuilder(12 * HOUR_NS)
    assert builder.curve() is None
    builder.take([trade(0, "1"), trade(HOUR_NS, "2"), trade(13 * HOUR_NS, "5"), trade(DAY_NS, "1")])
    made = builder.curve()
    assert made is not None
    assert made.volumes == (Decimal(2), Decimal("2.5"))
    assert daily_volume(made) == Decimal("4.5")


def test_a_curve_s_buckets_divide_the_day() -> None:
    with pytest.raises(InvalidInputError, match="divides a day"):
        CurveBuilder(7 * HOUR_NS)


def test_a_curve_begins_again_at_midnight_and_is_even_within_a_bucket() -> None:
    night = VolumeCurve(bucket_ns=12 * HOUR_NS, volumes=(Decimal(12), Decimal(24)))
    times = tuple(START_NS + hours * HOUR_NS for hours in (0, 1, 2, 3, 14, 15))  # from 10:00 on
    assert [each // 10**9 for each in expected_shares(night, times)] == [0, 1, 2, 4, 26, 27]


# -- IS


def test_the_paper_s_own_example_has_its_curvature() -> None:
    """Almgren and Chriss 2000, table 1 and section 3: kappa is about 0.61 a day for lambda 10^-6 and tau of a day."""
    impact = Impact(temporary=Decimal("2.5e-6"), permanent=Decimal("2.5e-7"))
    curvature = kappa_tau(impact, sigma=Decimal("0.95"), risk_aversion=Decimal("1e-6"), tau_days=Decimal(1))
    assert abs(curvature - Decimal("0.607")) < Decimal("0.001")


def test_the_trajectory_is_the_hyperbolic_sine_of_the_paper() -> None:
    left = [1 - share / 10**18 for share in traded_shares(Decimal("0.607"), 5)]
    expected = [math.sinh(0.607 * (5 - done)) / math.sinh(0.607 * 5) for done in range(6)]
    assert left == pytest.approx(expected, abs=1e-12)
    assert left[1] == pytest.approx(0.542, abs=0.001)  # sinh(2.428) = 5.624, sinh(3.035) = 10.376


@given(st.decimals("0", "50", places=9), st.integers(1, 2_000))
def test_a_trajectory_falls_from_all_to_nothing_and_never_slower_than_evenly(
    curvature: Decimal, intervals: int
) -> None:
    shares = traded_shares(curvature, intervals)
    assert (shares[0], len(shares)) == (0, intervals + 1)
    steps = [after - before for before, after in pairwise(shares)]
    assert all(step >= 0 for step in steps)
    whole = shares[-1]
    assert all(share * intervals >= whole * done - intervals for done, share in enumerate(shares))


KNOWN = Conditions(
    mid=Decimal(60_000), spread=Decimal("0.1"), daily_volatility=Decimal("0.03"), volume_curve=curve("9000")
)
HOUR = {"horizon_secs": "3600", "intervals": "6"}


def test_more_risk_aversion_trades_faster() -> None:
    firsts = [
        Decimal(sizes(worked("IS", KNOWN, **HOUR, risk_aversion=each))[0]) for each in ("0", "0.0001", "0.001", "0.01")
    ]
    assert firsts[0] == Decimal("0.166")
    assert firsts == sorted(set(firsts))


def test_what_an_is_was_told_stands_before_what_was_measured() -> None:
    told = {"volatility_pct": "6", "spread_bps": "0.05", "daily_volume": "500", "risk_aversion": "0.0001"}
    mid_only = Conditions(mid=Decimal(60_000))
    measured = replace(KNOWN, daily_volatility=Decimal("0.06"), spread=Decimal("0.3"), volume_curve=curve("500"))
    assert (
        worked("IS", mid_only, **HOUR, **told).placed()
        == worked("IS", measured, **HOUR, risk_aversion="0.0001").placed()
    )


def test_an_is_that_lacks_what_it_reckons_with_is_a_twap_and_says_what_lacks() -> None:
    market = worked("IS", Conditions(mid=Decimal(60_000)), **HOUR)
    assert sizes(market)[:2] == ["0.166", "0.167"]
    text = market.steps[0][1].notices[0].text
    assert all(name in text for name in ("volatility_pct", "spread_bps", "daily_volume"))
    assert "mid" not in text


def test_impact_may_be_told_instead_of_calibrated() -> None:
    impact = {"temporary_impact": "0.0011", "permanent_impact": "0.00011"}  # 0.1 over 1 % and 10 % of 9000, about
    told = worked("IS", KNOWN, **HOUR, **impact, risk_aversion="0.0001")
    assert abs(
        Decimal(sizes(told)[0]) - Decimal(sizes(worked("IS", KNOWN, **HOUR, risk_aversion="0.0001"))[0])
    ) < Decimal("0.01")
