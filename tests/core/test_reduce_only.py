"""Reduce-only closes what its own strategy holds, and can open nothing, whatever the account holds for others."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ports.commands import AdjustmentKind, AdjustPosition, CheckOrder, SubmitOrder
from ports.replies import CheckReply
from ports.requests import SendCancel, SendOrder
from ports.values import OrderStatus, OrderType, Price, Side, StrategyId, TradeId

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    MOMENTUM,
    PERP,
    TRADER,
    accepted,
    cancel_refused,
    canceled,
    client_id,
    halt,
    quote,
    set_limits,
    submit,
    traded,
    with_terms,
)


@pytest.fixture
def long(desk: Desk) -> Desk:
    """Return a desk whose strategy holds 1, while another is short 5 in the same account."""
    desk.receive(submit("theirs", sell="5", strategy="carry"))
    desk.receive(traded("theirs", "t-0", "5", side=Side.SELL))
    desk.receive(submit("mine", buy="1"))
    desk.receive(traded("mine", "t-1", "1"))
    return desk


def test_a_stop_that_waits_is_checked_as_it_would_be_taken_also_before_there_is_a_position(desk: Desk) -> None:
    trigger = Price(Decimal(45000))
    stop = with_terms(
        submit("stop", sell="1"), order_type=OrderType.STOP_MARKET, trigger_price=trigger, reduce_only=True
    )
    (asked,) = desk.receive(CheckOrder(terms=stop.terms, principal=TRADER)).replies
    desk.receive(stop)
    assert isinstance(asked, CheckReply)
    assert (asked.allowed, desk.status("stop")) == (True, OrderStatus.HELD)


def closing(operation_id: str, quantity: str = "1", at: str | None = None) -> SubmitOrder:
    return submit(operation_id, sell=quantity, at=at, reduce_only=True)


def taken_back(desk: Desk) -> list[str]:
    return [one.request.client_order_id for one in desk.releases if isinstance(one.request, SendCancel)]


def test_it_may_close_all_that_its_strategy_holds(long: Desk) -> None:
    long.receive(closing("op-1"))
    assert long.status("op-1") is OrderStatus.SUBMITTED


@pytest.mark.parametrize(("side", "quantity"), [("sell", "1.001"), ("buy", "0.001")])
def test_it_may_not_open_and_not_turn_the_position_round(long: Desk, side: str, quantity: str) -> None:
    long.receive(submit("op-1", **{side: quantity}, reduce_only=True))  # type: ignore[arg-type] # a side's name
    order = long.order("op-1")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, "REDUCE_ONLY")
    assert f"at most {'1' if side == 'sell' else '0'} of" in order.reason


def test_what_is_on_its_way_to_close_it_counts(long: Desk) -> None:
    long.receive(closing("op-1", "0.6", at="51000"))
    long.receive(closing("op-2", "0.5", at="51000"))
    assert long.status("op-2") is OrderStatus.REJECTED
    long.receive(canceled("op-1"))
    long.receive(closing("op-3", "0.5", at="51000"))
    assert long.status("op-3") is OrderStatus.SUBMITTED


def test_it_passes_a_halt_because_it_opens_no_risk(long: Desk) -> None:
    long.receive(halt())
    long.receive(closing("op-1"))
    long.receive(submit("op-2", sell="1"))
    assert (long.status("op-1"), long.status("op-2")) == (OrderStatus.SUBMITTED, OrderStatus.REJECTED)


def test_it_is_taken_back_when_the_position_has_become_too_small_for_it(long: Desk) -> None:
    long.receive(closing("op-1", "0.6", at="51000"))
    long.receive(closing("op-2", "0.4", at="51000"))
    for operation_id in ("op-1", "op-2"):
        long.receive(accepted(operation_id))
    long.receive(submit("op-3", sell="0.3"))
    long.receive(traded("op-3", "t-2", "0.3", side=Side.SELL))
    assert taken_back(long) == [client_id("op-2")]


def test_its_own_trades_take_nothing_back(long: Desk) -> None:
    long.receive(closing("op-1", at="51000"))
    long.receive(traded("op-1", "t-2", "0.4", "51000", side=Side.SELL))
    assert taken_back(long) == []


def test_an_adjusted_position_counts_too(long: Desk) -> None:
    long.receive(closing("op-1", at="51000"))
    long.receive(
        AdjustPosition(
            adjustment_id=TradeId("a-1"),
            kind=AdjustmentKind.CORRECTION,
            account=ACCOUNTS[PERP],
            strategy_id=StrategyId(MOMENTUM),
            instrument=PERP,
            quantity=Decimal("-0.5"),
            price=Price(Decimal(50000)),
            principal=TRADER,
            reason="the venue is right",
        )
    )
    assert taken_back(long) == [client_id("op-1")]


def test_a_held_one_closes_what_is_left_when_its_time_comes(long: Desk) -> None:
    command = closing("op-1")
    stop = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49500)))
    long.receive(replace(command, terms=stop))
    long.receive(submit("op-2", sell="0.7"))
    long.receive(traded("op-2", "t-2", "0.7", side=Side.SELL))
    long.receive(quote(PERP, "49500", "49500.1"))
    (order,) = [one.request for one in long.releases if isinstance(one.request, SendOrder)][-1:]
    assert (order.client_order_id, order.quantity) == (client_id("op-1"), Decimal("0.3"))


def test_a_held_one_ends_where_nothing_is_left_to_close(long: Desk) -> None:
    command = closing("op-1")
    stop = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49500)))
    long.receive(replace(command, terms=stop))
    long.receive(submit("op-2", sell="1"))
    long.receive(traded("op-2", "t-2", "1", side=Side.SELL))
    long.receive(quote(PERP, "49500", "49500.1"))
    assert (long.status("op-1"), long.order("op-1").reason) == (
        OrderStatus.CANCELED,
        "0 is left to trade; the least is 0.001",
    )


def stop(quantity: str = "1", operation_id: str = "stop") -> SubmitOrder:
    """A stop that closes what is held, below the market."""
    command = closing(operation_id, quantity)
    terms = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49500)))
    return replace(command, terms=terms)


STOPPED_OUT = quote(PERP, "49500", "49500.1")


def test_a_stop_takes_the_room_of_resting_orders_the_farthest_first_and_no_more_than_it_needs(long: Desk) -> None:
    for operation_id, quantity, at in (("near", "0.3", "51000"), ("far", "0.3", "60000"), ("farther", "0.3", "70000")):
        long.receive(closing(operation_id, quantity, at))
        long.receive(accepted(operation_id))
    long.receive(stop("0.5"))
    assert taken_back(long) == []
    long.receive(STOPPED_OUT)
    assert (taken_back(long), long.status("stop")) == ([client_id("farther"), client_id("far")], OrderStatus.HELD)
    long.receive(canceled("far"))
    assert long.status("stop") is OrderStatus.HELD
    long.receive(canceled("farther"))
    (order,) = [one.request for one in long.releases if isinstance(one.request, SendOrder)][-1:]
    assert (order.client_order_id, order.quantity) == (client_id("stop"), Decimal("0.5"))
    assert long.status("near") is OrderStatus.ACCEPTED


def test_what_the_stop_finds_traded_meanwhile_it_does_not_close_again(long: Desk) -> None:
    long.receive(closing("far", at="60000"))
    long.receive(accepted("far"))
    long.receive(stop())
    long.receive(STOPPED_OUT)
    long.receive(traded("far", "t-2", "0.4", "60000", side=Side.SELL))
    long.receive(canceled("far", filled="0.4"))
    (order,) = [one.request for one in long.releases if isinstance(one.request, SendOrder)][-1:]
    assert (order.client_order_id, order.quantity) == (client_id("stop"), Decimal("0.6"))


def test_a_cancel_that_the_venue_refuses_is_asked_again_for_the_stop(long: Desk) -> None:
    long.receive(closing("far", at="60000"))
    long.receive(accepted("far"))
    long.receive(stop())
    long.receive(STOPPED_OUT)
    long.receive(cancel_refused("far"))
    long.pass_time(PATIENCE.answer_ns / SECOND_NS)
    assert taken_back(long)[-2:] == [client_id("far")] * 2
    long.receive(canceled("far"))
    assert long.status("stop") is OrderStatus.SUBMITTED


def test_what_trades_at_once_is_left_to_close_and_the_stop_waits_for_its_end(long: Desk) -> None:
    long.receive(closing("out"))
    long.receive(stop())
    long.receive(STOPPED_OUT)
    assert (taken_back(long), long.status("stop")) == ([], OrderStatus.HELD)
    long.receive(canceled("out", filled="0"))
    assert long.status("stop") is OrderStatus.SUBMITTED


def test_only_a_stop_takes_the_room_of_others(long: Desk) -> None:
    long.receive(closing("far", at="60000"))
    command = closing("touched")
    terms = replace(command.terms, order_type=OrderType.MARKET_IF_TOUCHED, trigger_price=Price(Decimal(50500)))
    long.receive(replace(command, terms=terms))
    long.receive(quote(PERP, "50500", "50500.1"))
    assert (taken_back(long), long.status("touched")) == ([], OrderStatus.HELD)


def test_a_stop_that_risk_refuses_takes_nothing_back(long: Desk) -> None:
    long.receive(closing("far", at="60000"))
    long.receive(accepted("far"))
    long.receive(stop())
    long.receive(set_limits(max_order_quantity={"*": Decimal("0.5")}))
    long.receive(STOPPED_OUT)
    assert (taken_back(long), long.order("stop").reason_code) == ([], "RISK_MAX_ORDER_QUANTITY")
    assert (long.status("far"), long.breaks()) == (OrderStatus.ACCEPTED, ["STOP_FAILED"])
