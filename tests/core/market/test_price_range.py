"""Between which prices the market moved is what a naive look at every quote finds; and what orders make of it."""

from decimal import Decimal
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from core.market.price_range import PriceRange
from core.market.volume import SECOND_NS
from core.risk.rule import REDUCES
from ports.commands import CheckOrder, SubmitOrder
from ports.facts import Verdict
from ports.replies import CheckReply

from fakes.desk import Desk
from fakes.sayings import PERP, TRADER, quote, set_limits, submit, traded

D = Decimal
mids = st.integers(1, 9).map(Decimal)


@given(st.lists(st.tuples(st.integers(0, 3 * SECOND_NS), mids), min_size=1), st.integers(1, 9), st.integers(0, 9))
def test_a_range_has_what_stood_as_its_first_second_began_and_all_that_came_since(
    quotes: list[tuple[int, Decimal]], window_s: int, later_s: int
) -> None:
    seen = list(zip(accumulate(step for step, _ in quotes), (mid for _, mid in quotes), strict=True))
    kept = PriceRange(seen[0][1], seen[0][0])
    for at, mid in seen[1:]:
        kept.take(mid, at)
    now = seen[-1][0] + later_s * SECOND_NS
    first = (now - window_s * SECOND_NS) // SECOND_NS
    before = [mid for at, mid in seen if at // SECOND_NS < first]
    expected = [*before[-1:], *(mid for at, mid in seen if at // SECOND_NS >= first)]
    assert kept.within(now, window_s * SECOND_NS) == (min(expected), max(expected))


def test_a_range_reaches_five_minutes_back_however_long_a_market_falls() -> None:
    kept = PriceRange(D(9_000), 0)
    for second in range(1, 5_000):
        kept.take(D(9_000 - second), second * SECOND_NS)
    assert kept.within(4_999 * SECOND_NS, 300 * SECOND_NS) == (D(4_001), D(4_302))
    assert len(kept._highs) < 1_500


def test_who_follows_a_market_that_ran_away_is_refused_until_it_has_stood_for_the_window(desk: Desk) -> None:
    watched(desk)
    ran_away(desk)
    for order in (submit("up", buy="1"), submit("back", sell="1"), submit("far", sell="1", at="60000")):
        refused = said(desk, order)
        assert (refused.passed, refused.value) == (False, "120")
        assert refused.remedy == "when it has moved less for 1000 ms"
    desk.pass_time(3)
    desk.receive(quote(PERP, "50599.9", "50600.1", desk.now_ns))
    assert said(desk, submit("up", buy="1")).passed


def test_a_limit_may_carry_the_market_no_further_than_it_may_move(desk: Desk) -> None:
    watched(desk)
    assert said(desk, submit("low", buy="1", at="45000")).passed  # rests: it moves nothing
    assert said(desk, submit("edge", sell="1", at="49505")).passed
    down = said(desk, submit("down", sell="1", at="49504.9"))
    assert (down.passed, down.value, down.remedy) == (False, "100.0104", "a price of 49505 or higher")


def test_who_only_reduces_may_leave_a_market_that_runs_away(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    watched(desk)
    ran_away(desk)
    leaves = said(desk, submit("out", sell="1"))
    assert (leaves.passed, leaves.seen) == (True, REDUCES)
    assert not said(desk, submit("turns", sell="1.001")).passed


def test_a_market_of_which_nothing_fresh_is_known_is_not_said_to_stand_still(desk: Desk) -> None:
    watched(desk)
    desk.pass_time(6)
    stale = said(desk, submit("a", buy="1"))
    assert (stale.passed, stale.value) == (False, "unknown")


def watched(desk: Desk) -> None:
    desk.receive(set_limits(max_price_move_bps={PERP: D(100)}, price_move_window_ms=1_000))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))


def ran_away(desk: Desk) -> None:
    desk.receive(quote(PERP, "50599.9", "50600.1", desk.now_ns))


def said(desk: Desk, order: SubmitOrder) -> Verdict:
    (reply,) = desk.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    return next(one for one in reply.verdicts if one.rule == "max_price_move")
