"""What must not work on is cancelled again until it has ended, however often its venue refuses the cancel."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ports.commands import HaltMode
from ports.requests import QueryOrder, SendCancel
from ports.values import OrderStatus, Side, TimeInForce

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import accepted, cancel, cancel_refused, client_id, evidence, halt, resume, submit, traded

PATIENCE_S = PATIENCE.answer_ns / SECOND_NS


def of_a_group_that_has_traded(desk: Desk) -> None:
    desk.receive(submit("low", buy="1", at="49000", oco_group="either"))
    desk.receive(submit("op-1", buy="1", at="48000", oco_group="either"))
    desk.receive(accepted("op-1"))
    desk.receive(traded("low", "t-1", "1", "49000"))


def under_a_halt_that_cancels(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="48000"))
    desk.receive(accepted("op-1"))
    desk.receive(halt(mode=HaltMode.CANCEL))


def after_its_day(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="48000", time_in_force=TimeInForce.DAY))
    desk.receive(accepted("op-1"))
    ends_ns = desk.order("op-1").expires_ns
    assert ends_ns is not None
    desk.pass_time(ns=ends_ns - desk.now_ns)


def of_a_position_that_is_closed(desk: Desk) -> None:
    desk.receive(submit("in", buy="1"))
    desk.receive(traded("in", "t-1", "1"))
    desk.receive(submit("op-1", sell="1", at="51000", reduce_only=True))
    desk.receive(accepted("op-1"))
    desk.receive(submit("out", sell="1"))
    desk.receive(traded("out", "t-2", "1", side=Side.SELL))


@pytest.mark.parametrize(
    "unwanted",
    [of_a_group_that_has_traded, under_a_halt_that_cancels, after_its_day, of_a_position_that_is_closed],
)
def test_a_refused_cancel_is_asked_again_at_the_pace_of_a_watch(desk: Desk, unwanted: Callable[[Desk], None]) -> None:
    unwanted(desk)
    refused = desk.receive(cancel_refused("op-1"))
    assert (desk.status("op-1"), refused.requests) == (OrderStatus.PENDING_CANCEL, ())
    asked = [one for outcome in desk.pass_time(PATIENCE_S) for one in outcome.requests if isinstance(one, QueryOrder)]
    assert client_id("op-1") in [one.client_order_id for one in asked]
    again = desk.receive(evidence(accepted("op-1"), asked_ns=desk.now_ns))
    assert [type(request) for request in again.requests] == [SendCancel]


def test_where_the_halt_was_lifted_meanwhile_the_order_goes_back_to_work(desk: Desk) -> None:
    under_a_halt_that_cancels(desk)
    desk.receive(resume())
    desk.receive(cancel_refused("op-1"))
    assert desk.status("op-1") is OrderStatus.ACCEPTED


def test_a_wish_that_was_refused_becomes_a_must_when_the_group_has_traded(desk: Desk) -> None:
    desk.receive(submit("low", buy="1", at="49000", oco_group="either"))
    desk.receive(submit("op-1", buy="1", at="48000", oco_group="either"))
    desk.receive(accepted("op-1"))
    desk.receive(cancel("op-1"))
    desk.receive(traded("low", "t-1", "0.3", "49000"))
    desk.receive(cancel_refused("op-1"))
    assert desk.status("op-1") is OrderStatus.PENDING_CANCEL
    assert desk.reserved()[0] == Decimal("1.7")
