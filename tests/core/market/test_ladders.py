"""What is known of a book: the newer of quote and depth first; and how far an order reaches into it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.ladders import Ladders, ladders_of, reach_of
from ports.commands import SubmitOrder
from ports.facts import RiskDecided
from ports.market_data import Level
from ports.values import Side

from fakes.desk import Desk
from fakes.sayings import PERP, depth, quote, set_limits, submit

D = Decimal
sizes = st.decimals(min_value="0.001", max_value="100", places=3)


def level(price: str, size: str) -> Level:
    return Level(D(price), D(size))


def test_depth_that_is_as_new_as_the_quote_is_the_book() -> None:
    book = depth(PERP, 1000, ["1", "2"], 7)
    assert ladders_of(quote(PERP, "995", "1005", 7), book) == Ladders(book.bids, book.asks, 7)


def test_a_newer_quote_comes_first_and_what_it_has_overtaken_is_gone() -> None:
    found = ladders_of(quote(PERP, "985", "1015", 8), depth(PERP, 1000, ["1", "2", "3"], 7))
    assert found.asks == (level("1015", "10"), level("1020", "2"), level("1030", "3"))
    assert found.bids == (level("985", "10"), level("980", "2"), level("970", "3"))
    assert (found.seen_ns, found.met_by(Side.BUY)) == (8, found.asks)


def test_what_never_came_is_no_book() -> None:
    assert ladders_of(None, None) == Ladders((), (), 0)


@pytest.mark.parametrize(
    ("quantity", "further"),
    [("0.5", "0"), ("1", "0"), ("2", "10"), ("3", "10"), ("3.1", "12"), ("5", "12"), ("6", "14")],
)
def test_an_order_reaches_as_far_as_the_levels_that_it_takes_and_spreads_behind_them(
    quantity: str, further: str
) -> None:
    assert reach_of([level("100", "1"), level("110", "2")], D(quantity), D(2)) == D(further)


@given(levels=st.lists(sizes, min_size=1, max_size=6), less=sizes, more=sizes)
def test_a_larger_order_never_reaches_less_far(levels: list[Decimal], less: Decimal, more: Decimal) -> None:
    ladder = [Level(D(100 + place), size) for place, size in enumerate(levels)]
    near, far = (reach_of(ladder, quantity, D(1)) for quantity in (less, less + more))
    assert near is not None
    assert far is not None
    assert near <= far


def test_where_nothing_is_offered_there_is_no_reach() -> None:
    assert reach_of([level("100", "0")], D(1), D(2)) is None


def slippage(desk: Desk, order: SubmitOrder) -> tuple[bool, str]:
    outcome = desk.receive(order)
    (verdict,) = [
        one for fact in outcome.facts if isinstance(fact, RiskDecided) for one in fact.verdicts
        if one.rule == "max_market_slippage"
    ]  # fmt: skip
    return verdict.passed, verdict.value


def test_the_slippage_guard_walks_the_depth_that_is_shown(desk: Desk) -> None:
    desk.receive(set_limits(max_market_slippage_bps={"*": D(10)}))
    desk.receive(quote(PERP, "49990", "50010", desk.now_ns))
    desk.receive(depth(PERP, 50000, ["1", "1", "1", "50"], desk.now_ns))
    assert slippage(desk, submit("op-1", buy="2")) == (True, "4")  # to 50020
    assert slippage(desk, submit("op-2", buy="20")) == (True, "8")  # to 50040: the quote alone would have said more
    desk.receive(depth(PERP, 50000, ["1", "1", "0.5"], desk.now_ns + 1))
    assert slippage(desk, submit("op-3", buy="20"))[0] is False
