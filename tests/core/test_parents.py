"""A parent is worked by children: never more than it is, once each, and resumed by a restart as if nothing had been."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.invariants import check
from ports.actor import Told
from ports.commands import AmendOrder, CheckOrder, HaltMode, HaltScope, SubmitOrder
from ports.facts import BreakKind, ParentEnded, ParentNoted, ParentProgressed
from ports.replies import AmendReply, CheckReply, InvalidOrder, OrderReply
from ports.reports import VenueOrderStatus
from ports.requests import SendCancel, SendOrder
from ports.values import AmendId, OperationId, OrderStatus, OrderType, Price, Quantity, Side, TimeInForce

from fakes.desk import Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    PERP,
    SMART_PERP,
    TRADER,
    accepted,
    cancel,
    cancel_all,
    canceled,
    client_id,
    evidence,
    halt,
    outcome_unknown,
    quote,
    resume,
    said,
    set_limits,
    submit,
    traded,
)

TWAP = {"horizon_secs": "40", "intervals": "4"}  # a quarter every ten seconds
FILLED, CANCELED = OrderStatus.FILLED, OrderStatus.CANCELED


def parent(
    operation_id: str = "big", amount: str = "4", algorithm: str = "TWAP", params: dict[str, str] = TWAP, **more: Any
) -> SubmitOrder:
    return submit(operation_id, buy=amount, exec_algorithm=algorithm, exec_algorithm_params=params, **more)


def sent(desk: Desk) -> list[tuple[str, Decimal]]:
    return [
        (one.request.client_order_id, one.request.quantity)
        for one in desk.releases
        if isinstance(one.request, SendOrder)
    ]


def children(*quantities: str) -> list[tuple[str, Decimal]]:
    return [(client_id(f"big.{number}"), Decimal(quantity)) for number, quantity in enumerate(quantities, start=1)]


def fill(desk: Desk, operation_id: str, quantity: str = "1", price: str = "50000") -> None:
    desk.receive(traded(operation_id, f"t-{operation_id}-{quantity}-{price}", quantity, price))


def amend(operation_id: str, amount: str) -> AmendOrder:
    return AmendOrder(
        operation_id=OperationId(operation_id),
        amend_id=AmendId(f"to-{amount}"),
        quantity=Quantity(Decimal(amount)),
        price=None,
        principal=TRADER,
    )


def fresh(desk: Desk, seconds: float) -> None:
    """Let time go by with a quote every second, as a market does."""
    for _ in range(int(seconds)):
        desk.pass_time(1)
        desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))


@pytest.fixture
def live(desk: Desk) -> Desk:
    """Return a desk whose quotes are as fresh as its clock."""
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    return desk


def test_a_twap_is_worked_part_by_part_until_it_is_filled(live: Desk) -> None:
    (reply,) = live.receive(parent()).replies
    assert isinstance(reply, OrderReply)
    assert (reply.order.status, reply.order.exec_algorithm) == (OrderStatus.ACCEPTED, "TWAP")
    assert sent(live) == children("1")
    for number in range(1, 5):
        fill(live, f"big.{number}", price=str(50000 + number))
        fresh(live, 10)
    assert sent(live) == children("1", "1", "1", "1")
    order = live.order("big")
    assert (order.status, order.filled_quantity, order.average_price) == (FILLED, Decimal(4), Decimal("50002.5"))
    (ended,) = [fact for fact in live.facts if isinstance(fact, ParentEnded)]
    assert (ended.status, ended.code) == (FILLED, "")
    assert live.position() == Decimal(4)


def test_a_child_is_an_order_like_any_other_and_names_its_parent(live: Desk) -> None:
    live.receive(parent())
    child = live.order("big.1")
    assert child.terms.parent_operation_id == "big"
    assert (child.terms.exec_algorithm, child.terms.strategy_id, child.account) == (
        "NORMAL",
        "momentum",
        ACCOUNTS[PERP],
    )
    assert (child.principal, live.reserved()[0]) == (TRADER, Decimal(1))  # its own alone is reserved


def test_what_a_child_trades_is_the_parents_at_once(live: Desk) -> None:
    live.receive(parent())
    fill(live, "big.1", "0.4")
    order = live.order("big")
    assert (order.status, order.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.4"))
    (progressed,) = [fact for fact in live.facts if isinstance(fact, ParentProgressed)]
    assert (progressed.filled_quantity, progressed.average_price) == (Decimal("0.4"), Decimal(50000))


@pytest.mark.parametrize("when", ["before its first trade", "after a trade", "between two parts"])
def test_a_restart_places_nothing_twice_and_goes_on(live: Desk, when: str) -> None:
    live.receive(parent())
    if when != "before its first trade":
        fill(live, "big.1")
    if when == "between two parts":
        fresh(live, 5)
    live.restart()
    live.connect(ACCOUNTS[PERP])
    if when == "before its first trade":
        fill(live, "big.1")
    for number in range(2, 5):
        fresh(live, 10)
        fill(live, f"big.{number}")
    fresh(live, 20)
    assert sent(live) == children("1", "1", "1", "1")
    assert live.status("big") is FILLED


def test_a_repeated_submit_of_a_parent_places_nothing_new(live: Desk) -> None:
    live.receive(parent())
    again = live.receive(parent())
    assert (again.facts, again.requests) == ((), ())
    (reply,) = again.replies
    assert isinstance(reply, OrderReply)
    assert reply.repeated


def test_a_child_in_doubt_counts_and_is_never_sent_again(live: Desk) -> None:
    live.receive(parent())
    live.receive(outcome_unknown("big.1"))
    fresh(live, 60)
    assert sum(quantity for _, quantity in sent(live)) <= Decimal(4)
    assert [name for name, _ in sent(live)].count(client_id("big.1")) == 1
    assert live.status("big") is OrderStatus.ACCEPTED
    assert "UNCONFIRMED" in [fact.code for fact in live.facts if isinstance(fact, ParentNoted)]


def test_a_cancel_takes_the_children_back_first_and_ends_when_they_have(live: Desk) -> None:
    live.receive(parent())
    live.receive(accepted("big.1"))
    outcome = live.receive(cancel("big"))
    assert live.status("big") is OrderStatus.PENDING_CANCEL
    assert [type(request) for request in outcome.requests if isinstance(request, SendCancel)] == [SendCancel]
    fill(live, "big.1", "0.3")
    assert live.status("big") is OrderStatus.PENDING_CANCEL
    live.receive(canceled("big.1", filled="0.3"))
    order = live.order("big")
    assert (order.status, order.filled_quantity) == (CANCELED, Decimal("0.3"))
    fresh(live, 60)
    assert len(sent(live)) == 1


@pytest.mark.parametrize("command", [cancel_all(), halt(mode=HaltMode.CANCEL)])
def test_what_takes_everything_back_takes_parents_back(live: Desk, command: Any) -> None:
    live.receive(parent())
    live.receive(command)
    live.receive(canceled("big.1"))
    fresh(live, 60)
    assert (live.status("big"), len(sent(live))) == (CANCELED, 1)


def test_a_halted_parent_pauses_and_goes_on_when_it_is_resumed(live: Desk) -> None:
    live.receive(parent())
    fill(live, "big.1")
    live.receive(halt(HaltScope.ORDER, "big"))
    fresh(live, 15)
    assert len(sent(live)) == 1
    live.receive(resume(HaltScope.ORDER, "big"))
    fresh(live, 30)
    assert len(sent(live)) > 1


def test_while_its_venue_is_away_nothing_is_placed(live: Desk) -> None:
    live.receive(parent())
    fill(live, "big.1")
    live.disconnect()
    fresh(live, 15)
    assert len(sent(live)) == 1
    live.connect(ACCOUNTS[PERP])
    assert len(sent(live)) == 2


def test_children_that_risk_refuses_end_it_and_say_so(live: Desk) -> None:
    live.receive(set_limits(max_order_quantity={"*": Decimal("0.5")}))
    live.receive(parent(params={"horizon_secs": "600", "intervals": "4"}))
    fresh(live, 600)
    order = live.order("big")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, "REFUSED")
    assert sent(live) == []


def test_an_amend_changes_what_is_left_to_place(live: Desk) -> None:
    live.receive(parent())
    fill(live, "big.1")
    (reply,) = live.receive(amend("big", "2.5")).replies
    assert isinstance(reply, AmendReply)
    assert reply.code == ""
    for number in range(2, 5):
        fresh(live, 10)
        order = live.actor.book.oms.get(OperationId(f"big.{number}"))
        if order is not None:
            fill(live, f"big.{number}", str(order.remaining))
    fresh(live, 20)
    assert sum(quantity for _, quantity in sent(live)) == Decimal("2.5")
    assert live.status("big") is FILLED


def test_one_without_a_venue_goes_where_it_is_cheapest_and_stays_there(live: Desk) -> None:
    live.receive(parent(instrument=SMART_PERP))
    fill(live, "big.1")
    live.receive(quote(BYBIT_PERP, "49000", "49000.1", live.now_ns))
    fresh(live, 10)
    assert {live.order(f"big.{number}").instrument for number in (1, 2)} == {PERP}


def test_an_iceberg_shows_one_part_after_another(live: Desk) -> None:
    live.receive(parent(algorithm="ICEBERG", params={"visible_pct": "25"}, at="49990"))
    for number in range(1, 5):
        assert len(sent(live)) == number
        live.receive(accepted(f"big.{number}"))
        fill(live, f"big.{number}", price="49990")
    assert live.status("big") is FILLED


def test_a_child_is_amended_by_its_algorithm_alone(live: Desk) -> None:
    live.receive(parent(algorithm="ICEBERG", params={"visible_pct": "25"}, at="49990"))
    live.receive(accepted("big.1"))
    (reply,) = live.receive(amend("big.1", "3")).replies
    assert isinstance(reply, AmendReply)
    assert (reply.code, live.order("big.1").quantity) == ("WORKED_BY_ALGORITHM", Decimal(1))


def test_a_halt_of_a_parent_covers_its_children(live: Desk) -> None:
    live.receive(parent(algorithm="ICEBERG", params={"visible_pct": "25"}, at="49990"))
    live.receive(accepted("big.1"))
    live.receive(halt(HaltScope.ORDER, "big", HaltMode.CANCEL))
    assert {live.status(one) for one in ("big", "big.1")} == {OrderStatus.PENDING_CANCEL}
    live.receive(canceled("big.1"))
    assert live.status("big") is CANCELED


def test_children_that_trade_more_than_their_parent_open_a_break(live: Desk) -> None:
    live.receive(parent(algorithm="ICEBERG", params={"visible_pct": "25"}, at="49990"))
    live.receive(accepted("big.1"))
    live.receive(amend("big", "0.5"))  # less than is out already: its child is taken back, and trades before that
    assert live.order("big.1").cancel_requested
    fill(live, "big.1", "1", "49990")
    order = live.order("big")
    assert (order.status, order.filled_quantity) == (FILLED, Decimal(1))
    assert [one.kind for one in live.actor.book.breaks.values()] == [BreakKind.OVERFILL]


def test_several_trades_heard_at_once_leave_no_room_for_more(live: Desk) -> None:
    live.receive(parent(algorithm="ICEBERG", params={"visible_pct": "50"}, at="49990"))
    live.receive(accepted("big.1"))
    live.receive(evidence(said("big.1", VenueOrderStatus.FILLED), *[traded("big.1", f"t-{n}", "1") for n in (1, 2)]))
    assert sent(live) == children("2", "2")
    assert live.order("big").filled_quantity == Decimal(2)


def test_a_name_that_is_taken_ends_the_parent_and_overfills_nothing(live: Desk) -> None:
    live.receive(submit("big.1", buy="1", at="40000"))
    live.receive(parent())
    order = live.order("big")
    assert (order.status, order.reason_code) == (CANCELED, "OPERATION_TAKEN")
    assert len(sent(live)) == 1


def test_a_late_trade_after_the_end_is_counted(live: Desk) -> None:
    live.receive(parent())
    live.receive(cancel("big"))
    live.receive(canceled("big.1"))
    assert live.status("big") is CANCELED
    fill(live, "big.1", "0.5")
    order = live.order("big")
    assert (order.status, order.filled_quantity) == (CANCELED, Decimal("0.5"))


@pytest.mark.parametrize(
    ("before", "amount", "code"),
    [
        ([cancel("big")], "3", "CANCEL_PENDING"),
        ([traded("big.1", "t-1", "0.5")], "0.5", "FILLED_BEYOND"),
        ([traded("big.1", "t-1", "0.5")], "0.4", "FILLED_BEYOND"),
        ([traded("big.1", "t-1", "0.5")], "0.501", ""),
    ],
)
def test_a_parent_is_not_amended_below_what_it_has_traded_nor_while_it_is_taken_back(
    live: Desk, before: list[Told], amount: str, code: str
) -> None:
    live.receive(parent())
    for message in before:
        live.receive(message)
    outcome = live.receive(amend("big", amount))
    (reply,) = outcome.replies
    assert isinstance(reply, AmendReply)
    assert (reply.code, bool(outcome.facts)) == (code, not code)


def test_children_that_say_the_same_are_no_duplicates_of_one_another(live: Desk) -> None:
    live.receive(set_limits(duplicate_window_ms=60_000))
    live.receive(parent())
    fill(live, "big.1")
    fresh(live, 10)
    assert sent(live) == children("1", "1")
    assert all(finding.ok for finding in check(live.run()).values())


def test_a_parent_is_checked_as_it_would_be_taken(live: Desk) -> None:
    live.receive(set_limits(max_order_quantity={"*": Decimal(2)}))  # its children are within
    (reply,) = live.receive(CheckOrder(terms=parent().terms, principal=TRADER)).replies
    assert isinstance(reply, CheckReply)
    assert (reply.allowed, [one.rule for one in reply.verdicts]) == (True, ["halt"])


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"restricted_strategies": ("momentum",)}, "RISK_RESTRICTED"),
        ({"trading_hours": {PERP: "SUN 00:00-00:01"}}, "RISK_TRADING_HOURS"),
        ({}, "RISK_HALT"),
    ],
)
def test_a_parent_that_may_not_begin_is_refused_at_once_and_not_child_by_child(
    live: Desk, limits: dict[str, Any], code: str
) -> None:
    live.receive(set_limits(**limits))
    if not limits:
        live.receive(halt(HaltScope.STRATEGY, "momentum"))
    (asked,) = live.receive(CheckOrder(terms=parent().terms, principal=TRADER)).replies
    live.receive(parent())
    assert isinstance(asked, CheckReply)
    assert asked.code == live.order("big").reason_code == code
    assert (live.status("big"), live.sends) == (OrderStatus.REJECTED, [])


@pytest.mark.parametrize("more", [{}, {"instrument": SMART_PERP}])
def test_the_same_parent_again_is_a_duplicate(live: Desk, more: dict[str, Any]) -> None:
    live.receive(set_limits(duplicate_window_ms=60_000))
    for operation_id in ("big", "again"):
        live.receive(parent(operation_id, **more))
    assert (live.order("big").reason_code, live.order("again").reason_code) == ("", "RISK_DUPLICATE")


WRONG = [
    pytest.param(
        {"params": {"horizon_secs": "40", "visible_pct": "5"}},
        "exec_algorithm_params.visible_pct",
        id="unknown parameter",
    ),
    pytest.param({"params": {}}, "exec_algorithm_params.horizon_secs", id="no horizon"),
    pytest.param({"algorithm": "MAGIC"}, "exec_algorithm", id="no such algorithm"),
    pytest.param({"time_in_force": TimeInForce.IOC}, "time_in_force", id="immediate"),
    pytest.param({"operation_id": "x" * 119}, "operation_id", id="a name too long for its children"),
    pytest.param({"oco_group": "g"}, "oco_group", id="in a group"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_an_algorithm_cannot_work_is_refused_with_the_field(
    live: Desk, change: dict[str, Any], field: str
) -> None:
    (reply,) = live.receive(parent(**change)).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == field


def test_a_stop_is_worked_by_no_algorithm(live: Desk) -> None:
    command = parent()
    terms = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(51000)))
    (reply,) = live.receive(replace(command, terms=terms)).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == "order_type"


def test_selling_is_worked_as_buying_is(live: Desk) -> None:
    command = submit("big", sell="4", exec_algorithm="TWAP", exec_algorithm_params=TWAP)
    live.receive(command)
    live.receive(traded("big.1", "t-1", "1", side=Side.SELL))
    assert live.position() == Decimal(-1)


def test_quotes_that_nobody_waits_for_ask_no_planner(live: Desk) -> None:
    live.receive(parent())
    fill(live, "big.1")
    before = len(live.facts)
    for _ in range(100):
        live.receive(quote(PERP, "49999.9", "50000.1", live.now_ns))
    assert len(live.facts) == before
    assert live.actor.book.desk.watching(PERP) == []


def test_it_waits_for_a_quote_where_there_is_none(desk: Desk) -> None:
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(parent())
    assert sent(desk) == []
    assert "STALE_DATA" in [fact.code for fact in desk.facts if isinstance(fact, ParentNoted)]
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    assert len(sent(desk)) == 1


def test_of_several_wake_ups_only_the_newest_counts(live: Desk) -> None:
    live.receive(parent())
    live.receive(halt(HaltScope.ORDER, "big"))
    live.receive(resume(HaltScope.ORDER, "big"))
    fill(live, "big.1")
    worked = live.actor.book.desk.get(OperationId("big"))
    assert worked is not None
    planned = [wake.at_ns for wake in live.wakes if wake.token.startswith("plan|")]
    assert len(planned) > 1
    assert worked.wake_ns == max(planned)
