"""Each line of a cost, by its formula, and what the sums make of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.routing.decision import CostSheet, NoRouteFound, explain
from core.routing.offers import FillHistory, RoutingRules, SlippageHistory, VenueOffer
from core.routing.router import decide
from ports.values import Currency

from fakes.offers import FREE, decided, levels, offer, order, shares

D = Decimal
ASKS = levels(("100", "1"), ("101", "1"), ("103", "5"))
BIDS = levels(("99", "4"), ("98", "4"))
SECOND = 1_000_000_000


def lines(found: VenueOffer, buy: str = "2", rules: RoutingRules = FREE) -> dict[str, Decimal]:
    """The cost of a purchase, line by line."""
    (leg,) = decided(decide(order(buy=buy), [found], rules)).legs
    (sheet,) = leg.costs
    return dict(sheet.lines_usd)


def sheet(found: VenueOffer, rules: RoutingRules = FREE, **terms: str) -> CostSheet:
    (leg,) = decided(decide(order(**terms), [found], rules)).legs
    return leg.costs[0]


def test_the_spread_is_from_the_reference_to_the_touch_and_the_book_from_there_on() -> None:
    assert lines(offer(asks=ASKS, bids=BIDS)) == {"spread": D(1), "book": D(1)}  # 2 x 0.5, and 1 more for the second


def test_a_sale_is_costed_as_a_purchase_is() -> None:
    found = sheet(offer(asks=ASKS, bids=BIDS), sell="6")
    assert dict(found.lines_usd) == {"spread": D(3), "book": D(2)}
    assert found.notional_usd == 4 * 99 + 2 * 98


def test_a_fee_is_its_rate_of_what_is_paid_and_a_rebate_is_earned() -> None:
    assert lines(offer(asks=ASKS, bids=BIDS, fee="0.001"))["fee"] == D("0.201")
    assert lines(offer(asks=ASKS, bids=BIDS, fee="-0.001"))["rebate"] == D("-0.201")


def test_latency_and_staleness_grow_with_the_root_of_time() -> None:
    made = lines(
        offer(asks=ASKS, bids=BIDS, volatility_bps=D(100), round_trip_ns=SECOND, age_ns=3 * SECOND),
        rules=RoutingRules(max_age_ns=9 * SECOND),
    )
    assert made["latency"] == D("0.00398942280") * 201
    assert made["staleness"] == D("0.00398942280") * 201  # the root of 4 seconds is twice that of 1


def test_slippage_is_what_orders_paid_there_beyond_what_was_feared_weighed_against_the_assumption() -> None:
    rules = RoutingRules(unknown_volatility_bps=D(100), unknown_round_trip_ns=SECOND, prior_weight=D(20))
    seen = SlippageHistory(orders=D(20), total_bps=D(1_000))  # 50 bps an order
    made = lines(offer(asks=ASKS, bids=BIDS, slippage=seen), rules=rules)
    assert made["slippage"] == (D("0.005") - D("0.00398942280")) / 2 * 201
    better = lines(offer(asks=ASKS, bids=BIDS, slippage=replace(seen, total_bps=D(-1_000))), rules=rules)
    assert better["slippage"] == -(D("0.005") + D("0.00398942280")) / 2 * 201


def test_what_orders_missed_there_is_gone_after_one_round_trip_later_at_a_price_that_has_moved_away() -> None:
    rules = RoutingRules(unknown_volatility_bps=D(100), unknown_round_trip_ns=2 * SECOND, prior_weight=D(20))
    made = lines(offer(asks=ASKS, bids=BIDS, takes=FillHistory(orders=D(20), filled=D(10))), rules=rules)
    assert made["missed"] == D("0.25") * 2 * (2 * D("0.00398942280")) * 201  # of four seconds, the root is two
    assert "missed" not in lines(
        offer(asks=ASKS, bids=BIDS, takes=FillHistory(orders=D(20), filled=D(20))), rules=rules
    )


@given(st.integers(0, 400), st.integers(0, 400), st.integers(-100, 100), st.integers(-100, 100), st.integers(0, 99))
def test_the_more_a_venue_missed_or_slipped_lately_the_dearer_it_is(
    filled: int, less: int, bps: int, more: int, weight: int
) -> None:
    def cost(share: int, mean_bps: int) -> Decimal:
        orders = D(weight + 1) / 7
        history = FillHistory(orders=orders, filled=orders * share / 400)
        slipped = SlippageHistory(orders=orders, total_bps=orders * mean_bps)
        rules = RoutingRules(unknown_volatility_bps=D(3))
        return sheet(offer(asks=ASKS, bids=BIDS, takes=history, slippage=slipped), rules, buy="2").total_usd

    low, high = sorted((filled, less))
    small, large = sorted((bps, more))
    slack = D("1e-6")  # nine digits
    assert cost(high, small) <= cost(low, small) + slack
    assert cost(high, small) <= cost(high, large) + slack


def test_what_was_never_measured_costs_what_the_rules_assume() -> None:
    rules = RoutingRules(unknown_volatility_bps=D(100), unknown_round_trip_ns=SECOND)
    assert lines(offer(asks=ASKS, bids=BIDS), rules=rules)["latency"] == D("0.00398942280") * 201


def test_funding_is_paid_by_longs_where_it_falls_due_while_the_position_is_held() -> None:
    due = offer(kind="PERPETUAL:BTC-USDT", asks=ASKS, bids=BIDS, funding_rate=D("0.0001"), funding_in_ns=SECOND)
    assert lines(due)["funding"] == D("0.0201")
    assert dict(sheet(due, sell="1").lines_usd)["funding"] == D("-0.0099")
    later = offer(kind="PERPETUAL:BTC-USDT", asks=ASKS, bids=BIDS, funding_rate=D("0.0001"), funding_in_ns=10**18)
    assert "funding" not in lines(later)


def test_fx_preference_scarce_requests_and_fixed_costs_are_added() -> None:
    made = lines(
        offer(
            asks=ASKS,
            bids=BIDS,
            fx_cost_bps=D(10),
            preference_bps=D(-20),
            requests_left=D("0.1"),
            fixed_cost_usd=D("0.25"),
        )
    )
    assert made["fx"] == D("0.201")
    assert made["preference"] == D("-0.402")
    assert made["headroom"] == D("0.05025")  # half of the scarce 5 bps
    assert made["fixed"] == D("0.25")


def test_a_fee_paid_in_what_is_bought_leaves_half_a_lot_of_dust() -> None:
    paid_in_base = offer(asks=ASKS, bids=BIDS, lot="0.1", fee_currency=Currency("BTC"))
    assert lines(paid_in_base)["rounding"] == D("4.975")  # half of 0.1 at 99.5


@pytest.mark.parametrize(("buy", "impact"), [("5", "8"), ("2", "1")])
def test_what_is_behind_the_visible_depth_costs_the_root_of_how_much_it_is(buy: str, impact: str) -> None:
    thin = offer(asks=levels(("100", "1")), bids=levels(("100", "1")))
    rules = RoutingRules(unknown_volatility_bps=D(0), impact_bps=D(100))
    assert lines(thin, buy=buy, rules=rules) == {"impact": D(impact)}  # 4 times what is visible: 2 % on each of the 4


def test_amounts_of_other_currencies_compare_in_usd() -> None:
    euros = offer("EURO", asks=levels(("100", "9")), bids=levels(("99", "9")), usd_per_quote=D("1.1"))
    dollars = offer("DOLLAR", asks=levels(("109", "9")), bids=levels(("108", "9")))
    assert shares(decide(order(buy="2"), [euros, dollars], FREE)) == {"DOLLAR": "2"}
    assert shares(decide(order(sell="2"), [euros, dollars], FREE)) == {"EURO": "2"}


OPTION = "OPTION:BTC-USD-60000-270326-CALL@INV"


def test_an_option_that_is_priced_in_its_base_is_costed_in_what_that_is_worth() -> None:
    coins: dict[str, Any] = {
        "lot": "0.1",
        "tick": "0.0005",
        "fee": "0.01",
        "usd_per_base": D(60_000),
        "fee_currency": Currency("BTC"),
    }
    option = offer(kind=OPTION, asks=levels(("0.05", "1"), ("0.06", "9")), bids=levels(("0.04", "9")), **coins)
    # The mid is 0.045 BTC, or 2700 USD. Two of it: one at 0.05 and one at 0.06, 0.11 BTC or 6600 USD in all.
    assert lines(option, buy="2") == {"spread": D(600), "book": D(600), "fee": D(66)}  # 2 * 300; 600; 1 % of 6600


def test_of_two_such_options_the_cheaper_is_known_by_its_price_in_the_base() -> None:
    dear = offer("DEAR", kind=OPTION, asks=levels(("0.05", "9")), bids=levels(("0.04", "9")), usd_per_base=D(60_000))
    cheap = offer(
        "CHEAP", kind=OPTION, asks=levels(("0.0499", "9")), bids=levels(("0.04", "9")), usd_per_base=D(60_000)
    )
    assert shares(decide(order(buy="2"), [dear, cheap], FREE)) == {"CHEAP": "2"}


def test_without_a_rate_of_its_base_such_an_option_is_left_out_and_never_taken_for_dollars() -> None:
    unknown = offer(kind=OPTION, asks=levels(("0.05", "9")), bids=levels(("0.04", "9")))
    found = decide(order(buy="2"), [unknown], FREE)
    assert isinstance(found, NoRouteFound)
    assert [one.code for one in found.excluded] == ["NO_RATE"]


def test_an_inverse_instrument_is_costed_by_what_its_notional_buys() -> None:
    inverse = offer(
        kind="PERPETUAL:BTC-USD@INV",
        asks=levels(("50000", "1000"), ("62500", "9000")),
        bids=levels(("50000", "9000")),
        lot="10",
        least="10",
        fee="0.001",
    )
    made = lines(inverse, buy="2000")
    assert made == {"book": D(200), "fee": D(2)}  # 1000 USD at 62500 buy 0.004 BTC less, which are 200 USD at 50000


def test_an_order_in_several_places_explains_each_of_them() -> None:
    market = [
        offer("ALPHA", asks=levels(("100", "1"), ("110", "9")), bids=BIDS, fee="0.001"),
        offer("BETA", asks=levels(("100.5", "1"), ("101", "3")), bids=BIDS),
        offer("GAMMA", asks=ASKS, bids=BIDS, age_ns=60 * SECOND),
    ]
    text = list(explain(decide(order(buy="3"), market, FREE)))
    assert text[0].startswith("split: cheapest at 2 of 2 venues; expected cost ")
    assert "  BUY 1 at ALPHA at the market" in text
    assert "    fee 0.1 USD (10 bps)" in text
    assert any(line.startswith("  alone at BETA: ") for line in text)
    assert "  left out GAMMA: STALE, its book is 60000000000 ns old, and others can fill the order" in text


def test_history_and_the_queue_decide_where_to_wait() -> None:
    def venue(name: str, queue: str, history: FillHistory | None = None) -> VenueOffer:
        return offer(
            name,
            asks=levels(("101", "9")),
            bids=levels(("100", queue)),
            traded_per_second=D("0.1"),
            fee="0.001",
            posts=history,
        )

    waiting = order(buy="1", limit="100", post_only=True)
    assert shares(decide(waiting, [venue("LONG", "50"), venue("SHORT", "2")], FREE)) == {"SHORT": "1"}
    known = FillHistory(orders=D(1000), filled=D(999))
    assert shares(decide(waiting, [venue("LONG", "50", history=known), venue("SHORT", "2")], FREE)) == {"LONG": "1"}
