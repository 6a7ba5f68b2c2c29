"""Exposure is the worst that open orders can make of a position, whichever of them fill."""

from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from core.positions.exposure import Exposure, ExposureBook
from ports.values import Side, StrategyId

from fakes.sayings import ACCOUNTS, BYBIT_PERP, PERP

ACCOUNT = ACCOUNTS[PERP]

quantities = st.decimals(min_value=0, max_value=100, places=3)
orders = st.lists(st.tuples(st.sampled_from(list(Side)), quantities), max_size=6)
positions = st.decimals(min_value=-100, max_value=100, places=3)


@given(positions, orders)
def test_the_worst_case_is_the_largest_position_over_every_set_of_orders_that_may_fill(
    position: Decimal, open_orders: list[tuple[Side, Decimal]]
) -> None:
    exposure = Exposure(position)
    for side, quantity in open_orders:
        exposure.reserve(side, quantity)
    signed = [side.sign * quantity for side, quantity in open_orders]
    outcomes = [
        abs(position + sum(filled, Decimal(0)))
        for size in range(len(signed) + 1)
        for filled in combinations(signed, size)
    ]
    assert exposure.worst_case == max(outcomes)


@given(positions, orders, st.sampled_from(list(Side)), quantities)
def test_asking_what_one_more_order_would_make_changes_nothing(
    position: Decimal, open_orders: list[tuple[Side, Decimal]], side: Side, quantity: Decimal
) -> None:
    exposure = Exposure(position)
    for own_side, own in open_orders:
        exposure.reserve(own_side, own)
    before = Exposure(exposure.position, exposure.open_buys, exposure.open_sells)
    would_be = exposure.with_order(side, quantity)
    assert exposure == before
    exposure.reserve(side, quantity)
    assert exposure == would_be


@given(positions, orders)
def test_gross_nets_nothing(position: Decimal, open_orders: list[tuple[Side, Decimal]]) -> None:
    book = ExposureBook()
    book.trade(ACCOUNT, StrategyId("one"), PERP, position)
    for side, quantity in open_orders:
        book.reserve(ACCOUNT, StrategyId("one"), PERP, side, quantity)
    gross = book.gross_by_instrument()[PERP]
    assert gross == abs(position) + sum((quantity for _, quantity in open_orders), Decimal(0))
    assert gross >= book.of_instrument(PERP).worst_case


def test_an_instruments_exposure_is_the_sum_over_its_strategies() -> None:
    book = ExposureBook()
    one, other = StrategyId("one"), StrategyId("other")
    book.trade(ACCOUNT, one, PERP, Decimal(3))
    book.trade(ACCOUNT, other, PERP, Decimal(-1))
    book.reserve(ACCOUNT, other, PERP, Side.SELL, Decimal(5))
    book.trade(ACCOUNT, one, BYBIT_PERP, Decimal(7))
    assert book.of_instrument(PERP) == Exposure(Decimal(2), Decimal(0), Decimal(5))
    assert book.of(one, PERP) == Exposure(Decimal(3))
    assert set(book.of_strategy(one)) == {PERP, BYBIT_PERP}


def test_what_is_reserved_and_given_back_leaves_nothing() -> None:
    book = ExposureBook()
    book.reserve(ACCOUNT, StrategyId("one"), PERP, Side.BUY, Decimal("0.3"))
    book.reserve(ACCOUNT, StrategyId("one"), PERP, Side.BUY, Decimal("-0.3"))
    assert book.gross_by_instrument()[PERP] == 0


def test_what_was_never_traded_is_flat() -> None:
    book = ExposureBook()
    assert book.of_instrument(PERP) == book.of(StrategyId("one"), PERP) == Exposure()
    assert book.canonical() == ()
