"""Taking orders back: harmless to repeat, never lost, never mistaken for done."""

from decimal import Decimal

from ports.facts import CancelRequested
from ports.replies import CancelAllReply, CancelReply
from ports.requests import SendCancel, WakeAt
from ports.values import OperationId, OrderStatus, StrategyId, VenueId

from fakes.desk import Desk
from fakes.sayings import (
    BYBIT_PERP,
    PERP,
    SMART_PERP,
    SPOT,
    TRADER,
    accepted,
    cancel,
    cancel_all,
    canceled,
    client_id,
    outcome_unknown,
    submit,
)


def test_a_cancel_is_recorded_sent_and_watched_and_the_reservation_stays(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1", venue_order_id="v-9"))
    desk.pass_time(1)
    outcome = desk.receive(cancel("op-1"))
    (asked,) = outcome.facts
    assert isinstance(asked, CancelRequested)
    assert (asked.principal, asked.reason) == (TRADER, "enough")
    assert {type(request) for request in outcome.requests} == {SendCancel, WakeAt}
    (send,) = [request for request in outcome.requests if isinstance(request, SendCancel)]
    assert (send.client_order_id, send.venue_order_id) == (client_id("op-1"), "v-9")
    assert (desk.status("op-1"), desk.reserved()[0]) == (OrderStatus.PENDING_CANCEL, Decimal(1))


def test_a_repeated_cancel_asks_the_venue_again_and_records_nothing_again(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(cancel("op-1"))
    again = desk.receive(cancel("op-1"))
    assert again.facts == ()
    assert [type(request) for request in again.requests] == [SendCancel]


def test_a_cancel_of_an_ended_order_tells_where_it_is_and_sends_nothing(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(canceled("op-1"))
    outcome = desk.receive(cancel("op-1"))
    (reply,) = outcome.replies
    assert isinstance(reply, CancelReply)
    assert reply.order is not None
    assert (reply.order.status, outcome.facts, outcome.requests) == (OrderStatus.CANCELED, (), ())


def test_an_unconfirmed_order_that_somebody_wants_back_stays_unconfirmed(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(outcome_unknown("op-1"))
    outcome = desk.receive(cancel("op-1"))
    assert desk.status("op-1") is OrderStatus.UNCONFIRMED
    assert SendCancel in {type(request) for request in outcome.requests}


def test_an_unconfirmed_order_that_somebody_wants_back_is_pending_cancel_once_it_is_found(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(outcome_unknown("op-1"))
    desk.receive(cancel("op-1"))
    desk.receive(accepted("op-1"))
    assert desk.status("op-1") is OrderStatus.PENDING_CANCEL


def place(desk: Desk) -> None:
    desk.receive(submit("a", buy="1"))
    desk.receive(submit("b", buy="1", strategy="other"))
    desk.receive(submit("c", buy="1", instrument=BYBIT_PERP))
    desk.receive(submit("d", buy="1", instrument=SPOT, strategy="other"))
    desk.receive(submit("ended", buy="1"))
    desk.receive(canceled("ended"))


def taken_back(desk: Desk, **filters: object) -> list[str]:
    (reply,) = desk.receive(cancel_all(**filters)).replies
    assert isinstance(reply, CancelAllReply)
    return list(reply.operation_ids)


def test_cancel_all_takes_back_every_open_order_oldest_first(desk: Desk) -> None:
    place(desk)
    assert taken_back(desk) == ["a", "b", "c", "d"]


def test_cancel_all_takes_back_only_what_matches_every_filter(desk: Desk) -> None:
    place(desk)
    assert taken_back(desk, strategy_id=StrategyId("other")) == ["b", "d"]
    assert taken_back(desk, venue=VenueId("BYBIT")) == ["c"]
    assert taken_back(desk, instrument=PERP) == ["a", "b"]
    assert taken_back(desk, instrument=PERP, strategy_id=StrategyId("other")) == ["b"]
    assert taken_back(desk, instrument=SMART_PERP) == ["a", "b", "c"]


def test_cancel_all_of_nothing_says_that_none_was_open(desk: Desk) -> None:
    assert taken_back(desk) == []


def test_a_cancel_lays_no_tombstone_on_a_known_order(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(cancel("op-1"))
    assert not desk.actor.book.oms.is_tombstoned(OperationId("op-1"))
