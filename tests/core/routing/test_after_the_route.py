"""What follows a route: regret, fee tiers, and what is remembered of each venue."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.routing.decision import NoRouteFound
from core.routing.fee_tiers import FeeTier, TradedVolumes, read_tiers, tier_at
from core.routing.offers import FillHistory, SlippageHistory
from core.routing.regret import Regret, RoutedFill, regret
from core.routing.router import decide
from core.routing.statistics import Decayed, VenueStatistics, decay
from ports.errors import InvalidInputError
from ports.values import AccountId, Currency, Side

from fakes.offers import FREE, levels, offer, order

D = Decimal
A, B = AccountId("ALPHA"), AccountId("BETA")
BIDS = levels(("99", "9"))
ALPHA = offer("ALPHA", asks=levels(("100", "9")), bids=BIDS)
BETA = offer("BETA", asks=levels(("101", "9")), bids=BIDS, fee="0.001")
MINUTE = 60_000_000_000
DAY = 86_400_000_000_000


def test_where_every_venue_refused_there_is_no_route() -> None:
    again = decide(replace(order(buy="3"), not_at=(A, B)), [ALPHA, BETA], FREE)
    assert isinstance(again, NoRouteFound)
    assert {one.code for one in again.excluded} == {"REFUSED_BEFORE"}


def fill(account: AccountId, quantity: str, price: str, fee: str = "0") -> RoutedFill:
    return RoutedFill(account=account, quantity=D(quantity), price=D(price), usd_per_quote=D(1), fee_usd=D(fee))


def test_regret_is_what_the_best_of_the_others_would_have_saved() -> None:
    found = regret(Side.BUY, [fill(B, "2", "101", "0.202")], [ALPHA, BETA], FREE)
    assert isinstance(found, Regret)
    assert (found.regret_usd, found.best_at) == (D("2.202"), (A,))
    assert found.regret_bps == D("110.1")


def test_there_is_no_regret_where_ours_was_the_best_and_a_better_fill_is_negative() -> None:
    same = regret(Side.BUY, [fill(A, "2", "100")], [ALPHA, BETA], FREE)
    better = regret(Side.SELL, [fill(A, "2", "99.5")], [ALPHA, BETA], FREE)
    assert isinstance(same, Regret)
    assert isinstance(better, Regret)
    assert (same.regret_usd, better.regret_usd) == (D(0), D(-1))


def test_a_market_that_could_not_have_taken_it_is_no_measure() -> None:
    assert isinstance(regret(Side.BUY, [fill(A, "2", "100")], [], FREE), NoRouteFound)


def test_a_weight_halves_in_an_hour_and_is_forgotten_in_days() -> None:
    assert abs(decay(60) - D("0.5")) < D("1e-15")
    assert abs(decay(90) * decay(30) - decay(120)) < D("1e-15")
    assert Decayed(D(1), D(5), 0).after(60 * 60 * MINUTE) == Decayed(D(0), D(0), 3600)


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 100)), max_size=20))
def test_what_is_remembered_is_a_fold_and_stays_within_what_was_seen(seen: list[tuple[int, int]]) -> None:
    one, other = VenueStatistics(), VenueStatistics()
    for statistics in (one, other):
        now_ns = 0
        for passed, share in seen:
            now_ns += passed
            statistics.order_ended(A, D(share) / 100, now_ns, waited=True)
            statistics.acknowledged(A, share, now_ns)
    assert one.canonical() == other.canonical()
    now_ns = sum(passed for passed, _ in seen)
    history = one.posts(A, now_ns)
    assert (history is None) == (not seen)
    if history is not None:
        assert 0 <= history.filled <= history.orders <= len(seen)
        round_trip = one.round_trip_ns(A)
        assert round_trip is not None
        assert min(share for _, share in seen) <= round_trip <= max(share for _, share in seen)


def test_what_was_never_seen_is_not_nothing() -> None:
    statistics = VenueStatistics()
    statistics.slipped(A, D(3), MINUTE)
    statistics.slipped(A, D(900), MINUTE)  # counted as 100, whatever it was
    statistics.order_ended(A, D("0.5"), MINUTE, waited=False)
    assert statistics.slippage(A, MINUTE) == SlippageHistory(orders=D(2), total_bps=D(103))
    assert statistics.takes(A, MINUTE) == FillHistory(orders=D(1), filled=D("0.5"))
    assert statistics.posts(A, MINUTE) is None
    assert (statistics.round_trip_ns(A), statistics.slippage(B, MINUTE)) == (None, None)


USDT = Currency("USDT")
RATES = {"USDT": D(1)}
TIERS = (
    FeeTier(from_volume_usd=D(0), maker_rate=D("0.001"), taker_rate=D("0.001")),
    FeeTier(from_volume_usd=D(1_000_000), maker_rate=D("0.0009"), taker_rate=D("0.001")),
)


def test_a_fee_tier_is_reached_at_its_volume() -> None:
    assert [tier_at(TIERS, D(usd)).maker_rate for usd in (0, 999_999, 1_000_000)] == [D("0.001")] * 2 + [D("0.0009")]
    assert read_tiers("fees", TIERS) == TIERS


@pytest.mark.parametrize("wrong", [(), TIERS[1:], (TIERS[0], TIERS[0])])
def test_tiers_that_do_not_rise_from_zero_are_refused_by_name(wrong: tuple[FeeTier, ...]) -> None:
    with pytest.raises(InvalidInputError, match="venues\\.ALPHA\\.fees"):
        read_tiers("venues.ALPHA.fees", wrong)


def test_the_traded_volume_is_that_of_thirty_days() -> None:
    volumes = TradedVolumes()
    for day in range(40):
        volumes.traded(A, USDT, D(10), day * DAY)
        volumes.traded(A, USDT, D(1), day * DAY + 5)
    assert volumes.volume_usd(A, 39 * DAY, RATES.get) == 30 * 11
    assert volumes.volume_usd(A, 49 * DAY, RATES.get) == 20 * 11
    assert volumes.volume_usd(B, 0, RATES.get) == 0
    assert len(volumes.canonical()[0]) == 32  # type: ignore[arg-type]  # the account, its currency and its days


def test_a_volume_is_valued_in_usd_and_what_nobody_can_value_does_not_count() -> None:
    volumes = TradedVolumes()
    for currency in ("USDT", "EUR", "JPY"):
        volumes.traded(A, Currency(currency), D(10), 0)
    assert volumes.volume_usd(A, 0, {"USDT": D(1), "EUR": D("1.1")}.get) == 21
