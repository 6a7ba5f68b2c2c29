"""POV takes its share of what trades, and an Iceberg shows one part at a time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.algorithms import EndReason, NoticeCode, ParentState
from ports.values import Price, Side

from fakes.parent_market import RULES, Fate, Fortune, ParentMarket, Shown, planner, steady, terms


def pov(shows: list[Shown], quantity: Any = "1", fortunes: Any = None, **params: str) -> ParentMarket:
    parent = terms(quantity)
    given_params = {"participation_pct": "10", **params}
    return ParentMarket(parent, planner("POV", parent, **given_params), shows, fortunes or ())


def iceberg(
    fortunes: list[Fortune] | None = None, shows: list[Shown] | None = None, quantity: str = "1",
    price: str | None = None, side: Side = Side.BUY, **params: str,
) -> ParentMarket:  # fmt: skip
    parent = terms(quantity, price, side)
    return ParentMarket(parent, planner("ICEBERG", parent, **params), shows or [Shown(0)], fortunes or ())


# -- POV


def test_a_pov_places_its_share_of_what_has_traded() -> None:
    market = pov([Shown(0), Shown(2, traded="3"), Shown(4, traded="4.2"), Shown(9, traded="4.2")]).run()
    assert market.placed() == [(2.0, "0.3", "None"), (4.0, "0.12", "None")]
    assert market.ending is None


def test_a_pov_is_asked_when_enough_has_traded_for_a_child_and_not_at_every_trade() -> None:
    trickle = [Shown(count * 0.01, traded=str(Decimal(count) / 10_000)) for count in range(5_000)]
    market = pov(trickle, min_child="0.01").run()
    assert market.placed() == [
        (10.0, "0.01", "None"),
        (20.0, "0.01", "None"),
        (30.0, "0.01", "None"),
        (40.0, "0.01", "None"),
    ]
    assert market.asked < 20


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=60))
def test_a_pov_never_takes_more_than_its_share_before_its_end(volumes: list[int]) -> None:
    traded, shows = 0, []
    for second, volume in enumerate(volumes):
        traded += volume
        shows.append(Shown(second, traded=str(Decimal(traded) / 1_000)))
    market = pov(shows, quantity="20")
    for second in range(len(volumes)):
        market.run(until_s=second)
        assert market.filled <= (market.market.traded or 0) * Decimal("0.1")


def test_a_pov_s_children_follow_one_another_no_faster_than_its_interval() -> None:
    torrent = [Shown(count * 0.1, traded=str(count * 100)) for count in range(200)]
    market = pov(torrent, quantity="3", max_child="0.3", interval_secs="0.5").run()
    assert [seconds for seconds, _, _ in market.placed()] == [0.5 + 0.5 * place for place in range(10)]
    assert market.filled == 3


def test_a_pov_that_nobody_counts_trades_for_waits_and_says_so() -> None:
    market = pov([])
    market.ask()
    assert market.steps[0][1].notices[0].code is NoticeCode.NO_VOLUME
    assert market.steps[0][1].place == ()


@pytest.mark.parametrize(("cap", "total"), [(None, "1"), ("20", "0.6"), ("100", "1")])
def test_the_end_of_a_pov_finishes_it_within_its_cap(cap: str | None, total: str) -> None:
    params = {"horizon_secs": "10"} | ({} if cap is None else {"cap_pct": cap})
    market = pov([Shown(0), Shown(5, traded="3"), Shown(9, traded="3")], **params).run()
    assert market.filled == Decimal(total)
    assert market.ending is not None
    assert market.ending.reason is (EndReason.COMPLETE if total == "1" else EndReason.HORIZON)


def test_a_capped_pov_finishes_nothing_where_nobody_counts_trades() -> None:
    market = pov([], horizon_secs="10", cap_pct="50").run()
    assert market.children == []
    assert market.ending is not None
    assert market.ending.reason is EndReason.HORIZON


def test_every_child_of_a_passive_pov_is_posted_first_and_crossed_for_where_it_has_not_traded() -> None:
    shows = [Shown(0), *(Shown(at_s, traded=str(at_s // 10)) for at_s in range(10, 60, 10)), Shown(60, traded="5")]
    fates = [Fortune(Fate.RESTS), Fortune(), Fortune(), Fortune(Fate.RESTS), Fortune()]  # and then again
    market = pov(shows, fortunes=fates, passive_secs="3", quantity="0.4").run()
    assert [(each, price) for each, _, price in market.placed()] == [
        (10.0, "100"),
        (13.1, "None"),
        (20.0, "100"),
        (30.0, "100"),
        (33.1, "None"),
        (40.0, "100"),
        (43.1, "None"),
    ]


def test_a_pov_that_rested_beyond_the_limit_crosses_when_the_market_comes_back() -> None:
    shows = [Shown(0, "101", "101.1"), Shown(2, "101", "101.1", "3"), Shown(8, "100.2", "100.3", "3"), Shown(20)]
    parent = terms("0.3", "100.5")
    shown = planner("POV", parent, participation_pct="10", passive_secs="3")
    market = ParentMarket(parent, shown, shows, [Fortune(Fate.RESTS), Fortune()]).run()
    assert market.placed() == [(2.0, "0.3", "100.5"), (8.1, "0.3", "100.5")]


# -- Iceberg


def test_an_iceberg_shows_its_share_and_the_next_one_when_that_has_traded() -> None:
    market = iceberg([Fortune(after_s=5)], price="100", visible_pct="40").run()
    assert market.placed() == [(0.0, "0.4", "100"), (5.0, "0.4", "100"), (10.0, "0.2", "100")]
    assert all(order.order_type == "LIMIT" and not order.post_only for order in (c.order for c in market.children))
    assert market.ending is not None
    assert market.ending.reason is EndReason.COMPLETE


def test_an_iceberg_at_its_price_needs_no_quotes() -> None:
    parent = terms("1", "100")
    market = ParentMarket(parent, planner("ICEBERG", parent, display_amount="0.5"), []).run()
    assert market.filled == 1


@pytest.mark.parametrize("shows", [[], [Shown(0, "200", "200.1")]])
def test_a_part_is_worth_the_venue_s_least_value_at_the_price_that_it_rests_at(shows: list[Shown]) -> None:
    parent = terms("1", "100", Side.SELL, replace(RULES, min_notional=Decimal(5)))
    market = ParentMarket(parent, planner("ICEBERG", parent, visible_pct="1"), shows).run()
    assert market.filled == 1
    assert all(child.order.quantity * 100 >= 5 for child in market.children)


def test_half_a_part_keeps_resting_until_the_rest_has_traded() -> None:
    market = iceberg([Fortune(Fate.HALF)], price="100", visible_pct="40").run()
    assert market.placed() == [(0.0, "0.4", "100")]


@given(st.integers(0, 1_000), st.integers(1, 90))
def test_the_size_that_shows_is_moved_by_lot_within_its_bounds(seed: int, jitter: int) -> None:
    parent = terms("1", "100", seed=seed)
    shown = planner("ICEBERG", parent, display_amount="0.1", display_jitter_pct=str(jitter))
    market = ParentMarket(parent, shown, [Shown(0)]).run()
    sizes = [child.order.quantity for child in market.children]
    assert sum(sizes) == 1
    low, high = (Decimal("0.1") * (100 - jitter) / 100 - Decimal("0.001"), Decimal("0.1") * (100 + jitter) / 100)
    assert all(low <= size <= high for size in sizes[:-1])


@pytest.mark.parametrize(
    ("side", "moves"), [(Side.BUY, ["100", "100.4", "100.3"]), (Side.SELL, ["100.1", "100.5", "100.4"])]
)
def test_a_pegged_part_follows_the_touch_no_faster_than_told(side: Side, moves: list[str]) -> None:
    shows = [Shown(0), Shown(0.5, "100.2", "100.3"), Shown(2, "100.4", "100.5"), Shown(5, "100.3", "100.4")]
    market = iceberg([Fortune(Fate.RESTS)], shows, side=side, visible_pct="50", repeg_secs="1").run(until_s=7)
    assert [price for _, _, price in market.placed()] == moves
    assert [child.is_open for child in market.children] == [False, False, True]
    assert all(child.order.post_only for child in market.children)


def test_a_pegged_part_stays_within_the_limit() -> None:
    shows = [Shown(0), Shown(3, "100.4", "100.5"), Shown(6, "101", "101.1")]
    market = iceberg([Fortune(Fate.RESTS)], shows, price="100.2", peg="touch", visible_pct="50").run(until_s=20)
    assert [price for _, _, price in market.placed()] == ["100", "100.2"]


def test_a_pegged_iceberg_is_asked_when_the_touch_has_moved_and_not_at_every_quote() -> None:
    quiet = [Shown(count * 0.01) for count in range(1_000)]
    market = iceberg(
        [Fortune(Fate.RESTS)],
        [*quiet, *(Shown(10 + count * 0.01, f"{100 + count % 2}", "102") for count in range(1_000))],
    )
    market.run(until_s=10)
    assert market.asked <= 3
    market.run(until_s=20)
    assert market.asked <= 3 + 3 * 10  # a move, a cancel and a new part a second


def test_an_amended_price_moves_what_shows() -> None:
    market = iceberg([Fortune(Fate.RESTS)], price="100", visible_pct="50")
    market.at(2, price=Price(Decimal(99)))
    market.run()
    assert [price for _, _, price in market.placed()] == ["100", "99"]


def test_an_iceberg_s_end_leaves_the_rest_unless_it_is_told_to_finish() -> None:
    resting = [Fortune(Fate.RESTS)]
    stopped = iceberg(resting, price="100", visible_pct="50", horizon_secs="30").run()
    assert stopped.ending is not None
    assert stopped.ending.reason is EndReason.HORIZON
    assert stopped.filled == 0
    finished = iceberg(
        [Fortune(Fate.RESTS), Fortune()], steady(40), price="101", visible_pct="50", horizon_secs="30", at_end="finish"
    ).run()
    assert finished.placed() == [(0.0, "0.5", "101"), (30.1, "1", "101")]
    assert finished.filled == 1


def test_a_resumed_iceberg_shows_again() -> None:
    market = iceberg([Fortune(Fate.RESTS)], price="100", visible_pct="50")
    market.at(2, state=ParentState.PAUSED)
    market.at(4, state=ParentState.WORKING)
    market.run()
    assert [seconds for seconds, _, _ in market.placed()] == [0.0, 4.0]
