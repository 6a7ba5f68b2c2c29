"""Where orders of each kind go."""

from dataclasses import replace
from decimal import Decimal

from core.routing.offers import Health, Intent, OrderToRoute, RoutingRules
from core.routing.policies import Sweep
from core.routing.posting import has_left
from core.routing.router import decide
from core.routing.stage import Plan, Stage
from ports.values import AccountId, Currency, Price, Side, VenueId, plain

from fakes.offers import FREE, decided, left_out, levels, offer, order, refused, shares

D = Decimal
BIDS = levels(("99", "9"))
ALPHA = offer("ALPHA", asks=levels(("100", "2"), ("103", "9")), bids=BIDS)
BETA = offer("BETA", asks=levels(("101", "5")), bids=BIDS)
STALE = offer("STALE", asks=levels(("90", "99")), bids=BIDS, age_ns=60_000_000_000)
ILL = offer("ILL", asks=levels(("90", "99")), bids=BIDS, health=Health.DEGRADED)
DOWN = offer("DOWN", asks=levels(("90", "99")), bids=BIDS, health=Health.DOWN)


def test_an_order_is_split_where_that_is_cheaper() -> None:
    assert shares(decide(order(buy="4"), [ALPHA, BETA], FREE)) == {"ALPHA": "2", "BETA": "2"}


def test_an_order_that_permits_no_split_goes_where_all_of_it_is_cheapest() -> None:
    whole = order(buy="4", split_allowed=False)
    assert shares(decide(whole, [ALPHA, BETA], FREE)) == {"BETA": "4"}
    assert shares(decide(order(buy="4", fill_whole=True), [ALPHA, BETA], FREE)) == {"BETA": "4"}


def test_the_others_are_named_as_fallbacks_cheapest_first_and_doubtful_ones_last() -> None:
    gamma = offer("GAMMA", asks=levels(("104", "9")), bids=BIDS)
    found = decided(decide(order(buy="2"), [STALE, gamma, BETA, ALPHA], FREE))
    assert found.fallbacks == ("BETA", "GAMMA", "STALE")


def test_a_stale_or_ill_venue_is_asked_only_where_the_healthy_cannot_fill() -> None:
    market = [ALPHA, STALE, ILL, DOWN]
    found = decide(order(buy="5"), market, FREE)
    assert shares(found) == {"ALPHA": "5"}
    assert left_out(found) == {"STALE": "STALE", "ILL": "DEGRADED", "DOWN": "DOWN"}
    assert set(shares(decide(order(buy="50"), market, FREE))) <= {"ALPHA", "STALE", "ILL"}
    assert "DOWN" not in shares(decide(order(buy="50"), market, FREE))


def test_an_order_larger_than_all_that_is_visible_still_goes_somewhere_and_says_so() -> None:
    found = decided(decide(order(buy="40"), [ALPHA, BETA], FREE))
    assert found.quantity == 40
    assert "behind what is visible" in found.reason


def test_an_order_goes_only_where_it_permits() -> None:
    named = order(buy="2", venues=(VenueId("BETA"),))
    assert shares(decide(named, [ALPHA, BETA], FREE)) == {"BETA": "2"}
    by_account = order(buy="2", account=AccountId("BETA"))
    assert shares(decide(by_account, [ALPHA, BETA], FREE)) == {"BETA": "2"}
    assert refused(decide(order(buy="2", venues=(VenueId("OMEGA"),)), [ALPHA], FREE)).code == "NO_ROUTE"


def test_a_limit_takes_what_is_there_and_waits_with_the_rest_at_the_best_venue() -> None:
    found = decided(decide(order(buy="9", limit="101"), [ALPHA, BETA], FREE))
    assert {leg.account: (plain(leg.quantity), plain(leg.waits)) for leg in found.legs} in (
        {"ALPHA": ("4", "2"), "BETA": ("5", "0")},
        {"ALPHA": ("2", "0"), "BETA": ("7", "2")},
    )
    assert {leg.price for leg in found.legs} == {D(101)}


def test_a_limit_off_the_tick_of_a_venue_is_never_made_dearer() -> None:
    coarse = replace(ALPHA, instrument=replace(ALPHA.instrument, tick_size=Price(D("0.5"))))
    (leg,) = decided(decide(order(buy="1", limit="100.3"), [coarse], FREE)).legs
    assert leg.price == D("100.0")
    sale = replace(coarse, bids=levels(("101", "9")))
    (leg,) = decided(decide(order(sell="1", limit="100.3"), [sale], FREE)).legs
    assert leg.price == D("100.5")


def test_an_order_that_may_only_wait_goes_where_it_does_not_trade() -> None:
    found = decide(order(buy="1", limit="100", post_only=True), [ALPHA, BETA], FREE)
    assert shares(found) == {"BETA": "1"}
    assert left_out(found) == {"ALPHA": "WOULD_CROSS"}


def test_an_order_that_wants_to_wait_joins_the_best_price_of_its_side() -> None:
    (leg,) = decided(decide(order(buy="1", intent=Intent.POST), [ALPHA], FREE)).legs
    assert (leg.price, leg.waits) == (D(99), D(1))


def test_a_waiting_order_is_left_behind_where_its_side_has_moved_away() -> None:
    rules = RoutingRules(leave_bps=D(3))
    assert not has_left(Side.BUY, D(99), ALPHA, rules)
    assert has_left(Side.BUY, D("98.9"), ALPHA, rules)
    assert not has_left(Side.SELL, D("100.02"), ALPHA, rules)
    assert has_left(Side.SELL, D("100.1"), ALPHA, rules)
    assert not has_left(Side.BUY, D(1), replace(ALPHA, bids=()), rules)


def test_a_closing_order_goes_where_the_position_is() -> None:
    held = [replace(ALPHA, position=D(-1)), replace(BETA, position=D(-4))]
    assert shares(decide(order(buy="4", closes=True), held, FREE)) == {"ALPHA": "1", "BETA": "3"}
    assert shares(decide(order(buy="4"), held, FREE)) == {"ALPHA": "2", "BETA": "2"}
    assert shares(decide(order(buy="6", closes=True), held, FREE)) == {"ALPHA": "2", "BETA": "4"}  # more than is held


def test_an_order_that_may_only_reduce_is_refused_rather_than_opening_anything() -> None:
    held = [replace(ALPHA, position=D(-1)), replace(BETA, position=D(5))]
    assert shares(decide(order(buy="1", reduce_only=True), held, FREE)) == {"ALPHA": "1"}
    found = refused(decide(order(buy="2", reduce_only=True), held, FREE))
    assert left_out(found) == {"ALPHA": "NOT_ENOUGH", "BETA": "NO_POSITION"}


def test_a_sweep_ignores_what_one_more_order_costs_and_limits_each_to_its_last_price() -> None:
    dear = [replace(each, fixed_cost_usd=D(50)) for each in (ALPHA, BETA)]
    assert shares(decide(order(buy="4"), dear, FREE)) == {"BETA": "4"}
    found = decided(decide(order(buy="4"), dear, FREE, Sweep()))
    assert {leg.account: str(leg.price) for leg in found.legs} == {"ALPHA": "100", "BETA": "101"}


def test_a_plan_that_breaks_a_rule_is_not_carried_out() -> None:
    class Greedy:
        """Sends everything twice."""

        name = "greedy"

        def plan(self, order: OrderToRoute, stage: Stage) -> Plan | None:
            parts = tuple([order.quantity] * len(stage.candidates))
            return Plan(parts=parts, waits=(D(0),) * len(parts), reason="more is better", is_proven=False)

    found = refused(decide(order(buy="1"), [ALPHA, BETA], FREE, Greedy()))
    assert found.code == "POLICY_FAULT"
    assert "greedy" in found.reason


def test_a_balance_limits_what_goes_there() -> None:
    poor = replace(ALPHA, free_funds=D(150))
    assert shares(decide(order(buy="4"), [poor, BETA], FREE)) == {"ALPHA": "1.5", "BETA": "2.5"}
    short = replace(ALPHA, bids=levels(("100", "9")), free_quantity=D("0.5"))
    assert shares(decide(order(sell="2"), [short, BETA], FREE)) == {"ALPHA": "0.5", "BETA": "1.5"}


def test_the_fee_has_to_be_paid_out_of_the_same_funds_unless_it_is_paid_in_something_else() -> None:
    def given(currency: str) -> str:
        poor = replace(ALPHA, free_funds=D(150), taker_rate=D("0.01"), fee_currency=Currency(currency))
        return shares(decide(order(buy="4"), [poor, BETA], FREE))["ALPHA"]

    assert (given("USDT"), given("BNB")) == ("1.485", "1.5")


def test_a_price_without_any_size_is_no_quote() -> None:
    empty = offer("EMPTY", asks=levels(("90", "0"), ("91", "0")), bids=BIDS)
    assert left_out(decide(order(buy="1"), [ALPHA, empty], FREE)) == {"EMPTY": "NO_QUOTE"}
    assert refused(decide(order(buy="1"), [empty], FREE)).code == "NO_ROUTE"
