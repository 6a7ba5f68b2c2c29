"""A submit is released, refused with a reason, or found malformed; each says what and why."""

from decimal import Decimal

import pytest

from core.orders.identity import names_of
from ports.commands import SubmitOrder
from ports.facts import OrderRecorded, OrderReleased, OrderRouted, RiskDecided
from ports.instruments import InstrumentKey
from ports.replies import InvalidOrder, OrderReply
from ports.requests import SendOrder, WakeAt
from ports.values import AccountId, OperationId, OrderStatus, OrderType, Price, Quantity, Side, TimeInForce

from fakes.desk import PATIENCE, Desk
from fakes.sayings import ACCOUNTS, BYBIT_PERP, INVERSE, PERP, SPOT, client_id, submit, venues, with_terms


def test_a_good_order_is_recorded_judged_routed_and_released_in_that_order(desk: Desk) -> None:
    outcome = desk.receive(submit("op-1", buy="0.4", at="50000"))
    assert [type(fact) for fact in outcome.facts] == [OrderRecorded, RiskDecided, OrderRouted, OrderReleased]


def test_a_released_order_is_sent_once_and_watched(desk: Desk) -> None:
    outcome = desk.receive(submit("op-1", buy="0.4", at="50000"))
    send, wake = outcome.requests
    assert send == SendOrder(
        account=ACCOUNTS[PERP],
        instrument=PERP,
        client_order_id=client_id("op-1"),
        side=Side.BUY,
        quantity=Quantity(Decimal("0.4")),
        order_type=OrderType.LIMIT,
        price=Price(Decimal(50000)),
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
    )
    assert isinstance(wake, WakeAt)
    assert wake.at_ns == desk.now_ns + PATIENCE.answer_ns


def test_the_caller_of_a_released_order_is_told_its_names_and_status(desk: Desk) -> None:
    (reply,) = desk.receive(submit("op-1", buy="0.4")).replies
    assert isinstance(reply, OrderReply)
    names = names_of(OperationId("op-1"))
    assert not reply.repeated
    assert (reply.order.order_id, reply.order.client_order_id) == (names.order_id, names.client_order_id)
    assert (reply.order.status, reply.order.venue) == (OrderStatus.SUBMITTED, "BINANCE-FUTURES")


def test_a_released_order_reserves_its_whole_amount(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="0.4"))
    desk.receive(submit("op-2", sell="0.1"))
    assert desk.reserved() == (Decimal("0.4"), Decimal("0.1"))


def test_a_decision_records_the_price_it_valued_the_order_at(desk: Desk) -> None:
    decisions = [
        fact
        for side in ("buy", "sell")
        for fact in desk.receive(submit(f"op-{side}", **{side: "2"})).facts  # type: ignore[arg-type] # a side's name
        if isinstance(fact, RiskDecided)
    ]
    assert [decision.price for decision in decisions] == [Decimal("50000.1"), Decimal("49999.9")]


@pytest.mark.parametrize("amount", ["3", "7", "1.3", "99.999"])
def test_a_limit_order_may_have_any_whole_number_of_lots(desk: Desk, amount: str) -> None:
    desk.receive(submit("op-1", buy=amount, at="50000"))
    assert desk.status("op-1") is OrderStatus.SUBMITTED


REFUSED_TERMS = [
    pytest.param(submit("x", buy="0.4", at="50000.05"), "price", "50000 or 50000.1", id="between two ticks"),
    pytest.param(submit("x", buy="0.4", at="0.05"), "price", "ticks of 0.1: 0.1", id="below the first tick"),
    pytest.param(submit("x", buy="0.4005"), "amount", "0.4 or 0.401", id="between two lots"),
    pytest.param(submit("x", buy="0.0004"), "amount", "lots of 0.001: 0.001", id="below the first lot"),
    pytest.param(submit("x", buy="100.001"), "amount", "largest order", id="above the venue's maximum"),
    pytest.param(submit("x", buy="0.001", at="99999.9"), "amount", "the least is 100", id="below the least notional"),
    pytest.param(submit("x", buy="100", at="10000000000000000"), "price", "under 10^18", id="worth 10^18"),
    pytest.param(submit("x", buy="15", instrument=INVERSE), "amount", "10 or 20", id="part of an inverse lot"),
    pytest.param(
        with_terms(submit("x", buy="1"), order_type=OrderType.LIMIT), "price", "have a price", id="limit without price"
    ),
    pytest.param(
        with_terms(submit("x", buy="1", at="5"), order_type=OrderType.MARKET), "price", "none", id="market with price"
    ),
    pytest.param(
        submit("x", buy="1", at="50000", time_in_force=TimeInForce.GTD), "expire_time_ns", "GTD", id="GTD, no expiry"
    ),
    pytest.param(submit("x", buy="1", at="50000", expire_time_ns=5), "expire_time_ns", "GTD", id="GTC with expiry"),
    pytest.param(
        submit("x", buy="1", at="50000", time_in_force=TimeInForce.GTD, expire_time_ns=5),
        "expire_time_ns",
        "in the future",
        id="expired already",
    ),
    pytest.param(submit("x", buy="1", exec_algorithm="MAGIC"), "exec_algorithm", "TWAP", id="unknown algorithm"),
]


@pytest.mark.parametrize(("command", "field", "remedy"), REFUSED_TERMS)
def test_malformed_terms_are_answered_with_field_and_remedy_and_leave_nothing_behind(
    desk: Desk, command: SubmitOrder, field: str, remedy: str
) -> None:
    before = desk.actor.book.canonical()
    outcome = desk.receive(command)
    (reply,) = outcome.replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == field
    assert remedy in reply.remedy
    assert (outcome.facts, outcome.requests) == ((), ())
    assert desk.actor.book.canonical() == before


def test_the_smallest_amounts_and_prices_that_are_allowed_pass(desk: Desk) -> None:
    desk.receive(submit("least lot", buy="0.001"))
    desk.receive(submit("least notional", buy="0.001", at="100000"))
    desk.receive(submit("one below 10^18", buy="1", at="999999999999999999.9"))
    desk.receive(submit("largest", buy="100", at="50000"))
    desk.receive(submit("in time", buy="1", at="50000", time_in_force=TimeInForce.GTD, expire_time_ns=desk.now_ns + 1))
    assert {order.status for order in desk.actor.book.oms.all_orders()} == {OrderStatus.SUBMITTED}


def test_an_unknown_instrument_is_answered_with_the_names_near_it(desk: Desk) -> None:
    (reply,) = desk.receive(submit("op-1", buy="1", instrument=InstrumentKey("BYBIT:PERP:BTC-USDC"))).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == "instrument_key"
    assert BYBIT_PERP in reply.remedy


def test_before_any_venue_has_listed_anything_the_remedy_is_to_wait() -> None:
    (reply,) = Desk(instruments=()).receive(submit("op-1", buy="1")).replies
    assert isinstance(reply, InvalidOrder)
    assert "wait" in reply.remedy


def test_an_order_that_may_go_nowhere_is_refused_as_having_no_route(desk: Desk) -> None:
    desk.receive(submit("elsewhere", buy="1", venues=venues("BYBIT")))
    desk.receive(submit("other account", buy="1", account=AccountId("nobody's")))
    for operation_id in ("elsewhere", "other account"):
        assert (desk.status(operation_id), desk.order(operation_id).reason_code) == (OrderStatus.REJECTED, "NO_ROUTE")


def test_an_order_for_a_venue_that_is_away_is_refused_by_name_and_others_go_on(desk: Desk) -> None:
    desk.disconnect()
    desk.receive(submit("op-1", buy="1"))
    desk.receive(submit("op-2", buy="1", instrument=BYBIT_PERP))
    assert desk.order("op-1").reason_code == "VENUE_UNAVAILABLE"
    assert "BINANCE-FUTURES" in desk.order("op-1").reason
    assert desk.status("op-2") is OrderStatus.SUBMITTED


def test_a_refused_order_is_recorded_and_nothing_is_sent_or_reserved(desk: Desk) -> None:
    desk.disconnect()
    outcome = desk.receive(submit("op-1", buy="1"))
    assert outcome.requests == ()
    assert desk.sends == []
    assert desk.reserved() == (Decimal(0), Decimal(0))
    assert desk.order("op-1").client_order_id is None


def test_an_order_that_waited_longer_than_its_maximum_age_is_refused(desk: Desk) -> None:
    stale = submit("op-1", buy="1", max_age_ns=100, received_ns=desk.now_ns - 101)
    fresh = submit("op-2", buy="1", max_age_ns=100, received_ns=desk.now_ns - 100)
    desk.receive(stale)
    desk.receive(fresh)
    assert (desk.status("op-1"), desk.order("op-1").reason_code) == (OrderStatus.REJECTED, "TOO_OLD")
    assert desk.status("op-2") is OrderStatus.SUBMITTED


def test_a_spot_order_without_a_price_is_not_held_to_the_least_notional(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="0.0001", instrument=SPOT))
    assert desk.status("op-1") is OrderStatus.SUBMITTED
