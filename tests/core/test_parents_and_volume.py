"""Parents that work by public volume: how much they saw stands in their facts, and a restart goes on from there."""

from decimal import Decimal
from typing import Any

import pytest

from ports.algorithms import VolumeCurve
from ports.commands import SubmitOrder
from ports.facts import ParentNoted, ParentStarted, ParentVolumeSeen
from ports.market_data import VolumeProfile
from ports.requests import SendOrder
from ports.values import OrderStatus

from fakes.desk import SECOND_NS, Desk
from fakes.sayings import ACCOUNTS, PERP, public_trade, quote, submit, traded

DAY_NS = 86_400 * SECOND_NS
HOUR_NS = 3_600 * SECOND_NS


def parent(algorithm: str, amount: str = "4", **params: str) -> SubmitOrder:
    return submit("big", buy=amount, exec_algorithm=algorithm, exec_algorithm_params=params)


def sent(desk: Desk) -> list[Decimal]:
    return [one.request.quantity for one in desk.releases if isinstance(one.request, SendOrder)]


def facts_of[F](desk: Desk, kind: type[F]) -> list[F]:
    return [fact for fact in desk.facts if isinstance(fact, kind)]


def trades_of(desk: Desk, quantity: str, seconds: float = 1) -> None:
    """Let time pass, with a quote and a public trade at its end."""
    desk.pass_time(seconds)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(public_trade(PERP, quantity, desk.now_ns))


def fill_what_was_sent(desk: Desk) -> None:
    for number, quantity in enumerate(sent(desk), start=1):
        if not desk.order(f"big.{number}").status.is_terminal:
            desk.receive(traded(f"big.{number}", f"t-{number}", str(quantity)))


@pytest.fixture
def live(desk: Desk) -> Desk:
    """Return a desk whose quotes are as fresh as its clock."""
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    return desk


def test_a_pov_takes_its_share_of_all_that_trades_from_its_start_on(live: Desk) -> None:
    trades_of(live, "1000")  # before it: none of its business
    live.receive(parent("POV", participation_pct="10", interval_secs="0.5"))
    for _ in range(3):
        trades_of(live, "10")
        fill_what_was_sent(live)
    assert sent(live) == [Decimal(1)] * 3
    trades_of(live, "100")
    fill_what_was_sent(live)
    assert sent(live) == [Decimal(1)] * 4
    assert live.status("big") is OrderStatus.FILLED


def test_a_pov_whose_instrument_has_not_traded_yet_begins_with_the_first_trade(live: Desk) -> None:
    live.receive(parent("POV", participation_pct="10", interval_secs="0.5"))
    assert sent(live) == []
    assert [fact.code for fact in facts_of(live, ParentNoted)] == ["NO_VOLUME"]
    trades_of(live, "10")
    assert sent(live) == [Decimal(1)]


def test_the_volume_that_a_child_was_sized_by_stands_in_the_facts_before_it(live: Desk) -> None:
    live.receive(parent("POV", participation_pct="10", interval_secs="0.5"))
    trades_of(live, "7.5")
    (seen,) = facts_of(live, ParentVolumeSeen)
    assert (seen.operation_id, seen.traded) == ("big", Decimal("7.5"))
    places = [type(fact).__name__ for fact in live.facts]
    assert places.index("ParentVolumeSeen") < places.index("OrderReleased")
    assert sent(live) == [Decimal("0.75")]


def test_after_a_restart_a_pov_goes_on_from_the_volume_it_had_used_and_never_counts_it_twice(live: Desk) -> None:
    live.receive(parent("POV", participation_pct="10", interval_secs="0.5"))
    trades_of(live, "10")
    fill_what_was_sent(live)
    live.restart()
    live.connect(ACCOUNTS[PERP])
    assert sum(sent(live)) == Decimal(1)
    trades_of(live, "5")
    live.pass_time(1)
    live.receive(quote(PERP, "49999.9", "50000.1", live.now_ns))
    assert facts_of(live, ParentVolumeSeen)[-1].traded == Decimal(15)
    assert sum(sent(live)) == Decimal("1.5")


def test_one_part_of_a_pov_is_never_larger_than_its_cap(live: Desk) -> None:
    live.receive(parent("POV", participation_pct="50", max_child="0.2"))
    trades_of(live, "100")
    assert max(sent(live)) == Decimal("0.2")


def profile(volumes: dict[int, str]) -> VolumeProfile:
    hours = tuple([Decimal(volumes.get(hour, "1")) for hour in range(24)])
    return VolumeProfile(instrument=PERP, curve=VolumeCurve(bucket_ns=HOUR_NS, volumes=hours), made_of="a test")


def started(desk: Desk) -> ParentStarted:
    (fact,) = facts_of(desk, ParentStarted)
    return fact


def test_a_vwap_follows_the_curve_of_its_instrument_and_keeps_it_with_its_facts(live: Desk) -> None:
    hour = live.now_ns % DAY_NS // HOUR_NS
    live.pass_time((HOUR_NS - live.now_ns % HOUR_NS) / SECOND_NS - 1800)  # half an hour of this, half of the next
    live.receive(quote(PERP, "49999.9", "50000.1", live.now_ns))
    told = profile({hour: "1", (hour + 1) % 24: "3"})
    live.receive(told)
    live.receive(parent("VWAP", horizon_secs="3600", intervals="2", band_pct="0"))
    assert started(live).conditions.volume_curve == told.curve
    assert sent(live) == [Decimal(1)]
    fill_what_was_sent(live)
    live.pass_time(1800)
    trades_of(live, "1")
    assert sent(live) == [Decimal(1), Decimal(3)]
    assert "NO_VOLUME_CURVE" not in [fact.code for fact in facts_of(live, ParentNoted)]


def test_a_vwap_without_a_curve_is_worked_as_twap_and_says_so_in_a_fact(live: Desk) -> None:
    live.receive(parent("VWAP", horizon_secs="40", intervals="4"))
    assert [fact.code for fact in facts_of(live, ParentNoted)] == ["NO_VOLUME_CURVE"]
    assert sent(live) == [Decimal(1)]


def test_volume_that_is_observed_moves_a_vwap_away_from_its_curve(live: Desk) -> None:
    live.receive(profile({}))  # even
    live.receive(parent("VWAP", "40", horizon_secs="40", intervals="4", band_pct="50"))
    trades_of(live, "0.1")  # about ten times what the curve expects of ten seconds
    fill_what_was_sent(live)
    live.pass_time(9)
    trades_of(live, "0.000001")
    assert sent(live)[0] == Decimal(10)
    assert sent(live)[1] > Decimal(10)


def test_the_conditions_of_a_parent_are_measured_spread_and_volatility_among_them(live: Desk) -> None:
    for number in range(30):
        live.pass_time(1)
        mid = Decimal(50000) + 5 * (number % 2)
        live.receive(quote(PERP, str(mid - 1), str(mid + 1), live.now_ns))
    live.receive(profile(dict.fromkeys(range(24), "1000")))
    live.receive(parent("IS", horizon_secs="40", intervals="4", risk_aversion="10"))
    conditions = started(live).conditions
    assert conditions.spread == Decimal(2)
    assert conditions.daily_volatility is not None
    # One basis point a second, by the root of time: 0.0001 * sqrt(86400) = 2.94 per cent.
    assert abs(conditions.daily_volatility - Decimal("0.0294")) < Decimal("0.001")
    assert [fact.code for fact in facts_of(live, ParentNoted)] == []
    assert sent(live)[0] > Decimal(1)


@pytest.mark.parametrize("algorithm", ["TWAP", "ICEBERG"])
def test_a_parent_that_does_not_ask_for_the_curve_does_not_carry_it(live: Desk, algorithm: str) -> None:
    live.receive(profile({}))
    params: dict[str, Any] = {"horizon_secs": "40", "intervals": "4"} if algorithm == "TWAP" else {"visible_pct": "10"}
    live.receive(parent(algorithm, **params))
    assert started(live).conditions.volume_curve is None
