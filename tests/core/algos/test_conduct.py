"""What every parent goes through: paused, amended, canceled, refused, unanswered, without data, at its end."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ports.algorithms import EndReason, NoticeCode, ParentState
from ports.values import OrderStatus, Price, Quantity, Side

from fakes.parent_market import RULES, SECOND_NS, START_NS, Fate, Fortune, ParentMarket, Shown, planner, steady, terms

MINUTE = {"horizon_secs": "60", "interval_secs": "10"}
RESTING = {**MINUTE, "passive_secs": "4"}


def worked(
    quantity: Any = "0.6", fortunes: Any = None, shows: Any = None, price: Any = None, side: Any = Side.BUY,
    rules: Any = RULES, **params: str,
) -> ParentMarket:  # fmt: skip
    """A TWAP of a minute in six parts, unless told otherwise; what is no word of this function is a parameter."""
    parent = terms(quantity, price, side, rules)
    return ParentMarket(parent, planner("TWAP", parent, **(params or MINUTE)), shows or steady(80), fortunes or ())


def ended(market: ParentMarket) -> EndReason:
    assert market.ending is not None
    return market.ending.reason


def at(market: ParentMarket) -> list[float]:
    return [seconds for seconds, _, _ in market.placed()]


# -- amends


def test_an_amend_to_more_spreads_what_is_added() -> None:
    market = worked()
    market.at(25, quantity=Quantity(Decimal("0.9")))
    market.run()
    assert ended(market) is EndReason.COMPLETE
    assert [quantity for _, quantity, _ in market.placed()] == ["0.1", "0.1", "0.1", "0.2", "0.2", "0.2"]


def test_an_amend_to_less_takes_back_the_newest_children_until_the_rest_fits() -> None:
    nobody = [Fortune(Fate.RESTS)]
    market = worked(fortunes=nobody, **{**MINUTE, "passive_secs": "9"}, shows=[Shown(0), *steady(80)])
    market.at(5, quantity=Quantity(Decimal("0.05")))
    market.run(until_s=6)
    assert [child.status for child in market.children] == [OrderStatus.CANCELED, OrderStatus.ACCEPTED]
    assert [child.order.quantity for child in market.children if child.is_open] == [Decimal("0.05")]


def test_an_amend_to_what_is_filled_completes_the_parent() -> None:
    market = worked()
    market.at(15, quantity=Quantity(Decimal("0.2")))
    market.run()
    assert ended(market) is EndReason.COMPLETE
    assert market.filled == Decimal("0.2")


def test_an_amended_limit_takes_back_what_rests_beyond_it() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS)], price="101", **RESTING)
    market.at(2, price=Price(Decimal("99.5")))
    market.run(until_s=3)
    assert [(child.status, child.order.price) for child in market.children] == [
        (OrderStatus.CANCELED, Decimal(100)),
        (OrderStatus.ACCEPTED, Decimal("99.5")),
    ]


# -- pause, resume, cancel


def test_a_paused_parent_takes_back_what_rests_and_places_nothing_until_it_is_resumed() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS)], **RESTING)
    market.at(1, state=ParentState.PAUSED)
    market.at(33, state=ParentState.WORKING)
    market.run(until_s=32)
    assert [child.status for child in market.children] == [OrderStatus.CANCELED]
    market.run(until_s=34)
    assert at(market) == [0.0, 33.0]


def test_a_part_keeps_its_size_where_it_is_taken_back_and_placed_again_within_one_instant() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS)], **RESTING)
    market.run(until_s=0)
    first = market.children[0]
    market.children[0] = replace(first, status=OrderStatus.CANCELED, cancel_asked_ns=market.now_ns)
    market.ask()
    market.ask()
    assert market.placed() == [(0.0, "0.1", "100"), (0.0, "0.1", "100")]


@pytest.mark.parametrize(("catch_up", "next_part"), [("now", "0.4"), ("spread", "0.25")])
def test_what_a_pause_left_undone_is_made_up_for_as_configured(catch_up: str, next_part: str) -> None:
    market = worked(**MINUTE, catch_up=catch_up)
    market.at(1, state=ParentState.PAUSED)
    market.at(41, state=ParentState.WORKING)
    market.run()
    assert market.placed()[1][:2] == (41.0, next_part)
    assert ended(market) is EndReason.COMPLETE


def test_a_cancel_ends_the_parent_when_its_last_child_is_back() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS)], **RESTING)
    market.at(1, state=ParentState.CANCELING)
    market.run()
    assert ended(market) is EndReason.CANCELED
    assert [child.status for child in market.children] == [OrderStatus.CANCELED]


def test_a_cancel_that_the_venue_refuses_is_asked_again_after_a_while_only() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS, refuses_cancel=True)], **RESTING)
    market.at(1, state=ParentState.CANCELING)
    market.run()
    asked = [(now_ns - START_NS) / SECOND_NS for now_ns, step in market.steps if step.cancel]
    assert asked == [1.0, 6.0]
    assert ended(market) is EndReason.CANCELED


# -- refused, rejected, unconfirmed


def test_refused_children_are_tried_again_later_each_time_and_not_for_ever() -> None:
    market = worked(fortunes=[Fortune(Fate.REJECTED)], horizon_secs="3600", intervals="2", shows=steady(3_700, 5))
    market.run()
    assert ended(market) is EndReason.REFUSED
    assert at(market) == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0, 243.0]
    assert NoticeCode.BACKING_OFF in market.notices()


def test_children_that_fail_in_turn_while_another_is_open_wait_all_the_same() -> None:
    rules = replace(RULES, max_quantity=Quantity(Decimal("0.4")))
    market = worked("0.8", [Fortune(Fate.REJECTED)], rules=rules, horizon_secs="3600", intervals="1").run(until_s=16)
    assert at(market) == [0.0, 0.0, 1.0, 1.0, 3.0, 3.0, 7.0, 7.0, 15.0, 15.0]


def test_a_refused_child_s_size_is_placed_again() -> None:
    market = worked(fortunes=[Fortune(Fate.REJECTED), *[Fortune()] * 20])
    market.run()
    assert market.placed()[:3] == [(0.0, "0.1", "None"), (1.0, "0.1", "None"), (10.0, "0.1", "None")]
    assert ended(market) is EndReason.COMPLETE


@pytest.mark.parametrize(("fate", "filled"), [(Fate.LOST_FILLED, "0.6"), (Fate.LOST_REJECTED, "0.6")])
def test_an_unconfirmed_child_counts_as_outstanding_until_it_is_settled_and_is_never_sent_again(
    fate: Fate, filled: str
) -> None:
    market = worked(fortunes=[Fortune(fate), *[Fortune()] * 20])
    market.run(until_s=29)
    assert NoticeCode.UNCONFIRMED in market.notices()
    assert [(seconds, quantity) for seconds, quantity, _ in market.placed()] == [(0, "0.1"), (10, "0.1"), (20, "0.1")]
    market.run()
    assert ended(market) is EndReason.COMPLETE
    assert market.filled == Decimal(filled)


def test_an_end_waits_for_an_unconfirmed_child() -> None:
    market = worked(fortunes=[*[Fortune()] * 5, Fortune(Fate.LOST_REJECTED), Fortune()], shows=steady(200))
    market.run()
    assert at(market) == [0, 10, 20, 30, 40, 50, 80]  # lost at 50, known at 80, and then finished at once
    assert ended(market) is EndReason.COMPLETE


# -- passive, then aggressive


def test_a_child_rests_at_the_touch_and_is_crossed_for_after_its_time() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS), Fortune()], **RESTING)
    market.run(until_s=9)
    assert market.placed() == [(0.0, "0.1", "100"), (4.1, "0.1", "None")]
    assert market.children[0].order.post_only


def test_what_half_filled_at_rest_is_crossed_for_by_the_other_half() -> None:
    market = worked(fortunes=[Fortune(Fate.HALF), Fortune()], **RESTING)
    market.run(until_s=9)
    assert [quantity for _, quantity, _ in market.placed()] == ["0.1", "0.05"]


def test_a_post_only_child_that_the_venue_refuses_is_posted_again() -> None:
    market = worked(fortunes=[Fortune(Fate.REJECTED), Fortune()], **RESTING)
    market.run(until_s=3)
    assert market.placed() == [(0.0, "0.1", "100"), (1.0, "0.1", "100")]


# -- the limit


def test_nothing_crosses_beyond_the_limit_until_the_market_comes_back() -> None:
    shows = [Shown(0, "101", "101.1"), Shown(3.5, "100", "100.1")]
    market = worked(price="100.5", shows=shows, **MINUTE, stale_secs="100")
    market.run(until_s=9)
    assert NoticeCode.PRICE_LIMIT in market.notices()
    assert market.placed() == [(3.5, "0.1", "100.5")]


def test_a_parent_whose_market_is_beyond_its_limit_at_the_end_says_so() -> None:
    market = worked(price="100.5", shows=[Shown(0, "101", "101.1")], **MINUTE, stale_secs="100")
    market.run()
    assert ended(market) is EndReason.PRICE_LIMIT
    assert market.children == []


@pytest.mark.parametrize(
    ("side", "limit", "price"), [(Side.BUY, "200", "101.2"), (Side.SELL, "1", "99"), (Side.BUY, "100.3", "100.3")]
)
def test_a_crossing_child_goes_a_per_cent_beyond_the_touch_and_never_beyond_the_limit(
    side: Side, limit: str, price: str
) -> None:
    market = worked(price=limit, side=side)
    market.run()
    assert {child.order.price for child in market.children} == {Decimal(price)}
    assert {child.order.time_in_force for child in market.children} == {"IOC"}


# -- without data, and at the end


def test_without_a_recent_quote_nothing_is_placed_until_one_comes() -> None:
    market = worked(shows=[Shown(0), Shown(26)])
    market.run(until_s=29)
    assert at(market) == [0.0, 10.0, 26.0]
    assert NoticeCode.STALE_DATA in market.notices()


def test_the_end_finishes_what_is_left_even_without_data() -> None:
    market = worked(shows=[Shown(0)])
    market.run()
    assert market.placed()[-1] == (60.0, "0.4", "None")
    assert ended(market) is EndReason.COMPLETE


def test_the_end_stops_where_that_is_configured() -> None:
    market = worked(fortunes=[Fortune(Fate.RESTS)], **RESTING, at_end="stop")
    market.run()
    assert ended(market) is EndReason.HORIZON
    assert max(at(market)) < 60


def test_the_end_tries_three_times_and_then_says_what_happened() -> None:
    market = worked("64", [Fortune(Fate.HALF)], horizon_secs="2", intervals="1")
    market.run()
    assert at(market) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert ended(market) is EndReason.HORIZON


# -- sizes


def test_a_part_below_the_smallest_child_waits_for_the_next() -> None:
    market = worked("0.006", rules=replace(RULES, min_quantity=Quantity(Decimal("0.002"))))  # fmt: skip
    market.run()
    assert [(seconds, quantity) for seconds, quantity, _ in market.placed()] == [
        (10.0, "0.002"),
        (30.0, "0.002"),
        (50.0, "0.002"),
    ]


def test_a_remainder_below_the_smallest_child_goes_with_the_last_but_one() -> None:
    rules = replace(RULES, min_quantity=Quantity(Decimal("0.004")))
    market = worked("0.01", rules=rules, horizon_secs="60", intervals="2", size_jitter_pct="90")
    market.run()
    assert market.filled == Decimal("0.01")
    assert all(child.order.quantity >= Decimal("0.004") for child in market.children)


def test_a_child_above_the_venue_s_largest_is_split_evenly() -> None:
    rules = replace(RULES, max_quantity=Quantity(Decimal("0.4")))
    market = worked("1", rules=rules, horizon_secs="60", intervals="1")
    market.run()
    assert [quantity for _, quantity, _ in market.placed()] == ["0.333", "0.333", "0.334"]


@pytest.mark.parametrize("notional", ["5", "7.5"])
def test_children_are_worth_the_venue_s_least_value(notional: str) -> None:
    market = worked("0.3", rules=replace(RULES, min_notional=Decimal(notional)))
    market.run()
    assert ended(market) is EndReason.COMPLETE
    assert all(child.order.quantity * 100 >= Decimal(notional) for child in market.children)


def test_a_remainder_that_the_venue_takes_no_order_for_is_said() -> None:
    rules = replace(RULES, min_quantity=Quantity(Decimal("0.004")))
    market = worked("0.007", [Fortune(Fate.HALF)], rules=rules, horizon_secs="60", intervals="1")
    market.run()
    assert ended(market) is EndReason.COMPLETE or "less than the venue's smallest" in str(market.ending)
    assert market.placed() == [(0.0, "0.007", "None"), (1.0, "0.004", "None")]
    assert market.filled == Decimal("0.005")


def test_a_part_that_found_nobody_is_waited_for_though_the_other_part_of_its_step_traded() -> None:
    rules = replace(RULES, max_quantity=Quantity(Decimal("0.4")))
    parent = terms("0.06", rules=rules)
    market = ParentMarket(
        parent, planner("TWAP", parent, horizon_secs="120", interval_secs="11"), [Shown(0)],
        [Fortune(Fate.FILLS), Fortune(Fate.RESTS)],
    )  # fmt: skip
    market.at(1, quantity=Quantity(Decimal("0.707")))
    market.run()
    at_the_end = [at_s for at_s, _, _ in market.placed() if at_s >= 120]
    assert len(at_the_end) > 2
    assert len(set(at_the_end)) == len(
        {child.order.batch for child in market.children if child.placed_ns >= START_NS + 120 * SECOND_NS}
    )
