"""A halt lets nothing new out in its scope until it is lifted; it survives restarts and never stops a cancel."""

from typing import Any

import pytest

from ports.commands import HaltMode, HaltScope
from ports.facts import CancelRequested, HaltLifted, HaltRaised
from ports.replies import ControlReply
from ports.requests import SendCancel
from ports.values import OperationId, OrderStatus

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    INVERSE,
    PERP,
    SMART_PERP,
    SPOT,
    accepted,
    cancel,
    client_id,
    halt,
    quote,
    resume,
    submit,
)

SCOPES = [
    pytest.param(HaltScope.GLOBAL, "", {"pv", "other", "spot", "inverse"}, id="global"),
    pytest.param(HaltScope.VENUE, "BINANCE-FUTURES", {"pv", "other"}, id="venue"),
    pytest.param(HaltScope.ACCOUNT, ACCOUNTS[SPOT], {"spot"}, id="account"),
    pytest.param(HaltScope.INSTRUMENT, PERP, {"pv", "other"}, id="instrument"),
    pytest.param(HaltScope.INSTRUMENT, SMART_PERP, {"pv", "other"}, id="instrument at every venue"),
    pytest.param(HaltScope.STRATEGY, "momentum", {"pv", "spot", "inverse"}, id="strategy"),
]


def place_one_of_each(desk: Desk) -> None:
    desk.receive(submit("pv", buy="1"))
    desk.receive(submit("other", buy="1", strategy="other"))
    desk.receive(submit("spot", buy="1", instrument=SPOT))
    desk.receive(submit("inverse", buy="10", instrument=INVERSE))


def with_status(desk: Desk, status: OrderStatus) -> set[str]:
    return {order.terms.operation_id for order in desk.actor.book.oms.all_orders() if order.status is status}


@pytest.mark.parametrize(("scope", "value", "covered"), SCOPES)
def test_a_halt_refuses_new_orders_in_its_scope_and_no_others(
    desk: Desk, scope: HaltScope, value: str, covered: set[str]
) -> None:
    (reply,) = desk.receive(halt(scope, value)).replies
    place_one_of_each(desk)
    assert isinstance(reply, ControlReply)
    assert reply.changed
    assert with_status(desk, OrderStatus.REJECTED) == covered
    assert {desk.order(operation_id).reason_code for operation_id in covered} == {"RISK_HALT"}


@pytest.mark.parametrize(
    ("scope", "value", "is_heard_of"),
    [
        *[(scope.values[0], scope.values[1], True) for scope in SCOPES],
        (HaltScope.VENUE, "BINANCE", False),
        (HaltScope.ACCOUNT, "BINANCE", False),
        (HaltScope.INSTRUMENT, "BINANCE:PERPETUAL:BTC-USDT@LIN", False),
        (HaltScope.STRATEGY, "momentun", False),
        (HaltScope.ORDER, "pw", False),
    ],
)
def test_a_halt_of_what_nobody_has_heard_of_stands_and_says_so(
    desk: Desk, scope: HaltScope, value: str, is_heard_of: bool
) -> None:
    place_one_of_each(desk)
    replies = [*desk.receive(halt(scope, value)).replies, *desk.receive(resume(scope, value)).replies]
    assert [one.is_unheard_of for one in replies if isinstance(one, ControlReply)] == [not is_heard_of, False]


@pytest.mark.parametrize(("scope", "value", "covered"), SCOPES)
def test_a_halt_that_cancels_takes_back_the_open_orders_of_its_scope_and_no_others(
    desk: Desk, scope: HaltScope, value: str, covered: set[str]
) -> None:
    place_one_of_each(desk)
    outcome = desk.receive(halt(scope, value, HaltMode.CANCEL))
    assert with_status(desk, OrderStatus.PENDING_CANCEL) == covered
    canceled = {request.client_order_id for request in outcome.requests if isinstance(request, SendCancel)}
    assert canceled == {client_id(operation_id) for operation_id in covered}


def test_a_halt_that_only_halts_leaves_open_orders_alone(desk: Desk) -> None:
    place_one_of_each(desk)
    assert desk.receive(halt()).requests == ()
    assert len(with_status(desk, OrderStatus.SUBMITTED)) == 4


def test_a_lifted_scope_trades_again(desk: Desk) -> None:
    desk.receive(halt(HaltScope.VENUE, "BINANCE-FUTURES"))
    lifted = desk.receive(resume(HaltScope.VENUE, "BINANCE-FUTURES"))
    desk.receive(submit("op-1", buy="1"))
    assert [type(fact) for fact in lifted.facts] == [HaltLifted]
    assert lifted.replies == (ControlReply(changed=True),)
    assert desk.status("op-1") is OrderStatus.SUBMITTED


def test_lifting_one_scope_leaves_another_halted(desk: Desk) -> None:
    desk.receive(halt())
    desk.receive(halt(HaltScope.INSTRUMENT, PERP))
    desk.receive(resume())
    place_one_of_each(desk)
    assert with_status(desk, OrderStatus.REJECTED) == {"pv", "other"}


def test_a_repeated_halt_changes_nothing(desk: Desk) -> None:
    desk.receive(halt())
    again = desk.receive(halt())
    assert (again.facts, again.replies) == ((), (ControlReply(changed=False),))


def test_lifting_what_is_not_halted_changes_nothing(desk: Desk) -> None:
    outcome = desk.receive(resume())
    assert (outcome.facts, outcome.replies) == ((), (ControlReply(changed=False),))


def test_a_repeated_cancelling_halt_asks_again_and_records_nothing_again(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(halt(mode=HaltMode.CANCEL))
    again = desk.receive(halt(mode=HaltMode.CANCEL))
    assert again.facts == ()
    assert [type(request) for request in again.requests] == [SendCancel]


def test_a_halt_is_made_a_cancelling_one_by_saying_so(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(halt())
    stronger = desk.receive(halt(mode=HaltMode.CANCEL))
    assert [type(fact) for fact in stronger.facts] == [HaltRaised, CancelRequested]
    assert stronger.replies == (ControlReply(changed=True, cancelled=(OperationId("op-1"),)),)


def test_cancels_pass_while_everything_is_halted(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1"))
    desk.receive(halt())
    assert SendCancel in {type(request) for request in desk.receive(cancel("op-1")).requests}


def test_a_halt_survives_a_restart(desk: Desk) -> None:
    desk.receive(halt(HaltScope.STRATEGY, "momentum"))
    desk.restart()
    for account in desk.accounts:
        desk.connect(account)
    desk.receive(submit("op-1", buy="1"))
    assert desk.order("op-1").reason_code == "RISK_HALT"


def test_a_halt_says_in_the_refusal_who_is_halted_and_why(desk: Desk) -> None:
    desk.receive(halt(HaltScope.VENUE, "BINANCE-FUTURES"))
    desk.receive(submit("op-1", buy="1"))
    assert "venue BINANCE-FUTURES halted: a drill" in desk.order("op-1").reason


@pytest.mark.parametrize("algorithm", [{}, {"exec_algorithm": "TWAP", "exec_algorithm_params": {"horizon_secs": "40"}}])
@pytest.mark.parametrize(
    ("scope", "value"),
    [(HaltScope.VENUE, "BYBIT"), (HaltScope.ACCOUNT, ACCOUNTS[BYBIT_PERP]), (HaltScope.INSTRUMENT, BYBIT_PERP)],
)
def test_a_smart_order_goes_past_a_halted_venue_however_cheap(
    desk: Desk, scope: HaltScope, value: str, algorithm: dict[str, Any]
) -> None:
    desk.receive(halt(scope, value))
    desk.receive(quote(BYBIT_PERP, "1", "2"))
    desk.receive(submit("op-1", buy="1", instrument=SMART_PERP, **algorithm))
    assert (desk.status("op-1"), desk.order("op-1").account) == (OrderStatus.ACCEPTED, ACCOUNTS[PERP])


@pytest.mark.parametrize("value", [SMART_PERP, PERP])
def test_a_smart_order_is_refused_where_every_venue_that_takes_it_is_halted(desk: Desk, value: str) -> None:
    desk.receive(halt(HaltScope.INSTRUMENT, value))
    desk.receive(halt(HaltScope.VENUE, "BYBIT"))
    desk.receive(submit("op-1", buy="1", instrument=SMART_PERP))
    assert desk.order("op-1").reason_code == "RISK_HALT"
    assert not desk.sends
