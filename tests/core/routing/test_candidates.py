"""One venue made ready for one order, worked by hand: what its units cost, what is feared behind them, its limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.routing.amounts import NoRoom
from core.routing.candidates import Candidate, Quoted, candidate, reference_of
from core.routing.costs import fill_odds, posting_sheet
from core.routing.estimates import blend, bps_of, odds_of_trading, rounded_fraction
from core.routing.offers import FillHistory, OrderToRoute, RoutingRules, VenueOffer, kind_of
from core.routing.supply import Supply
from ports.values import Side

from fakes.offers import FREE, levels, offer, order

D = Decimal
ASKS, BIDS = levels(("100", "1"), ("110", "1")), levels(("90", "1"), ("80", "1"))
INVERSE = "PERPETUAL:BTC-USD@INV"
FEARED = RoutingRules(unknown_volatility_bps=D(0), impact_bps=D(1000))  # a tenth, for as much again as is visible
SECOND_NS = 1_000_000_000


def quoted(made: VenueOffer, usd: str = "1", *, is_sound: bool = True) -> Quoted:
    return Quoted(made, kind_of(made.instrument.key), D(usd), is_sound)


def found(asked: OrderToRoute, rules: RoutingRules = FEARED, usd: str = "1", **offered: Any) -> Candidate:
    made = offer(**({"asks": ASKS, "bids": BIDS, "lot": "0.5", "least": "0.5"} | offered))
    one = candidate(asked, quoted(made, usd), rules, D(100))
    assert isinstance(one, Candidate)
    return one


def test_a_unit_costs_its_price_and_what_grows_with_it_in_usd() -> None:
    bought = found(order(buy="2"), usd="2", fee="0.01")
    assert list(bought.steps) == [(D("202.00"), D(1)), (D("222.20"), D(1))]
    assert (bought.visible, bought.value, bought.beyond) == (D(2), D(210), None)
    sold = found(order(sell="2"), usd="2", fee="0.01")
    assert list(sold.steps) == [(D("-178.20"), D(1)), (D("-158.40"), D(1))]


def test_a_unit_of_an_inverse_instrument_costs_what_it_buys_less_of_and_its_fee_on_its_notional() -> None:
    asks = levels(("100", "100"), ("125", "100"))
    bought = found(order(buy="200"), kind=INVERSE, lot="10", least="10", asks=asks, fee="0.01", usd="2")
    assert list(bought.steps) == [(D("-1.98"), D(100)), (D("-1.58"), D(100))]
    assert bought.value == D(-180)


def test_what_is_behind_the_visible_depth_is_feared_to_be_dearer_and_never_better_than_the_last_level() -> None:
    bought = found(order(buy="4"), fee="0.01")  # as much again: a tenth above the touch
    assert bought.beyond == D(110)
    far = found(order(buy="10"), fee="0.01")  # four times as much: two tenths
    assert far.beyond == D(120)
    assert far.supply(beyond_visible=True).steps[-1] == (D("121.20"), D(8))
    assert list(far.supply().steps) == list(far.steps)
    near = found(order(buy="2.5"), fee="0.01")
    assert near.beyond == D(110)  # the root of a quarter would be 105: the last level was worse already
    assert found(order(sell="4")).beyond == D(80)
    assert found(order(sell="10")).beyond == D(72)


def test_behind_a_limit_a_full_book_or_no_book_nothing_is_feared() -> None:
    assert found(order(buy="4", limit="110")).beyond is None
    assert found(order(buy="2")).beyond is None
    assert found(order(buy="2"), asks=()).beyond is None


def test_it_supplies_whole_lots_from_least_to_most_and_what_is_fixed_once() -> None:
    one = found(order(buy="2"), most="1.5", fixed_cost_usd=D("0.25"))
    assert one.supply(beyond_visible=True) == Supply(
        steps=one.steps, lot=D("0.5"), least=D("0.5"), most=D("1.5"), fixed=D("0.25")
    )


def test_limited_to_less_it_keeps_its_first_steps() -> None:
    less = found(order(buy="2")).limited_to(D("1.5"))
    assert (less.most, less.visible, less.value) == (D("1.5"), D("1.5"), D(155))
    assert list(less.steps) == [(D(100), D(1)), (D(110), D("0.5"))]
    same = found(order(buy="4")).limited_to(D(3))
    assert (same.most, same.visible) == (D(3), D(2))


@pytest.mark.parametrize(
    ("asked", "price", "visible"),
    [
        (order(buy="2", limit="109.99"), "109.9", "1"),
        (order(buy="2", limit="110"), "110", "2"),
        (order(sell="2", limit="80.01"), "80.1", "1"),
        (order(sell="2", limit="80"), "80", "2"),
    ],
)
def test_a_limit_is_brought_to_the_venues_tick_on_the_safe_side(asked: OrderToRoute, price: str, visible: str) -> None:
    one = found(asked)
    assert (one.price, one.visible) == (D(price), D(visible))


def test_a_limit_below_the_tick_and_a_cost_of_all_of_it_are_no_room() -> None:
    made = offer(asks=ASKS, bids=BIDS, tick="1")
    below = candidate(order(buy="1", limit="0.5"), quoted(made), FREE, D(100))
    assert isinstance(below, NoRoom)
    assert below.code == "OFF_TICK"
    for rate, code in (("1", "ABSURD_COST"), ("-1", "ABSURD_COST"), ("0.99", None), ("-0.99", None)):
        told = candidate(order(buy="1"), quoted(offer(asks=ASKS, bids=BIDS, fee=rate)), FREE, D(100))
        assert (told.code if isinstance(told, NoRoom) else None) == code


def test_the_reference_is_half_way_between_the_best_of_all_venues_in_usd() -> None:
    near = quoted(offer(asks=levels(("100", "1")), bids=levels(("90", "1"))))
    far = quoted(offer("BETA", asks=levels(("49", "1")), bids=levels(("44", "1"))), usd="2")  # 98 and 88
    only_asks, only_bids = quoted(offer(asks=levels(("100", "1")))), quoted(offer(bids=levels(("90", "1"))))
    assert [reference_of(each) for each in ([near], [near, far], [far, near], [only_asks], [only_bids], [])] == [
        D(95), D(94), D(94), D(100), D(90), None,
    ]  # fmt: skip
    inverse = quoted(offer(kind=INVERSE, asks=levels(("100", "1")), bids=levels(("90", "1"))), usd="2")
    assert reference_of([inverse]) == D(95)


def posted(made: VenueOffer, asked: OrderToRoute, at: str, rules: RoutingRules = FREE) -> tuple[Decimal, Any, Decimal]:
    one = candidate(asked, quoted(made), rules, D(95))
    assert isinstance(one, Candidate)
    sheet = posting_sheet(one, asked, asked.quantity, D(at), rules, D(95))
    return sheet.notional_usd, dict(sheet.lines_usd), sheet.total_usd


def test_what_waits_costs_its_price_with_the_odds_of_a_fill_and_else_the_other_sides_touch() -> None:
    # Half of it is expected to fill. A buy at 91 earns 4 below 95, and pays 5 above it at the touch.
    made = offer(asks=ASKS, bids=BIDS, maker_rate=D("0.001"), fee="0.01")
    asked = order(buy="2", limit="91", post_only=True)
    notional, lines, total = posted(made, asked, "91")
    assert notional == D(182)
    assert lines == {"spread": D(-4), "unfilled": D(6), "fee": D("0.091")}  # (5 * 2 + 1 % of 200) / 2
    assert total == D("2.091")
    sold = order(sell="2", limit="99", post_only=True)
    assert posted(made, sold, "99")[1] == {"spread": D(-4), "unfilled": D("5.9"), "fee": D("0.099")}


def test_where_nobody_quotes_the_other_side_what_does_not_fill_costs_the_reference() -> None:
    made = offer(bids=BIDS, fee="0.01")
    lines = posted(made, order(buy="2", limit="91", post_only=True), "91")[1]
    assert lines == {"spread": D(-4), "unfilled": D("0.95")}  # 1 % of 190, half of it


def test_what_waits_in_an_inverse_instrument_is_counted_by_what_its_notional_buys() -> None:
    made = offer(kind=INVERSE, lot="10", least="10", asks=levels(("100", "90")), bids=levels(("90", "90")), fee="0.01")
    notional, lines, _ = posted(made, order(buy="190", limit="95", post_only=True), "95")
    assert notional == D(190)
    assert lines == {"unfilled": D("5.7")}  # 190 at 100 buy a twentieth less than at 95: 9.5, and 1 % of 190; half


@pytest.mark.parametrize(
    ("side", "price", "ahead"),
    [(Side.BUY, "90", "3"), (Side.BUY, "89", "3"), (Side.BUY, "80", "4"), (Side.BUY, "91", "2"),
     (Side.SELL, "100", "3"), (Side.SELL, "101", "3"), (Side.SELL, "110", "4"), (Side.SELL, "99", "2")],
)  # fmt: skip
def test_what_stands_at_a_better_or_the_same_price_has_to_trade_first(side: Side, price: str, ahead: str) -> None:
    made = offer(asks=ASKS, bids=BIDS, traded_per_second=D("0.1"))
    wanted = odds_of_trading(D("0.1"), 30 * SECOND_NS, D(ahead))
    assert fill_odds(side, made, D(2), D(price), FREE) == wanted


def test_history_is_weighed_against_the_queue_by_how_much_of_it_there_is() -> None:
    def odds(posts: FillHistory | None) -> Decimal:
        return fill_odds(Side.BUY, offer(posts=posts), D(1), D(90), FREE)

    assert odds(None) == odds(FillHistory(orders=D(0), filled=D(0))) == D("0.5")
    assert odds(FillHistory(orders=D(60), filled=D(60))) == D("0.875")  # (20 * 0.5 + 60) / 80


def test_a_quotient_has_nine_digits_and_a_mean_without_weight_is_the_prior() -> None:
    assert rounded_fraction(D(1), D(3)) == D("0.333333333")
    assert blend(D("0.3"), D(0), D(1), D(0)) == D("0.3")
    assert blend(D("0.3"), D(1), D("1.8"), D(2)) == D("0.7")
    assert (bps_of(D(1), D(0)), bps_of(D(1), D(3))) == (D(0), D("3333.333333"))
