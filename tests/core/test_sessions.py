"""A session that comes and goes: nothing new goes out until every open order has been answered for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.reconciliation.accounts import AccountStatus
from ports.capabilities import PLAIN_ORDERS
from ports.facts import AccountReady, AccountReconciling, AccountStated, InstrumentDefined
from ports.reports import SessionUp, VenueOrderStatus
from ports.requests import QueryOrder, WakeAt
from ports.values import OrderStatus, Price, VenueId

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    LISTED,
    PERP,
    accepted,
    canceled,
    client_id,
    evidence,
    not_found,
    said,
    submit,
    traded,
    unanswered,
)

FUTURES = ACCOUNTS[PERP]
PATIENCE_S = PATIENCE.answer_ns // SECOND_NS


@pytest.fixture
def torn(desk: Desk) -> Desk:
    """Return a desk with one accepted and one unanswered order whose session has just gone."""
    desk.receive(submit("held", buy="1", at="50000"))
    desk.receive(accepted("held"))
    desk.receive(submit("sent", buy="1", at="50000"))
    desk.disconnect(FUTURES)
    return desk


def asked(requests: tuple[object, ...]) -> set[str]:
    return {request.client_order_id for request in requests if isinstance(request, QueryOrder)}


def test_a_first_session_lists_its_instruments_and_is_ready_at_once() -> None:
    desk = Desk(instruments=(PERP,))
    assert [type(fact) for fact in desk.facts[1:]] == [
        InstrumentDefined,
        AccountReconciling,
        AccountStated,
        AccountReady,
    ]
    assert desk.account_status(FUTURES) is AccountStatus.READY


def test_a_lost_session_puts_what_was_not_acknowledged_in_doubt_and_nothing_else(torn: Desk) -> None:
    assert (torn.status("held"), torn.status("sent")) == (OrderStatus.ACCEPTED, OrderStatus.UNCONFIRMED)
    assert torn.reserved()[0] == Decimal(2)


def test_a_lost_session_leaves_other_accounts_alone(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", instrument=BYBIT_PERP))
    desk.disconnect(FUTURES)
    assert desk.status("op-1") is OrderStatus.SUBMITTED
    assert desk.account_status(ACCOUNTS[BYBIT_PERP]) is AccountStatus.READY


def test_a_session_that_is_back_asks_about_every_open_order_of_its_account(torn: Desk) -> None:
    torn.receive(submit("elsewhere", buy="1", instrument=BYBIT_PERP))
    torn.pass_time(2)  # longer than a venue may not show a young order
    outcome = torn.connect(FUTURES)
    assert asked(outcome.requests) == {client_id("held"), client_id("sent")}
    assert torn.account_status(FUTURES) is AccountStatus.RECONCILING


def test_an_account_is_ready_only_when_every_open_order_has_been_answered_for(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(evidence(accepted("held")))
    assert torn.account_status(FUTURES) is AccountStatus.RECONCILING
    torn.receive(evidence(canceled("sent")))
    assert torn.account_status(FUTURES) is AccountStatus.READY


def test_new_orders_are_refused_while_an_account_is_reconciled(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(submit("too early", buy="1"))
    assert torn.order("too early").reason_code == "VENUE_UNAVAILABLE"


def test_a_fill_answers_for_its_order(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(evidence(accepted("held")))
    torn.receive(traded("sent", "t-1", "0.4"))
    assert torn.account_status(FUTURES) is AccountStatus.READY


def test_an_order_that_never_reached_its_venue_is_answered_for_when_that_is_proven(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(evidence(accepted("held")))
    torn.pass_time(1)
    torn.receive(not_found("sent", torn.now_ns))
    assert torn.account_status(FUTURES) is AccountStatus.RECONCILING
    torn.pass_time(1)
    torn.receive(not_found("sent", torn.now_ns))
    assert torn.account_status(FUTURES) is AccountStatus.READY


def test_an_order_that_ended_with_missing_trades_keeps_its_account_waiting(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(evidence(accepted("held")))
    torn.receive(said("sent", VenueOrderStatus.CANCELED, filled="0.4"))
    assert torn.account_status(FUTURES) is AccountStatus.RECONCILING
    torn.receive(evidence(said("sent", VenueOrderStatus.CANCELED, filled="0.4"), traded("sent", "t-1", "0.4")))
    assert torn.account_status(FUTURES) is AccountStatus.READY


def test_a_question_without_an_answer_is_asked_again_for_every_order_until_the_account_is_ready(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(unanswered("held"))
    torn.receive(unanswered("sent"))
    again = {name for outcome in torn.pass_time(PATIENCE_S) for name in asked(outcome.requests)}
    assert again == {client_id("held"), client_id("sent")}


def test_nothing_is_asked_of_a_session_that_is_gone(torn: Desk) -> None:
    requests = [request for outcome in torn.pass_time(600) for request in outcome.requests]
    assert [one for one in requests if not isinstance(one, WakeAt) and one.account == FUTURES] == []


def test_a_session_that_flaps_is_reconciled_anew_each_time(torn: Desk) -> None:
    torn.connect(FUTURES)
    torn.receive(evidence(accepted("held")))
    torn.disconnect(FUTURES)
    torn.pass_time(1)
    outcome = torn.connect(FUTURES)
    assert asked(outcome.requests) == {client_id("held"), client_id("sent")}
    torn.receive(evidence(accepted("sent")))
    assert torn.account_status(FUTURES) is AccountStatus.RECONCILING
    torn.receive(evidence(accepted("held")))
    assert torn.account_status(FUTURES) is AccountStatus.READY


def test_an_instrument_is_defined_again_only_where_it_changed(desk: Desk) -> None:
    same = desk.connect(FUTURES)
    assert InstrumentDefined not in {type(fact) for fact in same.facts}
    coarser = replace(LISTED[PERP], tick_size=Price(Decimal(5)))
    changed = desk.receive(
        SessionUp(account=FUTURES, venue=VenueId("BINANCE-FUTURES"), instruments=[coarser], abilities=PLAIN_ORDERS)
    )
    assert [type(fact) for fact in changed.facts].count(InstrumentDefined) == 1
    assert desk.receive(submit("op-1", buy="1", at="50001")).facts == ()
    assert desk.receive(submit("op-1", buy="1", at="50005")).facts != ()
