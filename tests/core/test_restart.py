"""After a restart the facts alone make the book again, and what no venue has answered is unknown."""

from decimal import Decimal

import pytest

from core.reconciliation.accounts import AccountStatus
from ports.facts import AccountLost, LeaderStarted, OrderUnconfirmed
from ports.requests import QueryOrder, SendCancel
from ports.values import OrderStatus, Side

from fakes.desk import Desk, digest, folded, through_json
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    accepted,
    cancel,
    canceled,
    client_id,
    evidence,
    halt,
    not_found,
    outcome_unknown,
    set_limits,
    submit,
    traded,
)

FUTURES = ACCOUNTS[PERP]


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Return a desk with orders in every state that a restart can find."""
    desk.receive(set_limits(max_position_per_instrument={PERP: Decimal("100.00")}, max_order_value_usd=Decimal("1E+7")))
    for name in ("sent", "held", "part", "filled", "canceled", "doubted", "wanted back", "wanted and unseen"):
        desk.receive(submit(name.replace(" ", "-"), buy="1", at="50000"))
    desk.receive(accepted("held"))
    desk.receive(traded("part", "t-1", "0.4"))
    desk.receive(traded("filled", "t-2", "1", fee="0.1"))
    desk.receive(canceled("canceled"))
    desk.receive(outcome_unknown("doubted"))
    desk.receive(accepted("wanted-back"))
    desk.receive(cancel("wanted-back"))
    desk.receive(cancel("wanted-and-unseen"))
    desk.receive(cancel("never-submitted"))
    desk.receive(traded(None, "t-3", "0.2", side=Side.SELL))
    desk.receive(halt())
    return desk


def test_the_facts_alone_make_the_same_book(busy: Desk) -> None:
    assert folded(busy.facts).book.canonical() == busy.actor.book.canonical()


def test_the_facts_make_the_same_book_after_they_were_written_and_read(busy: Desk) -> None:
    assert digest(folded(through_json(busy.facts))) == digest(busy.actor)


def test_a_restarted_book_counts_its_facts_on(busy: Desk) -> None:
    busy.restart()
    assert busy.actor.sequence == len(busy.facts)


def test_a_start_opens_an_epoch_and_closes_every_account(busy: Desk) -> None:
    outcome = busy.restart()
    assert outcome.facts[0] == LeaderStarted(epoch=2, program="test", started_ns=busy.now_ns)
    assert {fact.account for fact in outcome.facts if isinstance(fact, AccountLost)} == set(busy.accounts)
    assert busy.account_status(FUTURES) is AccountStatus.LOST
    assert outcome.requests == ()


def test_what_no_venue_had_answered_is_unconfirmed_and_the_rest_is_as_it_was(busy: Desk) -> None:
    outcome = busy.restart()
    doubted = {fact.operation_id for fact in outcome.facts if isinstance(fact, OrderUnconfirmed)}
    assert doubted == {"sent", "wanted-and-unseen"}
    assert {order.terms.operation_id: order.status.value for order in busy.actor.book.oms.all_orders()} == {
        "sent": "UNCONFIRMED",
        "held": "ACCEPTED",
        "part": "PARTIALLY_FILLED",
        "filled": "FILLED",
        "canceled": "CANCELED",
        "doubted": "UNCONFIRMED",
        "wanted-back": "PENDING_CANCEL",
        "wanted-and-unseen": "UNCONFIRMED",
    }


def test_reservations_and_positions_survive(busy: Desk) -> None:
    before = (busy.reserved(), busy.position(), busy.position(strategy="UNATTRIBUTED"))
    busy.restart()
    assert (busy.reserved(), busy.position(), busy.position(strategy="UNATTRIBUTED")) == before
    assert before == ((Decimal("5.6"), Decimal(0)), Decimal("1.4"), Decimal("-0.2"))


def test_nothing_is_sent_twice_whatever_is_restarted(busy: Desk) -> None:
    sent = list(busy.sends)
    for _ in range(3):
        busy.restart()
        busy.connect(FUTURES)
        busy.pass_time(60)
    assert busy.sends == sent


def test_a_session_after_a_restart_asks_about_every_open_order(busy: Desk) -> None:
    busy.restart()
    busy.pass_time(2)  # longer than a venue may not show a young order
    outcome = busy.connect(FUTURES)
    asked = {request.client_order_id for request in outcome.requests if isinstance(request, QueryOrder)}
    still_open = ("sent", "held", "part", "doubted", "wanted-back", "wanted-and-unseen")
    assert asked == {client_id(name) for name in still_open}


@pytest.mark.parametrize("name", ["wanted-back", "wanted-and-unseen"])
def test_a_cancel_asked_for_before_a_restart_is_sent_again_when_the_order_is_found(busy: Desk, name: str) -> None:
    busy.restart()
    busy.connect(FUTURES)
    outcome = busy.receive(evidence(accepted(name)))
    assert [request.client_order_id for request in outcome.requests if isinstance(request, SendCancel)] == [
        client_id(name)
    ]
    assert busy.status(name) is OrderStatus.PENDING_CANCEL


def test_an_order_lost_on_the_way_before_a_restart_is_settled_by_two_late_answers(busy: Desk) -> None:
    busy.restart()
    busy.connect(FUTURES)
    for _ in range(2):
        busy.pass_time(2)
        busy.receive(not_found("sent", busy.now_ns))
    assert (busy.status("sent"), busy.order("sent").reason_code) == (OrderStatus.REJECTED, "NEVER_REACHED_VENUE")


def test_one_answer_before_and_one_after_a_restart_are_two(busy: Desk) -> None:
    busy.pass_time(2)
    busy.receive(not_found("sent", busy.now_ns))
    busy.restart()
    busy.connect(FUTURES)
    busy.receive(not_found("sent", busy.now_ns - 1))
    assert busy.status("sent") is OrderStatus.UNCONFIRMED
    busy.pass_time(2)
    busy.receive(not_found("sent", busy.now_ns))
    assert busy.status("sent") is OrderStatus.REJECTED


def test_a_second_restart_says_nothing_new_of_orders_already_in_doubt(busy: Desk) -> None:
    busy.restart()
    outcome = busy.restart()
    assert [type(fact) for fact in outcome.facts] == [LeaderStarted]
