"""What is left to pay with is what a naive reckoning would find, however much is spent between two statements."""

from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from core.positions.funds import Purse

MOST = 4_096
amounts = st.decimals(min_value="0.00000001", max_value=100_000, places=8)


def stated_purse() -> Purse:
    return Purse(total=Decimal(1_000_000_000))


@given(
    st.lists(st.tuples(st.integers(0, 3), amounts), max_size=60),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100)), max_size=5),
)
def test_spent_is_what_was_learnt_of_since_the_last_statement_was_asked_for(
    trades: list[tuple[int, Decimal]], statements: list[tuple[int, int]]
) -> None:
    purse = stated_purse()
    times = list(accumulate(step for step, _ in trades))
    kept: list[tuple[int, Decimal]] = []
    for number, (at_ns, (_, amount)) in enumerate(zip(times, trades, strict=True)):
        for age_ns, after in statements:
            if after == number:
                purse.stated(at_ns - age_ns)
                kept = [one for one in kept if one[0] >= at_ns - age_ns]
        purse.spend(at_ns, amount)
        kept.append((at_ns, amount))
    assert purse.available == Decimal(1_000_000_000) - sum((amount for _, amount in kept), Decimal(0))


def test_where_nothing_is_ever_stated_many_spendings_take_no_more_memory_and_none_is_forgotten() -> None:
    purse = stated_purse()
    for at_ns in range(3 * MOST):
        purse.spend(at_ns, Decimal("0.01"))
    assert len(purse.spendings) == MOST
    assert purse.spent == Decimal("0.01") * 3 * MOST
    purse.stated(3 * MOST - 10)
    assert purse.spent == Decimal("0.10")
    purse.stated(3 * MOST)
    assert purse.spent == 0


def test_a_statement_that_cannot_be_told_from_what_was_spent_leaves_too_little_and_never_too_much() -> None:
    purse = stated_purse()
    for at_ns in range(2 * MOST):
        purse.spend(at_ns, Decimal(1))
    purse.stated(MOST // 2)  # of the older half nobody knows any more what was when
    assert purse.spent >= 2 * MOST - MOST // 2
