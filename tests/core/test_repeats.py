"""An operation id is one order for ever: the same content again is the same answer, other content a conflict."""

import pytest

from ports.commands import SubmitOrder
from ports.facts import OrderTombstoned
from ports.replies import CancelReply, InvalidOrder, OperationConflict, OrderReply
from ports.values import AccountId, OperationId, OrderStatus, TimeInForce

from fakes.desk import Desk
from fakes.sayings import BYBIT_PERP, PERP, SPOT, accepted, cancel, client_id, submit, traded, venues


def test_a_retried_submit_releases_nothing_new(desk: Desk) -> None:
    first = desk.receive(submit("op-1", buy="0.4"))
    again = desk.receive(submit("op-1", buy="0.4"))
    assert (again.facts, again.requests) == ((), ())
    (told,), (told_again,) = first.replies, again.replies
    assert isinstance(told, OrderReply)
    assert told_again == OrderReply(order=told.order, repeated=True)


def test_another_spelling_of_the_same_amount_is_the_same_order(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="0.4", at="50000", tags={"a": "1", "b": "2"}))
    (reply,) = desk.receive(submit("op-1", buy="0.400", at="50000.0", tags={"b": "2", "a": "1"})).replies
    assert isinstance(reply, OrderReply)
    assert reply.repeated


def test_a_retried_submit_is_told_the_current_status_and_fills(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="0.4"))
    desk.receive(accepted("op-1"))
    desk.receive(traded("op-1", "t-1", "0.1"))
    (reply,) = desk.receive(submit("op-1", buy="0.4")).replies
    assert isinstance(reply, OrderReply)
    assert (reply.order.status, len(reply.order.fills)) == (OrderStatus.PARTIALLY_FILLED, 1)


def test_a_retried_submit_of_a_refused_order_is_told_the_same_refusal_even_when_it_would_pass_now(desk: Desk) -> None:
    desk.disconnect()
    desk.receive(submit("op-1", buy="0.4"))
    desk.connect(desk.accounts[0])
    again = desk.receive(submit("op-1", buy="0.4"))
    (reply,) = again.replies
    assert isinstance(reply, OrderReply)
    assert (reply.repeated, reply.order.reason_code, again.requests) == (True, "VENUE_UNAVAILABLE", ())


def test_a_retried_submit_is_answered_the_same_after_a_restart(desk: Desk) -> None:
    (first,) = desk.receive(submit("op-1", buy="0.4", at="50000")).replies
    desk.receive(accepted("op-1"))
    desk.restart()
    outcome = desk.receive(submit("op-1", buy="0.4", at="50000"))
    (again,) = outcome.replies
    assert isinstance(first, OrderReply)
    assert isinstance(again, OrderReply)
    assert outcome.requests == ()
    assert (again.repeated, again.order.order_id, again.order.decision_id, again.order.account) == (
        True,
        first.order.order_id,
        first.order.decision_id,
        first.order.account,
    )
    assert desk.sends == [client_id("op-1")]


OTHER_CONTENT = [
    submit("op-1", buy="0.5", at="50000"),
    submit("op-1", sell="0.4", at="50000"),
    submit("op-1", buy="0.4", at="50000.1"),
    submit("op-1", buy="0.4"),
    submit("op-1", buy="0.4", at="50000", instrument=BYBIT_PERP),
    submit("op-1", buy="0.4", at="50000", strategy="other"),
    submit("op-1", buy="0.4", at="50000", time_in_force=TimeInForce.IOC),
    submit("op-1", buy="0.4", at="50000", post_only=True),
    submit("op-1", buy="0.4", at="50000", account=AccountId("BINANCE-FUTURES-main")),
    submit("op-1", buy="0.4", at="50000", venues=venues("BINANCE-FUTURES")),
    submit("op-1", buy="0.4", at="50000", tags={"why": "hedge"}),
]


@pytest.mark.parametrize("other", OTHER_CONTENT)
def test_the_same_operation_id_with_other_content_is_a_conflict_that_changes_nothing(
    desk: Desk, other: SubmitOrder
) -> None:
    desk.receive(submit("op-1", buy="0.4", at="50000"))
    before = desk.actor.book.canonical()
    outcome = desk.receive(other)
    (reply,) = outcome.replies
    assert isinstance(reply, OperationConflict)
    assert (outcome.facts, outcome.requests) == ((), ())
    assert desk.actor.book.canonical() == before


def test_a_malformed_submit_does_not_use_up_its_operation_id(desk: Desk) -> None:
    (first,) = desk.receive(submit("op-1", buy="0.0005")).replies
    (second,) = desk.receive(submit("op-1", buy="0.001")).replies
    assert isinstance(first, InvalidOrder)
    assert isinstance(second, OrderReply)
    assert not second.repeated


def test_a_cancel_that_overtakes_its_submit_leaves_a_tombstone_once(desk: Desk) -> None:
    first = desk.receive(cancel("op-1"))
    again = desk.receive(cancel("op-1"))
    assert [type(fact) for fact in first.facts] == [OrderTombstoned]
    assert again.facts == ()
    unknown = CancelReply(operation_id=OperationId("op-1"), order=None)
    assert first.replies == again.replies == (unknown,)


def test_a_submit_whose_cancel_came_first_is_refused_and_never_sent(desk: Desk) -> None:
    desk.receive(cancel("op-1"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(submit("op-1", buy="0.4"))
    desk.receive(submit("op-2", buy="1", instrument=SPOT))
    assert (desk.status("op-1"), desk.order("op-1").reason_code) == (OrderStatus.REJECTED, "CANCELED_BEFORE_SUBMIT")
    assert desk.sends == [client_id("op-2")]


def test_two_operation_ids_make_two_orders_of_the_same_content(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="0.4", instrument=PERP))
    desk.receive(submit("op-2", buy="0.4", instrument=PERP))
    assert desk.sends == [client_id("op-1"), client_id("op-2")]
