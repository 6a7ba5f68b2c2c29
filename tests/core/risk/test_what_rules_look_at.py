"""What rules look at is what a naive reckoning would find: resting orders, public volume, funds, hours, ratios."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.volume import SECOND_NS, TradedVolume
from core.risk.rule import shown
from ports.commands import AmendOrder
from ports.errors import InvalidInputError
from ports.facts import CancelRequested, OrderReleased, RiskDecided
from ports.limits import SelfTrade
from ports.reports import AmendReport
from ports.trading_hours import MINUTE_NS, WEEK_MINUTES, parse_hours
from ports.values import AmendId, OrderStatus, Price, Quantity, Side, bps_of

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    SPOT,
    TRADER,
    accepted,
    cancel,
    canceled,
    client_id,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)

amounts = st.decimals(min_value="0.001", max_value=1000, places=3)
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@given(st.lists(st.tuples(st.integers(0, 3 * SECOND_NS), amounts), max_size=50), st.integers(1, 300), st.integers(0, 9))
def test_volume_is_what_was_traded_since_the_second_in_which_the_window_began(
    trades: list[tuple[int, Decimal]], window_s: int, later_s: int
) -> None:
    times = list(accumulate(step for step, _ in trades))
    volume = TradedVolume()
    for now, (_, quantity) in zip(times, trades, strict=True):
        volume.add(now, quantity)
    now = (times[-1] if times else 0) + later_s * SECOND_NS
    first = (now - window_s * SECOND_NS) // SECOND_NS
    expected = sum(
        (quantity for at, (_, quantity) in zip(times, trades, strict=True) if at // SECOND_NS >= first), Decimal(0)
    )
    assert volume.within(now, window_s * SECOND_NS) == expected


def test_volume_is_kept_for_five_minutes_however_long_it_goes_on() -> None:
    volume = TradedVolume()
    for second in range(5_000):
        volume.add(second * SECOND_NS, Decimal(1))
    assert volume.within(4_999 * SECOND_NS, 300 * SECOND_NS) == 301


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 1440)), min_size=1, max_size=5),
    st.integers(0, WEEK_MINUTES - 1),
)
def test_hours_are_open_exactly_inside_a_window(windows: list[tuple[int, int, int]], minute: int) -> None:
    given_windows = [(day, start, end) for day, start, end in windows if start < end]
    if not given_windows:
        return
    text = ", ".join(f"{DAYS[d]} {s // 60:02}:{s % 60:02}-{e // 60:02}:{e % 60:02}" for d, s, e in given_windows)
    hours = parse_hours("hours", text)
    monday = 4 * 1440  # 1970-01-05 was one
    now_ns = (monday + minute) * MINUTE_NS
    is_open = any(day * 1440 + start <= minute < day * 1440 + end for day, start, end in given_windows)
    assert hours.is_open(now_ns) is is_open
    wait = hours.minutes_until_open(now_ns)
    assert hours.is_open(now_ns + wait * MINUTE_NS)
    assert not any(hours.is_open(now_ns + early * MINUTE_NS) for early in range(0, wait, max(wait // 7, 1)))


@pytest.mark.parametrize(
    "text",
    ["", "MON", "MON 9:00-10:00", "MON 10:00-10:00", "FRI-MON 09:00-10:00", "MON 09:00-24:01", "MON 09:61-10:00"],
)
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="MON-FRI"):
        parse_hours("hours", text)


@given(st.decimals(min_value=-1000, max_value=1000, places=9), amounts)
def test_basis_points_are_never_shown_below_what_they_are(part: Decimal, whole: Decimal) -> None:
    exact = Fraction(part) * 10_000 / Fraction(whole)
    assert 0 <= Fraction(bps_of(part, whole)) - exact < Fraction(1, 10_000)


prices = st.sampled_from(["49900", "49950", "50000", "50050", "50100"])
steps = st.lists(st.tuples(st.sampled_from(["rest", "end", "amend"]), st.sampled_from(list(Side)), prices), max_size=25)


@given(steps, st.sampled_from(list(Side)), st.one_of(st.none(), prices))
def test_the_order_that_is_met_first_is_the_best_priced_open_one(
    taken: list[tuple[str, Side, str]], side: Side, at: str | None
) -> None:
    desk = Desk(instruments=(PERP,))
    desk.actor.book.resting.keep((), wanted=True)
    for number, (what, whose, price) in enumerate(taken):
        opened = list(desk.actor.book.oms.open_orders())
        if what == "rest" or not opened:
            desk.receive(submit(f"op-{number}", **{"buy" if whose is Side.BUY else "sell": "1"}, at=price))  # type: ignore[arg-type]  # buy or sell
            desk.receive(accepted(f"op-{number}"))
        elif what == "end":
            desk.receive(canceled(opened[number % len(opened)].terms.operation_id))
        else:
            amended(desk, opened[number % len(opened)].terms.operation_id, price, number)
    resting = desk.actor.book.resting
    limit = None if at is None else Decimal(at)
    naive = [
        order
        for order in desk.actor.book.oms.open_orders()
        if order.terms.side is not side
        and order.price is not None
        and (limit is None or (order.price <= limit if side is Side.BUY else order.price >= limit))
    ]
    met = resting.met_by(ACCOUNTS[PERP], PERP, side, limit)
    best = min((order.price * -side.sign * -1 for order in naive if order.price is not None), default=None)
    assert (met is None) is (best is None)
    if met is not None and met.price is not None:
        assert met.price * side.sign == best
    everyone = {order.terms.operation_id for order in resting.all_met_by(ACCOUNTS[PERP], PERP, side, limit)}
    assert everyone == {order.terms.operation_id for order in naive}


def amended(desk: Desk, operation_id: str, price: str, number: int) -> None:
    order = desk.order(operation_id)
    at = Price(Decimal(price))
    command = AmendOrder(
        operation_id=order.terms.operation_id,
        amend_id=AmendId(f"am-{number}"),
        quantity=None,
        price=at,
        principal=TRADER,
    )
    if desk.receive(command).requests:
        desk.receive(
            AmendReport(
                account=ACCOUNTS[PERP],
                instrument=PERP,
                client_order_id=client_id(operation_id),
                venue_order_id=None,
                quantity=Quantity(order.quantity),
                price=at,
            )
        )


def test_an_order_that_is_amended_to_and_fro_for_ever_is_kept_a_bounded_number_of_times(desk: Desk) -> None:
    desk.actor.book.resting.keep((), wanted=True)
    desk.receive(submit("op-1", buy="1", at="49000"))
    desk.receive(accepted("op-1"))
    for number in range(300):
        amended(desk, "op-1", ("48000", "49000")[number % 2], number)
    ((_, entries),) = desk.actor.book.resting._sides.items()
    assert len(entries) <= 64


@pytest.mark.parametrize("window", ["second", "minute", "day"])
def test_messages_count_what_was_changed_and_canceled_too(desk: Desk, window: str) -> None:
    desk.receive(set_limits(**{f"max_messages_per_{window}": 3}))
    desk.receive(submit("a", buy="1", at="49000"))
    desk.receive(accepted("a"))
    desk.receive(cancel("a"))
    desk.receive(submit("b", buy="1"))
    desk.receive(submit("c", buy="1"))
    assert desk.status("b") is OrderStatus.SUBMITTED
    assert desk.order("c").reason_code == f"RISK_MAX_MESSAGES_PER_{window.upper()}"
    desk.receive(cancel("b"))
    assert desk.order("b").cancel_requested  # a cancel counts and is never refused


@pytest.mark.parametrize("window", ["second", "minute", "day"])
def test_orders_count_no_cancel(desk: Desk, window: str) -> None:
    desk.receive(set_limits(**{f"max_orders_per_{window}": 2}))
    desk.receive(submit("a", buy="1", at="49000"))
    desk.receive(accepted("a"))
    desk.receive(cancel("a"))
    desk.receive(submit("b", buy="1"))
    desk.receive(submit("c", buy="1"))
    assert desk.status("b") is OrderStatus.SUBMITTED
    assert desk.order("c").reason_code == f"RISK_MAX_ORDERS_PER_{window.upper()}"


def test_what_an_order_would_meet_is_canceled_before_it_goes(desk: Desk) -> None:
    desk.receive(set_limits(self_trade=SelfTrade.CANCEL_RESTING))
    desk.receive(submit("far", sell="1", at="52000", strategy="other"))
    desk.receive(submit("near", sell="1", at="51000", strategy="other"))
    outcome = desk.receive(submit("a", buy="1", at="51000"))
    kinds = [type(fact) for fact in outcome.facts]
    assert kinds.index(CancelRequested) < kinds.index(OrderReleased)
    assert [type(request).__name__ for request in outcome.requests if "Wake" not in type(request).__name__] == [
        "SendCancel",
        "SendOrder",
    ]
    assert (desk.status("near"), desk.status("far")) == (OrderStatus.PENDING_CANCEL, OrderStatus.SUBMITTED)


def test_funds_follow_statements_trades_and_what_is_open(desk: Desk) -> None:
    account = ACCOUNTS[SPOT]
    purse = desk.actor.book.funds
    usdt = SPOT.quote

    def available() -> Decimal | None:
        return purse.purse(account, usdt).available

    assert available() is None
    desk.receive(statement(account, desk.now_ns, balances={"USDT": ("1000", "900"), "ETH": ("2", "2")}))
    assert available() == 900  # another program's order holds a hundred
    desk.receive(submit("a", buy="0.2", at="2000", instrument=SPOT))
    assert available() == 500
    desk.receive(traded("a", "t-1", "0.1", "1990", instrument=SPOT, fee="1", currency="USDT"))
    assert available() == 900 - 200 - 199 - 1
    desk.receive(canceled("a", instrument=SPOT))
    assert available() == 900 - 199 - 1
    desk.pass_time(60)
    desk.receive(statement(account, desk.now_ns, balances={"USDT": ("800", "700"), "ETH": ("2.1", "2.1")}))
    assert available() == 700


def test_an_order_that_brings_a_position_over_its_limit_down_passes_and_says_why(desk: Desk) -> None:
    desk.receive(submit("a", buy="2"))
    desk.receive(traded("a", "t-1", "2"))
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(submit("less", sell="0.5"))
    desk.receive(submit("more", buy="0.001"))
    decided = {fact.operation_id: fact for fact in desk.facts if isinstance(fact, RiskDecided)}
    assert decided["less"].allowed  # type: ignore[index]  # a text is an operation id here
    assert "not raised" in decided["less"].verdicts[-1].seen  # type: ignore[index]
    assert not decided["more"].allowed  # type: ignore[index]


def test_a_loss_stop_lets_a_position_be_reduced_and_not_turned(desk: Desk) -> None:
    desk.receive(set_limits(max_daily_loss_usd=Decimal(1000)))
    desk.receive(submit("a", buy="1"))
    desk.receive(traded("a", "t-1", "1"))
    desk.receive(quote(PERP, "48000", "48000.2", desk.now_ns))
    for name, sell, status in (("part", "0.6", OrderStatus.SUBMITTED), ("too-much", "0.5", OrderStatus.REJECTED)):
        desk.receive(submit(name, sell=sell))
        assert desk.status(name) is status
    desk.pass_time(24 * 60 * 60)
    desk.receive(submit("tomorrow", buy="0.1"))
    assert desk.status("tomorrow") is OrderStatus.SUBMITTED


def test_a_sell_below_the_market_is_valued_at_what_it_would_bring(desk: Desk) -> None:
    desk.receive(set_limits(max_order_value_usd=Decimal(50_000)))
    desk.receive(submit("a", sell="1.1", at="100"))
    assert desk.order("a").reason_code == "RISK_MAX_ORDER_VALUE"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("100", "100"),
        ("100.00", "100"),
        ("100.10", "100.1"),
        ("-0.5", "-0.5"),
        ("1E+3", "1000"),
        ("0E-20", "0"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("1.000000000000000001", "1.000000000000000001"),
        ("1.1234567890123456785", "1.123456789012345678"),  # half to even
        ("1.0000000000000000001", "1"),
    ],
)
def test_an_amount_is_shown_plainly_to_eighteen_places(amount: str, text: str) -> None:
    assert shown(Decimal(amount)) == text
