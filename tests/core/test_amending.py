"""Changing an order that its venue holds."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.invariants import check
from ports.commands import AmendOrder, HaltScope
from ports.facts import AmendRequested, AmendWasRefused, OrderAmended
from ports.replies import AmendReply, InvalidOrder
from ports.reports import AmendRefused, AmendReport
from ports.requests import QueryOrder, SendAmend
from ports.values import AmendId, OperationId, OrderStatus, Price, Principal, Quantity, VenueOrderId

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    accepted,
    cancel,
    client_id,
    evidence,
    halt,
    set_limits,
    submit,
    traded,
)


def amend(quantity: str | None = None, at: str | None = None, name: str = "a-1", of: str = "op-1") -> AmendOrder:
    return AmendOrder(
        operation_id=OperationId(of),
        amend_id=AmendId(name),
        quantity=None if quantity is None else Quantity(Decimal(quantity)),
        price=None if at is None else Price(Decimal(at)),
        principal=Principal("ann"),
    )


def works_with(quantity: str, at: str) -> AmendReport:
    return AmendReport(
        account=ACCOUNTS[PERP],
        instrument=PERP,
        client_order_id=client_id("op-1"),
        venue_order_id=VenueOrderId("v-2"),
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(at)),
    )


NO = AmendRefused(account=ACCOUNTS[PERP], client_order_id=client_id("op-1"), reason="too late")


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A desk with one order of two at 49000 that its venue holds."""
    desk.receive(submit("op-1", buy="2", at="49000"))
    desk.receive(accepted("op-1"))
    return desk


def reply_to(desk: Desk, message: AmendOrder) -> AmendReply:
    (reply,) = desk.receive(message).replies
    assert isinstance(reply, AmendReply)
    return reply


def test_an_amend_is_asked_of_the_venue_and_the_larger_quantity_stays_reserved(held: Desk) -> None:
    outcome = held.receive(amend("3", at="48000"))
    (sent,) = [one for one in outcome.requests if isinstance(one, SendAmend)]
    assert (sent.client_order_id, sent.quantity, sent.price) == (client_id("op-1"), Decimal(3), Decimal(48000))
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.PENDING_AMEND, Decimal(3))
    assert held.order("op-1").quantity == Decimal(2)


def test_a_shrinking_amend_keeps_the_whole_reservation_until_the_venue_has_spoken(held: Desk) -> None:
    held.receive(amend("1"))
    assert held.reserved()[0] == Decimal(2)
    held.receive(works_with("1", "49000"))
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.ACCEPTED, Decimal(1))


def test_the_venues_word_makes_the_order_what_it_now_is(held: Desk) -> None:
    held.receive(amend("3", at="48000"))
    held.receive(works_with("3", "48000"))
    order = held.order("op-1").view()
    assert (order.quantity, order.price, order.venue_order_id) == (Decimal(3), Decimal(48000), "v-2")
    assert (order.status, held.reserved()[0]) == (OrderStatus.ACCEPTED, Decimal(3))


def test_the_same_amend_again_changes_nothing(held: Desk) -> None:
    first = held.receive(amend("3"))
    again = held.receive(amend("3"))
    assert [type(one) for one in again.requests] == []
    assert again.facts == ()
    assert again.replies == first.replies


def test_an_amend_id_stands_for_its_values_for_ever(held: Desk) -> None:
    held.receive(amend("3", at="48000"))
    held.receive(works_with("3", "48000"))
    for other in (amend("4", at="48000"), amend(at="47000"), amend("4")):
        outcome = held.receive(other)
        assert [reply.code for reply in outcome.replies if isinstance(reply, AmendReply)] == ["AMEND_ID_TAKEN"]
        assert (outcome.facts, outcome.requests) == ((), ())
    assert reply_to(held, amend("3")).code == ""


def test_values_alone_are_a_repeat_while_the_order_is_worked_with_them_and_refused_afterwards(held: Desk) -> None:
    first = replace(amend(at="48000", name="price:48000"), is_named_by_values=True)
    second = replace(amend(at="47000", name="price:47000"), is_named_by_values=True)
    held.receive(first)
    assert reply_to(held, first).code == ""  # under way
    held.receive(works_with("2", "48000"))
    assert reply_to(held, first).code == ""
    held.receive(second)
    assert reply_to(held, first).code == "AMEND_ID_NEEDED"
    held.receive(works_with("2", "47000"))
    outcome = held.receive(first)
    assert [reply.code for reply in outcome.replies if isinstance(reply, AmendReply)] == ["AMEND_ID_NEEDED"]
    assert (outcome.facts, outcome.requests) == ((), ())


def test_values_alone_that_the_venue_refused_are_not_taken_for_made(held: Desk) -> None:
    wished = replace(amend("3", name="amount:3"), is_named_by_values=True)
    held.receive(wished)
    held.receive(NO)
    assert reply_to(held, wished).code == "AMEND_ID_NEEDED"


def test_a_refused_amend_leaves_the_order_as_it_was_and_asks_what_became_of_it(held: Desk) -> None:
    held.receive(amend("3"))
    outcome = held.receive(NO)
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.ACCEPTED, Decimal(2))
    assert [one.client_order_id for one in outcome.requests if isinstance(one, QueryOrder)] == [client_id("op-1")]


def test_an_amend_that_meets_trades_ends_by_the_venues_word(held: Desk) -> None:
    held.receive(amend("3"))
    held.receive(traded("op-1", "t-1", "2"))  # filled as it was; whether it is larger now only the venue knows
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.PENDING_AMEND, Decimal(1))
    held.receive(NO)
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.FILLED, Decimal(0))


def test_an_amended_order_is_filled_when_its_new_quantity_is(held: Desk) -> None:
    held.receive(amend("3"))
    held.receive(works_with("3", "49000"))
    held.receive(traded("op-1", "t-1", "2"))
    assert held.status("op-1") is OrderStatus.PARTIALLY_FILLED
    held.receive(traded("op-1", "t-2", "1"))
    assert (held.status("op-1"), held.breaks()) == (OrderStatus.FILLED, [])


def test_silence_after_an_amend_is_asked_about_until_the_answer_settles_it(held: Desk) -> None:
    held.receive(amend("3"))
    asked = [one for outcome in held.pass_time(6) for one in outcome.requests if isinstance(one, QueryOrder)]
    assert [one.client_order_id for one in asked] == [client_id("op-1")]
    held.receive(evidence(accepted("op-1", works_with=("3", "49000")), asked_ns=held.now_ns))
    assert (held.status("op-1"), held.order("op-1").quantity) == (OrderStatus.ACCEPTED, Decimal(3))


def test_a_direct_answer_that_the_order_works_as_it_was_settles_the_amend(held: Desk) -> None:
    held.receive(amend("3"))
    held.pass_time(1)
    held.receive(evidence(accepted("op-1", works_with=("2", "49000")), asked_ns=held.now_ns))
    assert [type(fact) for fact in held.facts if isinstance(fact, AmendWasRefused | OrderAmended)] == [AmendWasRefused]


def test_an_answer_to_a_question_from_before_the_amend_settles_nothing(held: Desk) -> None:
    asked_ns = held.now_ns
    held.pass_time(1)
    held.receive(amend("3"))
    held.receive(evidence(accepted("op-1", works_with=("2", "49000")), asked_ns=asked_ns))
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.PENDING_AMEND, Decimal(3))


def test_an_answer_from_before_an_amend_that_was_made_meanwhile_does_not_take_it_back(held: Desk) -> None:
    asked_ns = held.now_ns
    held.pass_time(1)
    held.receive(amend("3"))
    held.receive(works_with("3", "49000"))
    held.receive(evidence(accepted("op-1", works_with=("2", "49000")), asked_ns=asked_ns))
    assert (held.order("op-1").quantity, held.reserved()[0]) == (Decimal(3), Decimal(3))


def test_while_an_amend_may_be_on_its_way_an_answer_that_nothing_changed_sets_nothing_free(held: Desk) -> None:
    held.receive(amend("3"))
    held.receive(evidence(accepted("op-1", works_with=("2", "49000")), asked_ns=held.now_ns + 1))
    assert (held.status("op-1"), held.reserved()[0]) == (OrderStatus.PENDING_AMEND, Decimal(3))
    asked = [one for outcome in held.pass_time(6) for one in outcome.requests if isinstance(one, QueryOrder)]
    assert [one.client_order_id for one in asked] == [client_id("op-1")]


def test_an_answer_that_does_not_say_what_the_order_is_worked_with_settles_nothing(held: Desk) -> None:
    held.receive(amend("3"))
    held.receive(evidence(accepted("op-1")))
    assert held.status("op-1") is OrderStatus.PENDING_AMEND


def test_an_amend_by_hand_is_believed(held: Desk) -> None:
    held.receive(works_with("5", "47000"))
    assert (held.order("op-1").quantity, held.reserved()[0]) == (Decimal(5), Decimal(5))


@pytest.mark.parametrize(
    ("before", "code"),
    [
        ([], "NOT_ACKNOWLEDGED"),
        ([accepted("op-1"), cancel("op-1")], "CANCEL_PENDING"),
        ([accepted("op-1"), amend("3", name="a-0")], "AMEND_PENDING"),
        ([accepted("op-1"), traded("op-1", "t-1", "2")], "ORDER_CLOSED"),
        ([accepted("op-1"), traded("op-1", "t-1", "1")], "FILLED_BEYOND"),
    ],
)
def test_an_order_that_cannot_be_amended_now_says_why(desk: Desk, before: list[object], code: str) -> None:
    desk.receive(submit("op-1", buy="2", at="49000"))
    for message in before:
        desk.receive(message)  # type: ignore[arg-type]  # every one is a message
    facts_before = len(desk.facts)
    reply = reply_to(desk, amend("1"))
    assert (reply.code, len(desk.facts)) == (code, facts_before)


def test_an_order_that_is_not_known_is_said_to_be_unknown(desk: Desk) -> None:
    assert reply_to(desk, amend("1", of="op-9")).order is None


@pytest.mark.parametrize(("quantity", "at"), [("2.00000001", None), (None, "49000.01")])
def test_an_amend_off_the_lot_or_tick_is_invalid(held: Desk, quantity: str | None, at: str | None) -> None:
    (reply,) = held.receive(amend(quantity, at)).replies
    assert isinstance(reply, InvalidOrder)


def test_a_growing_amend_is_judged_by_what_it_adds(held: Desk) -> None:
    held.receive(set_limits(max_position_per_instrument={"*": Decimal(3)}))
    assert reply_to(held, amend("3.001")).code == "RISK_MAX_POSITION_PER_INSTRUMENT"
    assert reply_to(held, amend("3")).code == ""


def test_an_amend_to_a_low_price_is_judged_at_what_the_order_would_meet(held: Desk) -> None:
    held.receive(set_limits(max_order_value_usd=Decimal("100000.2")))
    assert reply_to(held, amend("2.001", at="1000")).code == "RISK_MAX_ORDER_VALUE"
    assert reply_to(held, amend("2", at="1000")).code == ""


def test_a_halt_lets_an_order_shrink_and_neither_grow_nor_move(held: Desk) -> None:
    held.receive(halt(HaltScope.GLOBAL))
    assert reply_to(held, amend("3")).code == "RISK_HALT"
    assert reply_to(held, amend(at="48000")).code == "RISK_HALT"
    assert reply_to(held, amend("1")).code == ""


def test_amended_books_fold_alike_and_their_judges_agree(held: Desk) -> None:
    held.receive(amend("3", at="48000"))
    held.receive(works_with("3", "48000"))
    held.receive(traded("op-1", "t-1", "3", "48000"))
    assert [type(fact) for fact in held.facts if isinstance(fact, AmendRequested)] == [AmendRequested]
    assert digest(folded(through_json(held.facts))) == digest(held.actor)
    assert {name: finding.violations for name, finding in check(held.run()).items() if finding.violations} == {}
