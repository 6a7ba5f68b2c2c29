"""Rates count exactly the releases of the window that ends now."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from core.risk.order_rates import MINUTE_NS, SECOND_NS, OrderRates, SlidingCount
from ports.values import StrategyId

gaps = st.lists(st.integers(0, 40), max_size=60)


@given(gaps, st.integers(1, 60), st.integers(0, 100))
def test_a_sliding_count_counts_what_a_naive_count_counts(steps: list[int], window: int, later: int) -> None:
    times = list(accumulate(steps))
    count = SlidingCount(window)
    for place, now in enumerate(times):
        assert count.at(now) == sum(now - window < time <= now for time in times[:place])
        count.add(now)
    now = (times[-1] if times else 0) + later
    assert count.at(now) == sum(now - window < time for time in times)


def test_an_event_leaves_the_window_exactly_when_the_window_has_passed() -> None:
    count = SlidingCount(10)
    count.add(100)
    assert (count.at(109), count.at(110)) == (1, 0)


def test_a_strategy_is_counted_by_itself_and_in_all() -> None:
    rates = OrderRates()
    one, other = StrategyId("one"), StrategyId("other")
    rates.released(one, 0)
    rates.released(other, SECOND_NS)
    now = SECOND_NS
    assert (rates.in_last_second(now), rates.in_last_minute(now)) == (1, 2)
    assert (rates.in_last_second(now, one), rates.in_last_minute(now, one)) == (0, 1)
    assert rates.in_last_minute(now, StrategyId("idle")) == 0
    assert rates.in_last_minute(MINUTE_NS + SECOND_NS) == 0
