"""Rates count exactly the events of the window that ends now; days begin at 00:00 UTC."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from core.risk.traffic import DAY_NS, MINUTE_NS, SECOND_NS, DayCount, Times, Traffic
from ports.values import StrategyId, VenueId

gaps = st.lists(st.integers(0, 5 * SECOND_NS), max_size=60)
ONE, OTHER, VENUE = StrategyId("one"), StrategyId("other"), VenueId("OKX")


@given(gaps, st.integers(1, MINUTE_NS), st.integers(0, MINUTE_NS))
def test_times_count_what_a_naive_count_counts(steps: list[int], window: int, later: int) -> None:
    times = list(accumulate(steps))
    kept = Times()
    for place, now in enumerate(times):
        assert kept.within(now, window) == sum(now - window < time <= now for time in times[:place])
        kept.add(now)
    now = (times[-1] if times else 0) + later
    assert kept.within(now, window) == sum(now - window < time for time in times)


def test_times_forget_what_no_window_reaches_and_nothing_else() -> None:
    kept = Times()
    for second in range(2_000):
        kept.add(second * SECOND_NS)
    assert kept.within(1_999 * SECOND_NS, MINUTE_NS) == 60


@given(gaps, st.integers(1, 5), st.integers(1, MINUTE_NS))
def test_room_is_there_when_it_was_said_to_be_and_not_before(steps: list[int], limit: int, window: int) -> None:
    kept = Times()
    times = list(accumulate(steps))
    for now in times:
        kept.add(now)
    assert kept.last(limit) == times[-limit:]
    if len(times) >= limit:
        room_ns = kept.last(limit)[0] + window
        assert kept.within(room_ns, window) < limit <= kept.within(room_ns - 1, window)


def test_an_event_leaves_the_window_exactly_when_the_window_has_passed() -> None:
    kept = Times()
    kept.add(100)
    assert (kept.within(109, 10), kept.within(110, 10)) == (1, 0)


def test_a_day_ends_at_midnight() -> None:
    count = DayCount()
    count.add(5 * DAY_NS)
    count.add(6 * DAY_NS - 1)
    assert (count.today(6 * DAY_NS - 1), count.today(6 * DAY_NS)) == (2, 0)
    count.add(6 * DAY_NS)
    assert count.today(6 * DAY_NS) == 1


def test_a_strategy_and_a_venue_are_counted_by_themselves_and_in_all() -> None:
    traffic = Traffic()
    traffic.released(ONE, VENUE, 0)
    traffic.released(OTHER, VENUE, SECOND_NS)
    traffic.changed(ONE, VENUE, SECOND_NS)
    now = SECOND_NS
    assert (traffic.all.orders.within(now, SECOND_NS), traffic.all.changes.within(now, MINUTE_NS)) == (1, 1)
    assert traffic.of_strategy(ONE).orders.within(now, MINUTE_NS) == 1
    assert traffic.of_strategy(ONE).changes.within(now, MINUTE_NS) == 1
    assert traffic.of_strategy(OTHER).changes.within(now, MINUTE_NS) == 0
    assert traffic.of_venue(VENUE).orders_today.today(now) == 2
    assert traffic.of_strategy(StrategyId("idle")).orders.within(now, MINUTE_NS) == 0
    assert traffic.of_venue(VenueId("BYBIT")).changes.within(now, MINUTE_NS) == 0
