"""Silence is unknown, never rejected: the venue is asked, patiently, and only its answer settles anything."""

from decimal import Decimal

import pytest

from core.reconciliation.patience import Patience
from ports.actor import Outcome
from ports.facts import BreakOpened, OrderCanceled, OrderRejected, OrderUnconfirmed, OrderUnseen
from ports.requests import QueryOrder, WakeAt, WakeUp
from ports.values import OperationId, OrderStatus

from fakes.desk import PATIENCE, SECOND_NS, START_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    accepted,
    cancel,
    canceled,
    client_id,
    evidence,
    not_found,
    outcome_unknown,
    submit,
    traded,
    unanswered,
)

PATIENCE_S = PATIENCE.answer_ns // SECOND_NS
LATE_NS = START_NS + PATIENCE.not_found_lag_ns  # the first instant at which "not found" may count


@pytest.fixture
def silent(desk: Desk) -> Desk:
    """Return a desk with one order that its venue has not spoken of."""
    desk.receive(submit("op-1", buy="1", at="50000"))
    return desk


def questions(outcomes: list[Outcome]) -> int:
    return sum(isinstance(request, QueryOrder) for outcome in outcomes for request in outcome.requests)


def test_an_order_is_in_doubt_when_patience_runs_out_and_not_before(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S, ns=-1)
    assert silent.status("op-1") is OrderStatus.SUBMITTED
    outcomes = silent.pass_time(ns=1)
    assert (silent.status("op-1"), silent.reserved()[0]) == (OrderStatus.UNCONFIRMED, Decimal(1))
    assert [type(fact) for outcome in outcomes for fact in outcome.facts] == [OrderUnconfirmed]
    assert questions(outcomes) == 1


def test_a_silent_order_is_never_sent_again(silent: Desk) -> None:
    silent.pass_time(10 * 60)
    assert silent.sends == [client_id("op-1")]
    assert silent.status("op-1") is OrderStatus.UNCONFIRMED


def test_a_silent_order_is_asked_about_ever_more_seldom_and_never_given_up(silent: Desk) -> None:
    asked_in_rounds = [turn for turn in range(1, 60) if questions(silent.pass_time(PATIENCE_S))]
    assert asked_in_rounds == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("word", [accepted("op-1"), traded("op-1", "t-1", "0.4"), canceled("op-1")])
def test_an_order_that_its_venue_spoke_of_in_time_is_not_asked_about(silent: Desk, word: object) -> None:
    silent.receive(word)  # type: ignore[arg-type] # one of the reports above
    assert questions(silent.pass_time(10 * 60)) == 0
    assert silent.wakes == []


def test_an_order_has_one_live_chain_of_questions_whatever_brought_it_into_doubt(silent: Desk) -> None:
    silent.pass_time(1)
    silent.receive(outcome_unknown("op-1"))
    silent.pass_time(1)
    silent.receive(cancel("op-1"))
    silent.pass_time(60)
    assert len(silent.wakes) == 1


def test_a_cancel_in_the_same_instant_as_its_submit_begins_no_second_chain(silent: Desk) -> None:
    silent.receive(cancel("op-1"))
    silent.pass_time(60)
    assert len(silent.wakes) == 1


def test_a_repeated_doubt_asks_again_and_records_nothing_again(silent: Desk) -> None:
    silent.receive(outcome_unknown("op-1"))
    again = silent.receive(outcome_unknown("op-1"))
    assert again.facts == ()
    assert [type(request) for request in again.requests] == [QueryOrder]


def test_a_silent_cancel_is_asked_about(silent: Desk) -> None:
    silent.receive(accepted("op-1"))
    silent.pass_time(60)
    silent.receive(cancel("op-1"))
    assert questions(silent.pass_time(PATIENCE_S)) == 1
    assert silent.status("op-1") is OrderStatus.PENDING_CANCEL


def test_no_answer_to_a_question_teaches_nothing(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    outcome = silent.receive(unanswered("op-1"))
    assert (outcome.facts, silent.status("op-1")) == ((), OrderStatus.UNCONFIRMED)


def test_not_found_before_the_venues_lag_has_passed_is_no_evidence_and_is_asked_again(silent: Desk) -> None:
    for _ in range(3):
        outcome = silent.receive(not_found("op-1", LATE_NS - 1))
        assert outcome.facts == ()
        assert [type(request) for request in outcome.requests] == [WakeAt]
    assert silent.status("op-1") is OrderStatus.SUBMITTED


def test_not_found_once_is_no_evidence_and_is_asked_again_after_the_lag(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    outcome = silent.receive(not_found("op-1", silent.now_ns))
    assert [type(fact) for fact in outcome.facts] == [OrderUnseen]
    assert (silent.status("op-1"), silent.reserved()[0]) == (OrderStatus.UNCONFIRMED, Decimal(1))
    assert questions(silent.pass_time(PATIENCE.not_found_lag_ns // SECOND_NS)) == 1


def test_not_found_twice_and_late_enough_proves_that_an_order_never_reached_its_venue(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    silent.receive(not_found("op-1", silent.now_ns))
    silent.pass_time(1)
    outcome = silent.receive(not_found("op-1", silent.now_ns))
    assert [type(fact) for fact in outcome.facts] == [OrderUnseen, OrderRejected]
    assert (silent.status("op-1"), silent.order("op-1").reason_code) == (OrderStatus.REJECTED, "NEVER_REACHED_VENUE")
    assert silent.reserved()[0] == 0


def test_one_answer_told_twice_is_one_answer(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    answer = not_found("op-1", silent.now_ns)
    silent.receive(answer)
    again = silent.receive(answer)
    assert again.facts == ()
    assert silent.status("op-1") is OrderStatus.UNCONFIRMED


def test_two_questions_asked_nearer_than_the_lag_are_one_piece_of_evidence(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    silent.receive(not_found("op-1", silent.now_ns))
    silent.receive(not_found("op-1", silent.now_ns + PATIENCE.not_found_lag_ns - 1))
    assert silent.status("op-1") is OrderStatus.UNCONFIRMED
    silent.receive(not_found("op-1", silent.now_ns + PATIENCE.not_found_lag_ns))
    assert silent.status("op-1") is OrderStatus.REJECTED


def test_beyond_a_venues_deadline_the_second_question_waits_for_its_copies_alone() -> None:
    lag_ns, second_ns = 8 * SECOND_NS, 2 * SECOND_NS
    patience = Patience(not_found_lag_ns=lag_ns)
    assert patience.counts_from_ns(START_NS, 0) == START_NS + lag_ns
    first_ns = START_NS + lag_ns
    assert patience.counts_from_ns(START_NS, first_ns) == first_ns + second_ns
    again = patience.ask_again(OperationId("op-1"), first_ns)
    early = patience.ask_again(OperationId("op-1"), START_NS, first_ns)
    assert (again.at_ns, early.at_ns) == (first_ns + second_ns, first_ns)


def test_a_word_of_the_venue_in_between_begins_the_counting_anew(silent: Desk) -> None:
    silent.pass_time(PATIENCE_S)
    silent.receive(not_found("op-1", silent.now_ns))
    silent.receive(accepted("op-1"))
    silent.pass_time(1)
    silent.receive(not_found("op-1", silent.now_ns))
    assert silent.status("op-1") is OrderStatus.ACCEPTED


def test_an_acknowledged_order_that_its_venue_no_longer_knows_is_canceled_with_a_break(silent: Desk) -> None:
    silent.receive(accepted("op-1"))
    silent.pass_time(2)
    silent.receive(not_found("op-1", silent.now_ns))
    silent.pass_time(2)
    outcome = silent.receive(not_found("op-1", silent.now_ns))
    assert [type(fact) for fact in outcome.facts] == [OrderUnseen, OrderCanceled, BreakOpened]
    assert (silent.status("op-1"), silent.breaks()) == (OrderStatus.CANCELED, ["GONE_FROM_VENUE"])


def test_not_found_says_nothing_of_an_order_that_has_ended(silent: Desk) -> None:
    silent.receive(canceled("op-1"))
    outcome = silent.receive(not_found("op-1", silent.now_ns + SECOND_NS))
    assert (outcome.facts, outcome.requests) == ((), ())


def test_a_late_answer_settles_an_unconfirmed_order(silent: Desk) -> None:
    silent.pass_time(60)
    silent.receive(evidence(accepted("op-1", filled="0.4"), traded("op-1", "t-1", "0.4")))
    assert silent.status("op-1") is OrderStatus.PARTIALLY_FILLED
    assert questions(silent.pass_time(60 * 60)) == 0


def test_a_wake_up_for_an_order_that_nobody_knows_means_nothing(desk: Desk) -> None:
    for token in ("ask|op-9", "watch|0|0|op-9"):
        outcome = desk.receive(WakeUp(token=token))
        assert (outcome.facts, outcome.requests) == ((), ())


def test_the_lag_of_an_order_of_an_earlier_life_counts_from_the_restart(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.pass_time(3_600)  # it waited in a queue, and may have left just before the process was killed
    desk.restart()
    restarted_ns = desk.now_ns
    desk.connect(ACCOUNTS[PERP])
    desk.receive(not_found("op-1", restarted_ns))
    desk.receive(not_found("op-1", restarted_ns + SECOND_NS - 1))
    assert desk.status("op-1") is OrderStatus.UNCONFIRMED
    desk.receive(not_found("op-1", restarted_ns + SECOND_NS))
    desk.receive(not_found("op-1", restarted_ns + 2 * SECOND_NS))
    assert desk.order("op-1").reason_code == "NEVER_REACHED_VENUE"
