"""Orders whose cost was worked out by hand; each figure is reckoned in the comment beside it."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from core.tca.analysis import Analysis
from core.tca.tape import Tapes
from ports.instruments import InstrumentKey
from ports.results import TcaRow
from ports.values import Liquidity, OperationId, OrderStatus, Side

from fakes.tca_market import INVERSE, PERP, SPOT, USD_PER, Session, at, quotes, tapes, volume

D = Decimal
# The mid: 100 when the order arrives, 101 when it leaves, 103 at its second trade, 104 at its end, 110 after that.
RISING = quotes((0, "99", "101"), (2, "100", "102"), (6, "102", "104"), (9, "103", "105"), (20, "109", "111"))


def measured(
    session: Session, market: Tapes, until: float = 1_000, markouts: Sequence[int] = (1,)
) -> dict[str, TcaRow]:
    rows = Analysis(market, USD_PER, at(until), markouts).rows(session.entries)
    return {row.operation_id: row for row in rows}


def bought_in_two(amended: str = "") -> Session:
    """Ten asked for, eight bought: five at 102.5 crossing, three at 102 resting; the rest is given up at the end."""
    session = Session()
    session.order("op", 1)
    session.release("op", 3)
    if amended:
        session.amend("op", 3.5, amended)
    session.fill("op", 4, "5", "102.5", fee="0.5")
    session.fill("op", 7, "3", "102", fee="-0.1", liquidity=Liquidity.MAKER)
    session.cancel("op", 10)
    return session


def test_a_rising_market_is_taken_apart_as_by_hand() -> None:
    row = measured(bought_in_two(), tapes(RISING))["op"]
    assert (row.arrival_price, row.release_price, row.end_price) == (D(100), D(101), D(104))
    assert row.delay == D(8)  # 8 bought, the mid had risen by 1 when the order left
    assert row.timing == D(6)  # 5 at a mid of 101 and 3 at a mid of 103, from 101: 3 * 2
    assert row.spread == D(2)  # 5 across half a spread of 1, less 3 that earned it
    assert row.impact == D("2.5")  # 5 paid 0.5 beyond the ask of 102, 3 traded at their own bid
    assert row.fees == D("0.4")  # 0.5 less a rebate of 0.1
    assert row.opportunity == D(8)  # 2 never bought, 4 dearer at the end
    assert row.shortfall == D("26.9")  # and that is 5 * 2.5 + 3 * 2 + 0.4 + 8
    assert row.notional == D(1000)
    assert row.shortfall_bps == D(269)
    assert row.average_price == D("102.3125")
    assert row.unmeasured == ""
    assert row.status is OrderStatus.CANCELED


def test_a_sell_in_the_same_market_gains_what_a_buy_pays() -> None:
    session = Session()
    session.order("op", 1, Side.SELL)
    session.release("op", 3)
    session.fill("op", 7, "10", "102", side=Side.SELL, status=OrderStatus.FILLED)
    row = measured(session, tapes(RISING))["op"]
    assert (row.delay, row.timing, row.spread, row.impact) == (D(-10), D(-20), D(10), D(0))
    assert (row.opportunity, row.shortfall) == (D(0), D(-20))


def test_markouts_are_the_mid_so_long_after_each_trade_as_far_as_it_was_seen() -> None:
    row = measured(bought_in_two(), tapes(RISING, until=21), until=21, markouts=(2, 14))["op"]
    two, fourteen = row.markouts
    # After two seconds: 5 at 102.5 with the mid at 103, 3 at 102 with it at 104.
    assert (two.quantity, two.amount) == (D(8), D("2.5") + D(6))
    # After fourteen the first trade's mid is still that of 104; the second's, at 21 s, is 110.
    assert (fourteen.quantity, fourteen.amount) == (D(8), D("7.5") + D(24))
    late = measured(bought_in_two(), tapes(RISING, until=20), until=20, markouts=(14,))["op"].markouts[0]
    assert (late.quantity, late.amount) == (D(5), D("7.5")), "the session ended before the other could be seen"


def test_the_interval_is_from_arrival_to_the_end_and_volume_counts_whole_seconds() -> None:
    traded = [volume(0, "50", "5000"), volume(1, "10", "1000"), volume(9, "30", "3130"), volume(11, "9", "999")]
    row = measured(bought_in_two(), tapes(RISING, volumes=traded))["op"]
    # The mid from 1 s to 10 s: 100 for one second, 101 for four, 103 for three, 104 for one.
    assert row.interval_twap == D("101.888888888888888889")
    assert row.interval_vwap == D("103.25")  # (1000 + 3130) / 40
    assert row.market_quantity == D(40)
    assert row.participation_pct == D(20)
    assert row.vwap_slippage_bps == D("-90.799031476997578692")  # -0.9375 / 103.25


def test_an_inverse_order_costs_its_base() -> None:
    market = quotes((0, "49990", "50010"), key=INVERSE)
    session = Session()
    session.order("op", 1, quantity="1000", key=INVERSE)
    session.release("op", 1, INVERSE)
    session.fill("op", 2, "1000", "50200", key=INVERSE, fee="0.00001", paid_in="BTC", status=OrderStatus.FILLED)
    row = measured(session, tapes(market))["op"]
    assert row.currency == "BTC"
    # 1000 / 50000 - 1000 / 50200, and the fee: what the buyer owes more of the base than at the mid.
    assert row.shortfall == 1000 * (D("0.00002") - D("0.000019920318725100")) + D("0.00001")
    assert row.notional == D("0.02")
    assert row.usd_rate == D(50000)


def test_a_fee_in_the_coin_that_was_bought_is_worth_the_trades_price() -> None:
    session = Session()
    session.order("op", 1, quantity="2", key=SPOT)
    session.release("op", 1, SPOT)
    session.fill("op", 1, "2", "101", key=SPOT, fee="0.002", paid_in="BTC", status=OrderStatus.FILLED)
    row = measured(session, tapes(quotes((0, "99", "101"), key=SPOT)))["op"]
    assert row.fees == D("0.202")


def test_a_fee_in_a_third_coin_is_worth_what_its_own_market_says_and_unknown_without_one() -> None:
    coin = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BNB-USDT")
    session = Session()
    session.order("op", 1, quantity="1")
    session.release("op", 1)
    session.fill("op", 1, "1", "101", fee="0.01", paid_in="BNB", status=OrderStatus.FILLED)
    known = measured(session, tapes([*RISING, *quotes((0, "599", "601"), key=coin)]))["op"]
    assert known.fees == D(6)
    unknown = measured(session, tapes(RISING))["op"]
    assert (unknown.fees, unknown.shortfall, unknown.unmeasured) == (None, None, "no rate for a fee")


def test_a_parent_has_its_childrens_trades_and_each_child_a_row_of_its_own() -> None:
    session = Session()
    session.order("twap", 1, quantity="6", exec_algorithm="TWAP")
    session.start_parent("twap", 1)
    for number, (seconds, price) in enumerate([(3, "102"), (7, "104")], 1):
        child = f"twap.{number}"
        session.order(child, seconds, quantity="3", parent_operation_id=OperationId("twap"))
        session.release(child, seconds)
        session.fill(child, seconds, "3", price, status=OrderStatus.FILLED)
    session.end_parent("twap", 7.5, OrderStatus.FILLED)
    rows = measured(session, tapes(RISING))
    parent, second = rows["twap"], rows["twap.2"]
    assert (parent.is_parent, parent.exec_algorithm, parent.fills) == (True, "TWAP", 2)
    assert (parent.delay, parent.timing, parent.spread, parent.shortfall) == (D(6), D(6), D(6), D(18))
    assert second.parent_operation_id == "twap"
    assert (second.arrival_price, second.shortfall) == (D(103), D(3)), "a child is measured from its own arrival on"


def test_an_order_over_two_venues_is_measured_against_the_best_of_both() -> None:
    other = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")
    session = Session()
    session.order("smart", 1, quantity="4")
    session.start_parent("smart", 1)
    for number, key in enumerate((PERP, other), 1):
        leg = f"smart.{number}"
        session.order(leg, 1, quantity="2", key=key, parent_operation_id=OperationId("smart"))
        session.release(leg, 1, key)
        session.fill(leg, 1, "2", "101", key=key, status=OrderStatus.FILLED)
    session.end_parent("smart", 1, OrderStatus.FILLED)
    row = measured(session, tapes([*RISING, *quotes((0, "98", "100"), key=other)]))["smart"]
    assert row.arrival_price == D("99.5")  # best bid 99, best ask 100
    assert row.shortfall == D(6)


def test_a_stop_arrives_when_it_is_triggered_and_has_no_row_before() -> None:
    session = Session()
    for name in ("waits", "met"):
        session.order(name, 1, quantity="1")
        session.hold(name, 1)
    session.trigger("met", 6)
    session.release("met", 6)
    session.fill("met", 6, "1", "104", status=OrderStatus.FILLED)
    rows = measured(session, tapes(RISING))
    assert list(rows) == ["met"]
    assert (rows["met"].arrival_price, rows["met"].shortfall) == (D(103), D(1))


def test_a_trade_that_was_found_late_is_measured_at_the_venues_time() -> None:
    session = Session()
    session.order("op", 1, quantity="1")
    session.release("op", 1)
    session.fill("op", 25, "1", "101", venue_seconds=1.5, status=OrderStatus.FILLED)
    row = measured(session, tapes(RISING))["op"]
    assert (row.timing, row.spread) == (D(0), D(1))


def test_an_amended_quantity_is_what_was_ordered() -> None:
    row = measured(bought_in_two(amended="8"), tapes(RISING))["op"]
    assert (row.quantity, row.opportunity) == (D(8), D(0))


@pytest.mark.parametrize(
    ("missing", "unknown"),
    [
        ("arrival", {"delay", "opportunity", "shortfall"}),
        ("release", {"delay", "timing"}),
        ("trade", {"timing", "spread", "impact"}),
        ("end", {"opportunity", "shortfall"}),
    ],
)
def test_what_nobody_saw_is_unknown_and_never_zero(missing: str, unknown: set[str]) -> None:
    times = {"arrival": 100, "release": 200, "trade": 300, "end": 400}
    seen = quotes(*((seconds, "99", "101") for name, seconds in times.items() if name != missing))
    session = Session()
    session.order("op", 100.5)
    session.release("op", 200.5)
    session.fill("op", 300.5, "5", "101")
    session.cancel("op", 400.5)
    row = measured(session, tapes(seen))["op"]
    parts = ("delay", "timing", "spread", "impact", "fees", "opportunity", "shortfall")
    assert {name for name in parts if getattr(row, name) is None} == unknown
    assert missing in row.unmeasured
    assert (row.interval_twap, row.market_quantity) == (None, None)


def test_a_market_that_fell_silent_for_over_a_minute_has_no_averages() -> None:
    traded = [volume(2, "1", "100")]
    session = Session()
    session.order("op", 1, quantity="1")
    session.release("op", 1)
    session.fill("op", 100, "1", "101", status=OrderStatus.FILLED)
    seen = quotes((0, "99", "101"), (40, "99", "101"), (99, "99", "101"))
    whole = measured(session, tapes(seen, volumes=traded))["op"]
    assert (whole.interval_twap, whole.interval_vwap, whole.market_quantity) == (D(100), D(100), D(1))
    silent = measured(session, tapes([seen[0], seen[2]], volumes=traded))["op"]
    assert (silent.interval_twap, silent.interval_vwap, silent.market_quantity) == (None, None, None)
    assert silent.shortfall == D(1), "its arrival and its trade were seen all the same"


def test_nothing_traded_is_zero_and_nobody_counting_is_unknown() -> None:
    session = bought_in_two()
    nothing = measured(session, tapes(RISING, volumes=[]))["op"]
    assert (nothing.market_quantity, nothing.participation_pct, nothing.interval_vwap) == (D(0), None, None)
    assert measured(session, tapes(RISING))["op"].market_quantity is None
