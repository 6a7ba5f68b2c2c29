"""Where a venue states margins, the rule `funds` goes by its word: asked before a new order leaves, and explained."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.invariants import check
from ports.capabilities import PLAIN_ORDERS
from ports.commands import AmendOrder
from ports.facts import OrderRejected, RiskDecided
from ports.reports import OrderNotSent, VenueMargin
from ports.requests import SendOrder
from ports.values import AmendId, Currency, OperationId, OrderStatus, Quantity

from fakes.desk import Desk
from fakes.sayings import ACCOUNTS, PERP, TRADER, accepted, client_id, set_limits, submit, traded

SHORT = VenueMargin(currency=Currency("USD"), before=Decimal(100), needed=Decimal(2_600), has=Decimal(2_500))


@pytest.fixture
def desk() -> Desk:
    made = Desk(abilities=replace(PLAIN_ORDERS, states_margin=True))
    made.receive(set_limits(check_funds_at=("BINANCE-FUTURES",)))
    return made


def sent(desk: Desk, operation_id: str) -> SendOrder:
    orders = [one.request for one in desk.releases if isinstance(one.request, SendOrder)]
    return next(one for one in orders if one.client_order_id == client_id(operation_id))


def not_sent(operation_id: str, margin: VenueMargin | None) -> OrderNotSent:
    return OrderNotSent(
        account=ACCOUNTS[PERP], client_order_id=client_id(operation_id), reason="nobody answered", margin=margin
    )


def test_a_new_order_asks_for_its_margin_where_the_rule_is_in_force_and_one_that_reduces_does_not(desk: Desk) -> None:
    desk.receive(submit("a", buy="1"))
    assert sent(desk, "a").asks_margin
    (verdict,) = [
        verdict
        for fact in desk.facts
        if isinstance(fact, RiskDecided)
        for verdict in fact.verdicts
        if verdict.rule == "funds"
    ]
    assert (verdict.passed, verdict.value) == (True, "asked before it leaves")
    desk.receive(traded("a", "t-1", "1"))
    desk.receive(submit("b", sell="1", reduce_only=True))
    assert not sent(desk, "b").asks_margin
    desk.receive(set_limits(check_funds_at=("BYBIT",)))
    desk.receive(submit("c", buy="1"))
    assert not sent(desk, "c").asks_margin


def test_an_order_that_the_margin_does_not_cover_is_refused_by_the_rule_with_both_numbers(desk: Desk) -> None:
    desk.receive(submit("a", buy="1"))
    desk.receive(not_sent("a", SHORT))
    order = desk.order("a")
    assert (order.status, order.reason_code, desk.reserved()) == (
        OrderStatus.REJECTED,
        "RISK_FUNDS",
        (Decimal(0), Decimal(0)),
    )
    assert "2600 against a limit of 2500" in order.reason
    decision = desk.facts[-2]
    assert isinstance(decision, RiskDecided)
    assert isinstance(desk.facts[-1], OrderRejected)
    assert (order.decision_id, decision.allowed) == (decision.decision_id, False)
    assert [(one.rule, one.value, one.limit) for one in decision.verdicts] == [("funds", "2600", "2500")]
    assert [name for name, found in check(desk.run()).items() if not found.ok] == []


def test_silence_about_the_margin_is_no_pass_and_is_told_as_such(desk: Desk) -> None:
    desk.receive(submit("a", buy="1"))
    desk.receive(not_sent("a", None))
    order = desk.order("a")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, "NOT_SENT")
    assert "nobody answered" in order.reason


def test_an_amend_to_more_is_refused_for_no_venue_is_asked_about_amends(desk: Desk) -> None:
    desk.receive(submit("a", buy="1", at="40000"))
    desk.receive(accepted("a"))
    for quantity in ("2", "0.5"):
        desk.receive(
            AmendOrder(
                operation_id=OperationId("a"),
                amend_id=AmendId(quantity),
                quantity=Quantity(Decimal(quantity)),
                price=None,
                principal=TRADER,
            )
        )
    assert [one.quantity for one in desk.order("a").amends.values()] == [Decimal("0.5")]


@pytest.mark.parametrize(
    ("needed", "has", "is_enough"),
    [("2500", "2500", True), ("2501", "2500", False), ("100", "50", True), ("101", "50", False)],
)
def test_an_account_that_lacks_margin_may_still_do_what_needs_no_more(needed: str, has: str, is_enough: bool) -> None:
    assert replace(SHORT, needed=Decimal(needed), has=Decimal(has)).is_enough is is_enough
