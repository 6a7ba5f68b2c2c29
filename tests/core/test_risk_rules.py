"""Each rule lets the last permitted order pass, refuses the next, and says what it saw."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from ports.capabilities import PLAIN_ORDERS
from ports.commands import SubmitOrder
from ports.facts import RiskDecided, Verdict
from ports.instruments import InstrumentKey
from ports.replies import ControlReply
from ports.reports import SessionUp
from ports.values import AccountId, OrderStatus, Side, VenueId

from fakes.desk import Desk
from fakes.sayings import (
    BYBIT_PERP,
    INVERSE,
    PERP,
    SPOT,
    accepted,
    canceled,
    listed,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)


@dataclass
class Case:
    """Limits under which `before` and `passes` go out and `refused` does not, because of one rule."""

    limits: dict[str, Any]
    passes: SubmitOrder
    refused: SubmitOrder
    verdict: Verdict
    before: list[SubmitOrder] = field(default_factory=list)


HUNDRED = Decimal(100)
CASES = {
    "order quantity of its instrument": Case(
        {"max_order_quantity": {PERP: Decimal("0.5"), "*": Decimal("0.1")}},
        submit("a", buy="0.5"),
        submit("b", buy="0.501"),
        Verdict("max_order_quantity", False, "0.501", "0.5", "instrument units"),
    ),
    "order quantity by default": Case(
        {"max_order_quantity": {PERP: Decimal("0.5"), "*": Decimal("0.1")}},
        submit("a", buy="0.1", instrument=BYBIT_PERP),
        submit("b", buy="0.101", instrument=BYBIT_PERP),
        Verdict("max_order_quantity", False, "0.101", "0.1", "instrument units"),
    ),
    "order value": Case(
        {"max_order_value_usd": Decimal(20000)},
        submit("a", sell="0.4", at="50000"),
        submit("b", sell="0.4", at="50000.1"),
        Verdict("max_order_value", False, "20000.04", "20000", "USD"),
    ),
    "order value of a market order, at the touch": Case(
        {"max_order_value_usd": Decimal("50000.1")},
        submit("a", buy="1"),
        submit("b", buy="1.001"),
        Verdict("max_order_value", False, "50050.1001", "50000.1", "USD"),
    ),
    "order value of a limit far below the market, at what it would meet": Case(
        {"max_order_value_usd": Decimal("49999.9")},
        submit("a", sell="1", at="1000"),
        submit("b", sell="1.001", at="1000"),
        Verdict("max_order_value", False, "50049.8999", "49999.9", "USD"),
    ),
    "order value of an inverse order, whose amount is its value": Case(
        {"max_order_value_usd": Decimal(1000)},
        submit("a", buy="1000", instrument=INVERSE),
        submit("b", buy="1010", instrument=INVERSE),
        Verdict("max_order_value", False, "1010", "1000", "USD"),
    ),
    "position per instrument, over all strategies": Case(
        {"max_position_per_instrument": {PERP: Decimal(1)}},
        submit("a", buy="0.6"),
        submit("b", buy="0.001"),
        Verdict("max_position_per_instrument", False, "1.001", "1", "instrument units"),
        [submit("z", buy="0.4", strategy="other")],
    ),
    "position per instrument, where open orders of the other side net nothing": Case(
        {"max_position_per_instrument": {PERP: Decimal(1)}},
        submit("a", buy="1"),
        submit("b", buy="0.001"),
        Verdict("max_position_per_instrument", False, "1.001", "1", "instrument units"),
        [submit("z", sell="1")],
    ),
    "position per strategy": Case(
        {"max_position_per_strategy_usd": {"momentum": Decimal(50100)}},
        submit("a", buy="0.4", at="50100"),
        submit("b", buy="0.002", at="50100"),
        Verdict("max_position_per_strategy", False, "50200.2", "50100", "USD"),
        [submit("z", buy="0.6", at="50100"), submit("y", buy="50", strategy="other")],
    ),
    "position per strategy, which a low limit does not make cheap": Case(
        {"max_position_per_strategy_usd": {"momentum": Decimal("100000.2")}},
        submit("a", buy="1", at="1000"),
        submit("b", buy="0.1", at="1000"),
        Verdict("max_position_per_strategy", False, "105000.21", "100000.2", "USD"),
        [submit("z", buy="1", at="50000")],
    ),
    "position over all": Case(
        {"max_position_global_usd": Decimal(51000)},
        submit("a", sell="500", instrument=INVERSE),
        submit("b", buy="0.4", at="2000", instrument=SPOT, strategy="other"),
        Verdict("max_position_global", False, "51300.004", "51000", "USD"),
        [submit("z", buy="1", at="50000")],
    ),
    "total notional, where nothing is netted": Case(
        {"max_total_notional_usd": Decimal(101000)},
        submit("a", sell="1", at="50000", strategy="other"),
        submit("b", sell="0.021", at="50000"),
        Verdict("max_total_notional", False, "101050", "101000", "USD"),
        [submit("z", buy="1", at="50000")],
    ),
    "orders per second": Case(
        {"max_orders_per_second": 2},
        submit("a", buy="1"),
        submit("b", buy="1", strategy="other"),
        Verdict("max_orders_per_second", False, "3", "2", "orders/s"),
        [submit("z", buy="1")],
    ),
    "orders per minute": Case(
        {"max_orders_per_minute": 2},
        submit("a", buy="1"),
        submit("b", buy="1", strategy="other"),
        Verdict("max_orders_per_minute", False, "3", "2", "orders/min"),
        [submit("z", buy="1")],
    ),
    "orders per second of a strategy": Case(
        {"max_orders_per_second_per_strategy": 1},
        submit("a", buy="1"),
        submit("b", buy="1"),
        Verdict("max_orders_per_second_per_strategy", False, "2", "1", "orders/s"),
        [submit("z", buy="1", strategy="other")],
    ),
    "orders per minute of a strategy": Case(
        {"max_orders_per_minute_per_strategy": 1},
        submit("a", buy="1"),
        submit("b", buy="1"),
        Verdict("max_orders_per_minute_per_strategy", False, "2", "1", "orders/min"),
        [submit("z", buy="1", strategy="other")],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_last_permitted_order_passes_and_the_next_is_refused_with_its_verdict(desk: Desk, case: Case) -> None:
    desk.receive(set_limits(**case.limits))
    for order in [*case.before, case.passes]:
        decision = decided(desk, order)
        assert decision.allowed, decision.verdicts
    refused = decided(desk, case.refused)
    (verdict,) = [verdict for verdict in refused.verdicts if not verdict.passed]
    assert verdict.remedy
    assert replace(verdict, seen="", remedy="") == case.verdict
    told = desk.order("b")
    assert told.status is OrderStatus.REJECTED
    assert told.reason_code == f"RISK_{case.verdict.rule.upper()}"
    assert case.verdict.value in told.reason
    assert case.verdict.limit in told.reason


def decided(desk: Desk, order: SubmitOrder) -> RiskDecided:
    (decision,) = [fact for fact in desk.receive(order).facts if isinstance(fact, RiskDecided)]
    return decision


def test_every_rule_in_force_is_asked_even_after_one_has_refused(desk: Desk) -> None:
    desk.receive(set_limits(max_order_value_usd=Decimal(1), max_order_quantity={"*": Decimal("0.1")}))
    decision = decided(desk, submit("op-1", buy="1"))
    assert [(one.rule, one.passed) for one in decision.verdicts] == [
        ("halt", True),
        ("max_order_quantity", False),
        ("max_order_value", False),
    ]
    assert "max_order_quantity" in desk.order("op-1").reason
    assert "max_order_value" in desk.order("op-1").reason


VALUE_RULES: list[dict[str, Any]] = [
    {"max_order_value_usd": HUNDRED},
    {"max_position_per_strategy_usd": {"*": HUNDRED}},
    {"max_position_global_usd": HUNDRED},
    {"max_total_notional_usd": HUNDRED},
]


@pytest.mark.parametrize("limits", VALUE_RULES)
def test_a_value_rule_refuses_an_order_that_no_price_is_known_for(limits: dict[str, Any]) -> None:
    desk = Desk(instruments=(PERP,))
    desk.restart()  # its quote is gone
    desk.connect(desk.accounts[0])
    desk.receive(set_limits(**limits))
    decision = decided(desk, submit("op-1", buy="0.001"))
    assert decision.price is None
    assert [one.value for one in decision.verdicts if not one.passed] == ["unknown"]


@pytest.mark.parametrize("limits", VALUE_RULES)
def test_a_value_rule_refuses_an_order_whose_currency_nobody_values(desk: Desk, limits: dict[str, Any]) -> None:
    desk.receive(set_limits(usd_per={"USD": Decimal(1)}, **limits))
    decision = decided(desk, submit("op-1", buy="0.001", at="100000"))
    assert [one.value for one in decision.verdicts if not one.passed] == ["unknown"]


@pytest.mark.parametrize("limits", VALUE_RULES[1:])
def test_a_total_refuses_where_something_already_held_cannot_be_valued(desk: Desk, limits: dict[str, Any]) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(set_limits(**limits))
    desk.receive(quote(INVERSE, "1", "2"))
    decision = decided(desk, submit("op-2", buy="10", instrument=INVERSE))
    assert [one.value for one in decision.verdicts if not one.passed] == ["unknown"]


def test_a_position_without_a_quote_is_valued_at_our_own_last_trade(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1", "40000"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(set_limits(max_total_notional_usd=Decimal(40100)))
    decision = decided(desk, submit("op-2", buy="110", instrument=INVERSE))
    assert [one.value for one in decision.verdicts if not one.passed] == ["40110"]


def test_a_currency_is_valued_through_a_quote_against_a_valued_one(desk: Desk) -> None:
    pair = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:SOL-ETH")
    desk.receive(
        SessionUp(
            account=AccountId("BINANCE-SPOT-main"),
            venue=VenueId("BINANCE-SPOT"),
            instruments=[listed(pair, "0.00001", "0.01")],
            abilities=PLAIN_ORDERS,
        )
    )
    desk.receive(statement(AccountId("BINANCE-SPOT-main"), desk.now_ns))
    desk.receive(set_limits(max_order_value_usd=Decimal(100)))
    decision = decided(desk, submit("op-1", buy="1", at="0.05001", instrument=pair))  # ETH-USDT's mid is 2000
    assert [one.value for one in decision.verdicts if not one.passed] == ["100.02"]


def test_a_currency_is_not_valued_through_the_price_of_an_option_on_it(desk: Desk) -> None:
    desk.receive(set_limits())
    desk.receive(quote(InstrumentKey("BYBIT:OPTION:SOL-USDT-200-271231-CALL@LIN"), "9", "11"))
    assert desk.actor.book.market.usd_per("SOL") is None
    desk.receive(quote(InstrumentKey("BYBIT:PERPETUAL:SOL-USDT@LIN"), "199", "201"))
    assert desk.actor.book.market.usd_per("SOL") == 200


def test_a_rate_counts_released_orders_only(desk: Desk) -> None:
    desk.receive(set_limits(max_orders_per_second=1, max_order_quantity={"*": Decimal(1)}))
    desk.receive(submit("too large", buy="2"))
    assert decided(desk, submit("op-1", buy="1")).allowed


@pytest.mark.parametrize(("limit", "window_s"), [("max_orders_per_second", 1), ("max_orders_per_minute", 60)])
def test_a_rate_gives_room_again_exactly_when_its_window_has_passed(desk: Desk, limit: str, window_s: int) -> None:
    desk.receive(set_limits(**{limit: 1}))
    desk.receive(submit("op-1", buy="1"))
    desk.receive(accepted("op-1"))
    desk.pass_time(window_s, ns=-1)
    assert not decided(desk, submit("op-2", buy="1")).allowed
    desk.pass_time(ns=1)
    assert decided(desk, submit("op-3", buy="1")).allowed


def test_a_rate_remembers_releases_over_a_restart(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(accepted("op-1"))
    desk.receive(set_limits(max_orders_per_minute=1))
    assert not decided(desk, submit("op-2", buy="1")).allowed


def test_limits_count_an_order_until_it_ends_and_no_longer(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1"))
    assert not decided(desk, submit("op-2", buy="0.001")).allowed
    desk.receive(canceled("op-1"))
    assert decided(desk, submit("op-3", buy="1")).allowed


def test_limits_count_what_was_filled_before_an_order_ended(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(traded("op-1", "t-1", "0.3"))
    desk.receive(canceled("op-1"))
    assert not decided(desk, submit("op-2", buy="0.701")).allowed
    assert decided(desk, submit("op-3", buy="0.7")).allowed


def test_limits_count_an_order_whose_outcome_is_unknown(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(submit("op-1", buy="1"))
    desk.pass_time(5)
    assert desk.status("op-1") is OrderStatus.UNCONFIRMED
    assert not decided(desk, submit("op-2", buy="0.001")).allowed


def test_selling_what_is_held_lowers_the_worst_case(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1"))
    assert decided(desk, submit("op-2", sell="2")).allowed
    assert not decided(desk, submit("op-3", sell="0.001")).allowed


def test_new_limits_hold_from_the_next_order_on(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    (first,) = desk.receive(set_limits(max_order_quantity={"*": Decimal("0.5")})).replies
    assert desk.status("op-1") is OrderStatus.SUBMITTED
    assert not decided(desk, submit("op-2", buy="1")).allowed
    (second,) = desk.receive(set_limits(max_order_quantity={"*": Decimal(2)})).replies
    assert decided(desk, submit("op-3", buy="1")).allowed
    assert first == second == ControlReply(changed=True)


def test_the_same_limits_again_change_nothing(desk: Desk) -> None:
    desk.receive(set_limits(max_order_quantity={"*": Decimal("0.50")}))
    again = desk.receive(set_limits(max_order_quantity={"*": Decimal("0.5")}))
    assert (again.facts, again.replies) == ((), (ControlReply(changed=False),))


def test_limits_survive_a_restart(desk: Desk) -> None:
    desk.receive(set_limits(max_order_quantity={"*": Decimal("0.5")}))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    assert not decided(desk, submit("op-1", buy="1")).allowed


def test_limits_that_are_switched_off_refuse_nothing(desk: Desk) -> None:
    desk.receive(set_limits(enabled=False, max_order_value_usd=Decimal(1), max_orders_per_second=0))
    assert decided(desk, submit("op-1", buy="1")).allowed


def test_a_trade_of_nobodys_order_counts_towards_the_instruments_limit(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal(1)}))
    desk.receive(traded(None, "t-1", "1", side=Side.SELL))
    assert not decided(desk, submit("op-1", sell="0.001")).allowed
