"""What a venue's word makes of an order, and what it does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.reconciliation.accounts import AccountStatus
from ports.facts import OrderUnconfirmed
from ports.reports import OrderStatusReport, VenueOrderStatus
from ports.requests import QueryOrder, SendCancel, WakeAt
from ports.values import OrderStatus

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import (
    accepted,
    cancel,
    cancel_refused,
    canceled,
    client_id,
    evidence,
    not_found,
    not_sent,
    outcome_unknown,
    said,
    submit,
    traded,
)

ENDS = [
    (VenueOrderStatus.CANCELED, OrderStatus.CANCELED),
    (VenueOrderStatus.EXPIRED, OrderStatus.EXPIRED),
    (VenueOrderStatus.REJECTED, OrderStatus.REJECTED),
]


@pytest.fixture
def sent(desk: Desk) -> Desk:
    """Return a desk with one order to buy 1 on its way."""
    desk.receive(submit("op-1", buy="1", at="50000"))
    return desk


@pytest.mark.parametrize(("word", "status"), ENDS)
def test_an_order_ends_by_its_venues_word_and_gives_its_reservation_back(
    sent: Desk, word: VenueOrderStatus, status: OrderStatus
) -> None:
    sent.receive(said("op-1", word, reason="because"))
    assert (sent.status("op-1"), sent.order("op-1").reason) == (status, "because")
    assert sent.reserved() == (Decimal(0), Decimal(0))


@pytest.mark.parametrize(("word", "status"), ENDS)
def test_an_ended_order_takes_no_further_word(sent: Desk, word: VenueOrderStatus, status: OrderStatus) -> None:
    sent.receive(said("op-1", word))
    for later in VenueOrderStatus:
        assert sent.receive(said("op-1", later)).facts == ()
    assert sent.status("op-1") is status


def test_a_venues_rejection_says_so_in_its_code(sent: Desk) -> None:
    sent.receive(said("op-1", VenueOrderStatus.REJECTED, reason="no margin"))
    assert (sent.order("op-1").reason_code, sent.order("op-1").reason) == ("VENUE_REJECTED", "no margin")


@pytest.mark.parametrize("word", [VenueOrderStatus.CANCELED, VenueOrderStatus.EXPIRED, VenueOrderStatus.REJECTED])
def test_an_order_that_ended_with_trades_we_have_not_seen_stays_unconfirmed_until_they_come(
    sent: Desk, word: VenueOrderStatus
) -> None:
    outcome = sent.receive(said("op-1", word, filled="0.4"))
    assert [type(fact) for fact in outcome.facts] == [OrderUnconfirmed]
    assert (sent.status("op-1"), sent.reserved()[0]) == (OrderStatus.UNCONFIRMED, Decimal(1))
    assert QueryOrder in {type(request) for request in outcome.requests}
    sent.receive(evidence(said("op-1", VenueOrderStatus.CANCELED, filled="0.4"), traded("op-1", "t-1", "0.4")))
    assert (sent.status("op-1"), sent.position()) == (OrderStatus.CANCELED, Decimal("0.4"))
    assert sent.reserved()[0] == 0


def test_evidence_counts_its_trades_before_its_state(sent: Desk) -> None:
    sent.receive(
        evidence(
            said("op-1", VenueOrderStatus.FILLED, filled="1"),
            traded("op-1", "t-1", "0.4"),
            traded("op-1", "t-2", "0.6"),
        )
    )
    assert sent.status("op-1") is OrderStatus.FILLED


def test_evidence_told_twice_says_nothing_new(sent: Desk) -> None:
    told = evidence(said("op-1", VenueOrderStatus.ACCEPTED, filled="0.4"), traded("op-1", "t-1", "0.4"))
    sent.receive(told)
    assert sent.receive(told).facts == ()


def test_a_venues_rejection_of_an_order_that_has_traded_cancels_the_rest_of_it(sent: Desk) -> None:
    sent.receive(traded("op-1", "t-1", "0.4"))
    sent.receive(said("op-1", VenueOrderStatus.REJECTED, reason="self-trade"))
    assert (sent.status("op-1"), sent.order("op-1").reason) == (OrderStatus.CANCELED, "self-trade")
    assert sent.reserved()[0] == 0


def test_an_order_proven_never_sent_is_rejected_as_such(sent: Desk) -> None:
    sent.receive(not_sent("op-1"))
    assert (sent.status("op-1"), sent.order("op-1").reason_code) == (OrderStatus.REJECTED, "NOT_SENT")


def test_not_sent_is_not_believed_of_an_order_that_its_venue_holds(sent: Desk) -> None:
    sent.receive(accepted("op-1"))
    assert sent.receive(not_sent("op-1")).facts == ()
    assert sent.status("op-1") is OrderStatus.ACCEPTED


def test_an_unknown_outcome_is_unconfirmed_never_rejected_and_is_asked_about(sent: Desk) -> None:
    outcome = sent.receive(outcome_unknown("op-1"))
    assert (sent.status("op-1"), sent.reserved()[0]) == (OrderStatus.UNCONFIRMED, Decimal(1))
    assert [type(one) for one in outcome.requests].count(QueryOrder) == 1


@pytest.mark.parametrize("word", [VenueOrderStatus.ACCEPTED, VenueOrderStatus.CANCELED, VenueOrderStatus.REJECTED])
def test_an_unconfirmed_order_is_settled_by_its_venues_word(sent: Desk, word: VenueOrderStatus) -> None:
    sent.receive(outcome_unknown("op-1"))
    sent.receive(said("op-1", word))
    assert sent.status("op-1") == word.value


def test_an_order_that_is_not_ours_opens_one_break_and_makes_no_order(desk: Desk) -> None:
    desk.receive(accepted("placed by hand"))
    desk.receive(accepted("placed by hand"))
    assert desk.breaks() == ["UNATTRIBUTED_ORDER"]
    assert list(desk.actor.book.oms.all_orders()) == []


STRANGERS = [not_sent("stranger"), outcome_unknown("stranger"), cancel_refused("stranger"), not_found("stranger", 1)]


@pytest.mark.parametrize("report", STRANGERS, ids=lambda report: type(report).__name__)
def test_a_word_on_sending_an_order_that_is_not_ours_means_nothing(desk: Desk, report: OrderStatusReport) -> None:
    outcome = desk.receive(report)
    assert (outcome.facts, outcome.requests) == ((), ())


def test_a_refused_cancel_puts_the_order_back_to_work_and_asks_what_became_of_it(sent: Desk) -> None:
    sent.receive(accepted("op-1"))
    sent.receive(cancel("op-1"))
    outcome = sent.receive(cancel_refused("op-1"))
    assert sent.status("op-1") is OrderStatus.ACCEPTED
    assert [type(request) for request in outcome.requests] == [QueryOrder]


def test_a_refused_cancel_of_a_partly_filled_order_leaves_it_partly_filled(sent: Desk) -> None:
    sent.receive(traded("op-1", "t-1", "0.4"))
    sent.receive(cancel("op-1"))
    sent.receive(cancel_refused("op-1"))
    assert sent.status("op-1") is OrderStatus.PARTIALLY_FILLED


def test_a_cancel_refused_before_its_order_was_acknowledged_is_not_forgotten(sent: Desk) -> None:
    sent.receive(cancel("op-1"))
    outcome = sent.receive(cancel_refused("op-1"))  # it came too early: the venue did not know the order yet
    assert (sent.status("op-1"), outcome.facts) == (OrderStatus.PENDING_CANCEL, ())
    found = sent.receive(evidence(accepted("op-1")))
    assert [one.client_order_id for one in found.requests if isinstance(one, SendCancel)] == [client_id("op-1")]


def test_a_cancel_that_may_have_overtaken_its_order_is_sent_again_although_its_refusal_came_last(sent: Desk) -> None:
    sent.receive(cancel("op-1"))
    sent.receive(accepted("op-1"))
    outcome = sent.receive(cancel_refused("op-1"))  # said of a moment at which the order had not arrived
    assert (sent.status("op-1"), outcome.facts, outcome.requests) == (OrderStatus.PENDING_CANCEL, (), ())
    asked = [one for outcome in sent.pass_time(PATIENCE.answer_ns // SECOND_NS) for one in outcome.requests]
    assert QueryOrder in {type(request) for request in asked}
    found = sent.receive(evidence(accepted("op-1")))
    assert [one.client_order_id for one in found.requests if isinstance(one, SendCancel)] == [client_id("op-1")]


def test_a_refused_cancel_settles_nothing_of_an_unconfirmed_order(sent: Desk) -> None:
    sent.receive(outcome_unknown("op-1"))
    sent.receive(cancel("op-1"))
    sent.receive(cancel_refused("op-1"))
    assert sent.status("op-1") is OrderStatus.UNCONFIRMED


def test_an_order_can_be_canceled_again_after_a_refused_cancel(sent: Desk) -> None:
    sent.receive(accepted("op-1"))
    sent.receive(cancel("op-1"))
    sent.receive(cancel_refused("op-1"))
    again = sent.receive(cancel("op-1"))
    assert sent.status("op-1") is OrderStatus.PENDING_CANCEL
    assert SendCancel in {type(request) for request in again.requests}


def test_a_cancel_refused_that_nobody_asked_for_means_nothing(sent: Desk) -> None:
    sent.receive(accepted("op-1"))
    assert sent.receive(cancel_refused("op-1")).facts == ()


def test_evidence_that_an_order_still_works_repeats_the_cancel_that_somebody_asked_for(sent: Desk) -> None:
    sent.receive(accepted("op-1"))
    sent.receive(cancel("op-1"))
    outcome = sent.receive(evidence(accepted("op-1")))
    assert [type(request) for request in outcome.requests] == [SendCancel]
    assert sent.receive(evidence(canceled("op-1"))).requests == ()
    assert sent.account_status() is AccountStatus.READY


@pytest.mark.parametrize("end", [word for word, _ in ENDS])
def test_an_end_without_the_filled_amount_is_asked_about_and_the_answer_s_trades_count(
    sent: Desk, end: VenueOrderStatus
) -> None:
    sent.receive(accepted("op-1"))
    outcome = sent.receive(replace(said("op-1", end), filled_quantity=None))
    assert sent.status("op-1") is OrderStatus.UNCONFIRMED
    assert [type(one) for one in outcome.requests if not isinstance(one, WakeAt)] == [QueryOrder]
    answer = replace(said("op-1", VenueOrderStatus.CANCELED), filled_quantity=None)
    sent.receive(evidence(answer, traded("op-1", "t-1", "0.4")))
    order = sent.order("op-1")
    assert (order.status, order.filled_quantity) == (OrderStatus.CANCELED, Decimal("0.4"))


def test_an_order_that_its_venue_never_took_ends_without_a_filled_amount(sent: Desk) -> None:
    sent.receive(replace(said("op-1", VenueOrderStatus.REJECTED), filled_quantity=None))
    assert sent.status("op-1") is OrderStatus.REJECTED
