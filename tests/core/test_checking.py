"""What would be: an answer before anything is recorded, and the same that a submit would get."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.extensions import Extensions
from core.orchestrator import Orchestrator
from ports.commands import CheckOrder, SubmitOrder
from ports.facts import Verdict
from ports.replies import CheckReply, InvalidOrder, Reply
from ports.risk import RAISED
from ports.values import OrderStatus, OrderType, Price

from fakes.desk import PATIENCE, Desk
from fakes.sayings import ACCOUNTS, PERP, SMART_PERP, TRADER, quote, set_limits, submit, traded, with_terms

D = Decimal


def checked(desk: Desk, order: SubmitOrder) -> Reply:
    before = len(desk.facts)
    (reply,) = desk.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    assert len(desk.facts) == before
    return reply


def allowed(desk: Desk, order: SubmitOrder) -> CheckReply:
    reply = checked(desk, order)
    assert isinstance(reply, CheckReply)
    return reply


def verdict(desk: Desk, order: SubmitOrder) -> tuple[bool, str, str]:
    (one,) = [one for one in allowed(desk, order).verdicts if one.rule != "halt"]
    return one.passed, one.value, one.limit


def test_what_cannot_be_an_order_is_told_by_its_field_and_what_can_go_nowhere_by_its_code(desk: Desk) -> None:
    wrong = checked(desk, submit("a", buy="1.0001"))
    assert isinstance(wrong, InvalidOrder)
    assert wrong.field == "amount"
    desk.disconnect(ACCOUNTS[PERP])
    nowhere = allowed(desk, submit("a", buy="1"))
    assert (nowhere.allowed, nowhere.code, nowhere.verdicts) == (False, "VENUE_UNAVAILABLE", ())


def test_an_order_that_others_work_is_asked_about_as_a_whole(desk: Desk) -> None:
    desk.receive(set_limits(max_order_value_usd=D(60_000), max_order_quantity={"*": D(2)}))
    parameters = {"horizon_secs": "20", "intervals": "2"}
    for order in (
        submit("a", buy="1", instrument=SMART_PERP),
        submit("a", buy="1", exec_algorithm="TWAP", exec_algorithm_params=parameters),
    ):
        passes = allowed(desk, order)
        assert (passes.allowed, passes.code, passes.notional_usd) == (True, "", D("50000.1"))
        assert passes.price == D("50000.1")
    too_large = allowed(desk, submit("a", buy="3", instrument=SMART_PERP))
    assert (too_large.allowed, too_large.code) == (False, "RISK_MAX_ORDER_QUANTITY")
    assert too_large.reason.startswith("max_order_quantity: 3 against a limit of 2")


def test_an_order_that_waits_has_no_price_of_now_to_be_held_to(desk: Desk) -> None:
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    stop = {"order_type": OrderType.STOP_MARKET, "trigger_price": Price(D(51_000))}
    limit = {"order_type": OrderType.STOP_LIMIT, "trigger_price": Price(D(51_000))}
    for name in ("max_market_slippage_bps", "price_collar_bps", "passive_price_collar_bps"):
        desk.receive(set_limits(**{name: {"*": D(1)}}))
        for order in (with_terms(submit("a", buy="1"), **stop), with_terms(submit("a", buy="1", at="60000"), **limit)):
            assert verdict(desk, order) == (True, "waits for its trigger", "1")


def test_a_market_that_offers_nothing_is_no_measure_of_slippage_or_value(desk: Desk) -> None:
    desk.receive(set_limits(max_market_slippage_bps={"*": D(10)}))
    empty = quote(PERP, "49999.9", "50000.1", desk.now_ns)
    desk.receive(replace(empty, ask_size=D(0), bid_size=D(0)))
    assert verdict(desk, submit("a", buy="1")) == (False, "unknown", "10")
    desk.receive(set_limits(min_order_value_usd=D(10), usd_per={}))
    assert verdict(desk, submit("a", buy="1")) == (False, "unknown", "10")


@pytest.mark.parametrize(("unit", "status"), [(RAISED, OrderStatus.SUBMITTED), ("coins", OrderStatus.REJECTED)])
def test_a_rule_of_a_plugin_that_raised_keeps_nobody_in_a_position_and_one_that_refuses_may(
    unit: str, status: OrderStatus
) -> None:
    refuses = Verdict("acme", False, "failed", "none", unit)
    rule = {"acme": lambda order, _: replace(refuses, passed=order.operation_id == "in")}
    desk = Desk(instruments=())
    desk.instruments = (PERP,)
    desk.actor = Orchestrator(PATIENCE, Extensions(rules=rule))
    desk.connect(ACCOUNTS[PERP])
    desk.receive(quote(PERP, "49999.9", "50000.1"))
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(submit("opens", buy="1"))
    desk.receive(submit("closes", sell="1", reduce_only=True))
    assert (desk.status("opens"), desk.status("closes")) == (OrderStatus.REJECTED, status)


def test_what_is_brought_is_named_rules_first_and_the_policy_last() -> None:
    class Mine:
        name = "acme_last"

    named = Extensions(rules={"acme": lambda order, book: None}, algorithms={"SNIPE": None}, policy=Mine())  # type: ignore[arg-type,return-value,dict-item]  # only their names are asked for
    assert named.names == ("acme", "algorithm SNIPE", "policy acme_last")
    assert Extensions().names == ()
