"""OCO, OTO and bracket: whatever comes first, and in whatever order it is told, no more is traded than was meant."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ports.capabilities import PLAIN_ORDERS
from ports.commands import SubmitOrder
from ports.facts import FoundBy, OrderFilled
from ports.replies import InvalidOrder
from ports.requests import SendCancel, SendOrder
from ports.values import OperationId, OrderStatus, OrderType, Price, Side

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    PERP,
    SMART_PERP,
    SPOT,
    accepted,
    cancel,
    cancel_refused,
    canceled,
    client_id,
    outcome_unknown,
    quote,
    set_limits,
    submit,
    traded,
)

HELD, CANCELED, FILLED = OrderStatus.HELD, OrderStatus.CANCELED, OrderStatus.FILLED
HOLDS_STOPS = replace(PLAIN_ORDERS, order_types=(*PLAIN_ORDERS.order_types, OrderType.STOP_MARKET))
STOPPED_OUT = quote(PERP, "49000", "49000.1")


def stop(command: SubmitOrder, trigger: str) -> SubmitOrder:
    terms = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(trigger)))
    return replace(command, terms=terms)


def bracket(desk: Desk, entry: SubmitOrder | None = None) -> None:
    """An entry, and, after it, a target at 51000 and a stop at 49500 in one group."""
    exits: dict[str, Any] = {"after_operation_id": OperationId("entry"), "oco_group": "exits", "reduce_only": True}
    desk.receive(entry or submit("entry", buy="1"))
    desk.receive(submit("target", sell="1", at="51000", **exits))
    desk.receive(stop(submit("stop", sell="1", **exits), "49500"))
    assert (desk.status("target"), desk.status("stop")) == (HELD, HELD)


def in_position(desk: Desk) -> None:
    """A bracket whose entry has traded, and whose target works."""
    bracket(desk)
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(accepted("target"))
    assert (desk.status("target"), desk.status("stop")) == (OrderStatus.ACCEPTED, HELD)


def sent(desk: Desk) -> list[tuple[str, Decimal]]:
    return [
        (one.request.client_order_id, one.request.quantity)
        for one in desk.releases
        if isinstance(one.request, SendOrder)
    ]


def cancels(desk: Desk, operation_id: str) -> int:
    return sum(
        isinstance(one.request, SendCancel) and one.request.client_order_id == client_id(operation_id)
        for one in desk.releases
    )


def test_what_follows_an_order_waits_until_it_has_filled(desk: Desk) -> None:
    bracket(desk)
    desk.receive(accepted("entry"))
    assert sent(desk) == [(client_id("entry"), Decimal(1))]
    desk.receive(traded("entry", "t-1", "0.4"))
    assert desk.status("target") is HELD  # a limit order follows when all is done
    desk.receive(traded("entry", "t-2", "0.6"))
    assert sent(desk)[1:] == [(client_id("target"), Decimal(1))]


def test_an_order_that_ends_with_part_of_it_traded_is_followed_by_so_much(desk: Desk) -> None:
    bracket(desk)
    desk.receive(traded("entry", "t-1", "0.4"))
    desk.receive(cancel("entry"))
    desk.receive(canceled("entry", filled="0.4"))
    assert sent(desk)[1:] == [(client_id("target"), Decimal("0.4"))]
    assert desk.order("target").quantity == Decimal("0.4")


@pytest.mark.parametrize("end", ["canceled", "expired unsent"])
def test_an_order_that_ends_without_a_trade_takes_what_follows_with_it(desk: Desk, end: str) -> None:
    if end == "canceled":
        bracket(desk)
        desk.receive(accepted("entry"))
        desk.receive(canceled("entry"))
    else:
        bracket(desk, stop(submit("entry", buy="1"), "50010"))
        desk.receive(cancel("entry"))
    assert (desk.status("target"), desk.status("stop")) == (CANCELED, CANCELED)
    assert len(sent(desk)) == (1 if end == "canceled" else 0)


def test_the_target_fills_and_the_stop_is_gone(desk: Desk) -> None:
    in_position(desk)
    desk.receive(traded("target", "t-2", "1", "51000", side=Side.SELL))
    assert (desk.status("stop"), desk.position()) == (CANCELED, Decimal(0))
    desk.receive(STOPPED_OUT)
    assert len(sent(desk)) == 2


def test_the_stop_is_met_and_leaves_only_when_the_target_has_ended(desk: Desk) -> None:
    in_position(desk)
    desk.receive(STOPPED_OUT)
    assert (desk.status("stop"), desk.status("target")) == (HELD, OrderStatus.PENDING_CANCEL)
    assert (cancels(desk, "target"), len(sent(desk))) == (1, 2)
    desk.receive(canceled("target"))
    assert sent(desk)[2:] == [(client_id("stop"), Decimal(1))]
    desk.receive(traded("stop", "t-2", "1", "49000", side=Side.SELL))
    assert (desk.status("stop"), desk.position()) == (FILLED, Decimal(0))


def test_a_target_that_traded_in_part_leaves_the_stop_the_rest(desk: Desk) -> None:
    in_position(desk)
    desk.receive(traded("target", "t-2", "0.3", "51000", side=Side.SELL))
    assert desk.status("stop") is HELD
    desk.receive(STOPPED_OUT)
    desk.receive(canceled("target", filled="0.3"))
    assert sent(desk)[2:] == [(client_id("stop"), Decimal("0.7"))]


def test_a_target_that_fills_while_it_is_taken_back_leaves_the_stop_nothing(desk: Desk) -> None:
    in_position(desk)
    desk.receive(STOPPED_OUT)
    desk.receive(traded("target", "t-2", "1", "51000", side=Side.SELL))
    assert (desk.status("stop"), len(sent(desk)), desk.position()) == (CANCELED, 2, Decimal(0))


def test_while_the_target_is_in_doubt_the_stop_does_not_leave(desk: Desk) -> None:
    bracket(desk)
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(outcome_unknown("target"))
    desk.receive(STOPPED_OUT)
    desk.pass_time(20)
    assert (desk.status("target"), desk.status("stop")) == (OrderStatus.UNCONFIRMED, HELD)
    desk.receive(canceled("target"))
    assert sent(desk)[2:] == [(client_id("stop"), Decimal(1))]


def test_a_cancel_that_was_refused_is_asked_again_as_long_as_the_stop_waits(desk: Desk) -> None:
    in_position(desk)
    desk.receive(STOPPED_OUT)
    desk.receive(cancel_refused("target"))
    asked = cancels(desk, "target")
    desk.pass_time(PATIENCE.answer_ns / SECOND_NS)
    assert cancels(desk, "target") == asked + 1


def test_a_stop_that_was_met_is_not_forgotten_by_a_restart(desk: Desk) -> None:
    in_position(desk)
    desk.receive(STOPPED_OUT)
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(canceled("target"))
    assert sent(desk)[2:] == [(client_id("stop"), Decimal(1))]


def test_the_stop_of_an_entry_that_is_still_working_takes_the_rest_of_it_back_first(desk: Desk) -> None:
    bracket(desk, submit("entry", buy="1", at="50000"))
    desk.receive(accepted("entry"))
    desk.receive(traded("entry", "t-1", "0.4"))
    desk.receive(STOPPED_OUT)
    assert (cancels(desk, "entry"), len(sent(desk))) == (1, 1)
    desk.receive(canceled("entry", filled="0.4"))
    assert (desk.status("target"), sent(desk)[1:]) == (HELD, [(client_id("stop"), Decimal("0.4"))])
    desk.receive(traded("stop", "t-2", "0.4", "49000", side=Side.SELL))
    assert (desk.status("target"), desk.position()) == (CANCELED, Decimal(0))


def test_of_two_that_work_the_first_to_trade_takes_the_other_back(desk: Desk) -> None:
    desk.receive(submit("low", buy="1", at="49000", oco_group="either"))
    desk.receive(submit("lower", buy="1", at="48000", oco_group="either"))
    assert len(sent(desk)) == 2
    desk.receive(traded("low", "t-1", "0.1", "49000"))
    assert (cancels(desk, "low"), cancels(desk, "lower")) == (0, 1)
    desk.receive(traded("low", "t-2", "0.1", "49000"))
    assert cancels(desk, "lower") == 1  # once is enough: its watch asks again


def test_one_that_would_work_at_once_does_not_join_a_group_that_has_traded(desk: Desk) -> None:
    desk.receive(submit("low", buy="1", at="49000", oco_group="either"))
    desk.receive(traded("low", "t-1", "0.6", "49000"))
    desk.receive(submit("lower", buy="1", at="48000", oco_group="either"))
    assert (desk.status("lower"), desk.order("lower").reason_code) == (OrderStatus.REJECTED, "GROUP_TRADED")
    assert len(sent(desk)) == 1


def test_a_late_trade_of_a_group_that_has_ended_does_not_touch_a_new_one_of_its_name(desk: Desk) -> None:
    desk.receive(submit("old", buy="1", at="49000", oco_group="either"))
    desk.receive(canceled("old"))
    desk.receive(submit("new", buy="1", at="49000", oco_group="either"))
    desk.receive(traded("old", "t-1", "0.3", "49000"))
    assert (desk.status("new"), cancels(desk, "new")) == (OrderStatus.SUBMITTED, 0)


def test_a_trade_found_by_asking_counts_like_any_other(desk: Desk) -> None:
    in_position(desk)
    desk.receive(traded("target", "t-2", "1", "51000", side=Side.SELL))
    (last,) = [fact for fact in desk.facts if isinstance(fact, OrderFilled) and fact.trade_id == "t-2"]
    assert last.found_by is FoundBy.STREAM
    assert desk.status("stop") is CANCELED


def test_a_group_of_another_strategy_is_another_group(desk: Desk) -> None:
    desk.receive(submit("mine", buy="1", at="49000", oco_group="g"))
    desk.receive(submit("theirs", buy="1", at="49000", oco_group="g", strategy="carry"))
    desk.receive(traded("mine", "t-1", "1", "49000"))
    assert desk.status("theirs") is OrderStatus.SUBMITTED


def test_the_name_of_a_group_that_has_ended_is_free_again(desk: Desk) -> None:
    desk.receive(submit("one", buy="1", at="49000", oco_group="g"))
    desk.receive(traded("one", "t-1", "1", "49000"))
    desk.receive(submit("two", buy="1", at="49000", oco_group="g"))
    assert desk.status("two") is OrderStatus.SUBMITTED


def test_what_follows_goes_where_the_order_went_that_it_follows(desk: Desk) -> None:
    desk.receive(submit("entry", buy="1", instrument=SMART_PERP))
    desk.receive(quote(BYBIT_PERP, "52000", "52000.1"))  # the better bid by now
    desk.receive(submit("exit", sell="1", at="51000", instrument=SMART_PERP, after_operation_id=OperationId("entry")))
    assert desk.order("exit").instrument == PERP


REFUSED_LINKS = [
    pytest.param({"after_operation_id": OperationId("nothing")}, "after_operation_id", "no such order", id="unknown"),
    pytest.param({"after_operation_id": OperationId("theirs")}, "after_operation_id", "own strategy", id="not theirs"),
    pytest.param(
        {"after_operation_id": OperationId("elsewhere")}, "after_operation_id", "own instrument", id="other instrument"
    ),
    pytest.param({"after_operation_id": OperationId("ended")}, "after_operation_id", "nothing to follow", id="ended"),
    pytest.param({"oco_group": "g"}, "oco_group", "one instrument", id="a group of another instrument"),
]


@pytest.mark.parametrize(("links", "field", "remedy"), REFUSED_LINKS)
def test_a_link_that_leads_nowhere_is_refused_with_what_is_wrong(
    desk: Desk, links: dict[str, Any], field: str, remedy: str
) -> None:
    desk.receive(submit("theirs", buy="1", at="49000", strategy="carry"))
    desk.receive(submit("elsewhere", buy="1", at="49000", instrument=BYBIT_PERP, oco_group="g"))
    desk.receive(submit("ended", buy="1", at="49000"))
    desk.receive(canceled("ended"))
    (reply,) = desk.receive(submit("op-1", sell="1", at="51000", **links)).replies
    assert isinstance(reply, InvalidOrder)
    assert (reply.field, remedy in reply.remedy) == (field, True)


def spot_bracket(desk: Desk, fee: str, currency: str) -> None:
    """Buy 1 at spot with a stop below it; the venue takes its fee."""
    desk.receive(submit("entry", buy="1", instrument=SPOT))
    after = OperationId("entry")
    desk.receive(stop(submit("exit", sell="1", instrument=SPOT, after_operation_id=after), "1900"))
    desk.receive(traded("entry", "t-1", "1", "2000", instrument=SPOT, fee=fee, currency=currency))
    desk.receive(quote(SPOT, "1899", "1899.5"))


@pytest.mark.parametrize(("fee", "currency", "left"), [("0.00105", "ETH", "0.9989"), ("2", "USDT", "1")])
def test_at_spot_no_more_is_sold_than_the_fee_has_left_in_whole_lots(
    desk: Desk, fee: str, currency: str, left: str
) -> None:
    spot_bracket(desk, fee, currency)
    assert sent(desk)[1:] == [(client_id("exit"), Decimal(left))]


def test_two_exits_trade_no_more_together_than_their_entry_has(desk: Desk) -> None:
    exits: dict[str, Any] = {"after_operation_id": OperationId("entry"), "oco_group": "exits"}
    desk.receive(submit("entry", buy="1"))
    desk.receive(submit("target", sell="1", at="51000", **exits))
    desk.receive(stop(submit("stop", sell="1", **exits), "49500"))
    desk.receive(traded("entry", "t-1", "0.5"))
    desk.receive(canceled("entry", filled="0.5"))
    desk.receive(traded("target", "t-2", "0.3", "51000", side=Side.SELL))
    desk.receive(STOPPED_OUT)
    desk.receive(canceled("target", filled="0.3"))
    assert sent(desk)[2:] == [(client_id("stop"), Decimal("0.2"))]


@pytest.mark.parametrize("reduce_only", [True, False])
def test_a_bracket_keeps_its_target_where_the_venue_could_hold_its_stop(reduce_only: bool) -> None:
    desk = Desk(abilities=HOLDS_STOPS)
    exits: dict[str, Any] = {"after_operation_id": OperationId("entry"), "reduce_only": reduce_only}
    desk.receive(submit("entry", buy="1"))
    desk.receive(submit("target", sell="1", at="51000", oco_group="exits", **exits))
    desk.receive(stop(submit("stop", sell="1", oco_group="exits", **exits), "49500"))
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(accepted("target"))
    assert (desk.status("target"), desk.status("stop"), cancels(desk, "target")) == (OrderStatus.ACCEPTED, HELD, 0)
    desk.receive(STOPPED_OUT)
    desk.receive(canceled("target", filled="0"))
    assert last_sent(desk) == (client_id("stop"), OrderType.MARKET, None)


def test_a_stop_of_no_group_waits_at_its_venue_as_soon_as_its_entry_has_filled() -> None:
    desk = Desk(abilities=HOLDS_STOPS)
    desk.receive(submit("entry", buy="1"))
    desk.receive(stop(submit("stop", sell="1", after_operation_id=OperationId("entry")), "49500"))
    desk.receive(traded("entry", "t-1", "1"))
    assert last_sent(desk) == (client_id("stop"), OrderType.STOP_MARKET, Decimal(49500))


def test_a_stop_of_an_instrument_whose_triggers_its_venue_does_not_wait_for_is_held_here() -> None:
    desk = Desk(abilities=replace(HOLDS_STOPS, no_triggers_for=(PERP.type,)))
    desk.receive(stop(submit("stop", sell="1"), "49500"))
    assert desk.status("stop") is HELD


@pytest.mark.parametrize("reduce_only", [True, False])
def test_a_stop_that_risk_refuses_leaves_the_target_and_a_person_is_told(desk: Desk, reduce_only: bool) -> None:
    bracket_of(desk, reduce_only=reduce_only)
    desk.receive(set_limits(max_order_quantity={"*": Decimal("0.5")}))
    desk.receive(STOPPED_OUT)
    assert (desk.status("stop"), desk.order("stop").reason_code) == (OrderStatus.REJECTED, "RISK_MAX_ORDER_QUANTITY")
    assert (desk.status("target"), cancels(desk, "target")) == (OrderStatus.ACCEPTED, 0)
    assert desk.breaks() == ["STOP_FAILED"]


def test_a_stop_is_judged_in_the_place_of_its_target_and_not_beside_it(desk: Desk) -> None:
    bracket_of(desk, reduce_only=False)
    desk.receive(set_limits(max_total_notional_usd=Decimal(110_000)))
    desk.receive(STOPPED_OUT)
    assert cancels(desk, "target") == 1
    desk.receive(canceled("target", filled="0"))
    assert desk.status("stop") is OrderStatus.SUBMITTED


def bracket_of(desk: Desk, *, reduce_only: bool) -> None:
    """A bracket whose entry has traded and whose target works."""
    exits: dict[str, Any] = {"after_operation_id": OperationId("entry"), "oco_group": "exits"}
    desk.receive(submit("entry", buy="1"))
    desk.receive(submit("target", sell="1", at="51000", reduce_only=reduce_only, **exits))
    desk.receive(stop(submit("stop", sell="1", reduce_only=reduce_only, **exits), "49500"))
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(accepted("target"))


def last_sent(desk: Desk) -> tuple[str, OrderType, Decimal | None]:
    request = [one.request for one in desk.releases if isinstance(one.request, SendOrder)][-1]
    return request.client_order_id, request.order_type, request.trigger_price
