"""Reduce-only closes what its own strategy holds, and can open nothing, whatever the account holds for others."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ports.commands import AdjustmentKind, AdjustPosition
from ports.requests import SendCancel, SendOrder
from ports.values import OrderStatus, OrderType, Price, Side, StrategyId, TradeId

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import ACCOUNTS, MOMENTUM, PERP, TRADER, accepted, canceled, client_id, halt, quote, submit, traded


@pytest.fixture
def long(desk: Desk) -> Desk:
    """Return a desk whose strategy holds 1, while another is short 5 in the same account."""
    desk.receive(submit("theirs", sell="5", strategy="carry"))
    desk.receive(traded("theirs", "t-0", "5", side=Side.SELL))
    desk.receive(submit("mine", buy="1"))
    desk.receive(traded("mine", "t-1", "1"))
    return desk


def closing(operation_id: str, quantity: str = "1", at: str | None = None):  # type: ignore[no-untyped-def] # a submit
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


def test_a_stop_that_finds_everything_on_its_way_to_be_closed_waits_and_leaves_if_it_is_not(long: Desk) -> None:
    long.receive(closing("far", at="60000"))
    long.receive(accepted("far"))
    command = closing("stop")
    stop = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49500)))
    long.receive(replace(command, terms=stop))
    long.receive(quote(PERP, "49500", "49500.1"))
    assert long.status("stop") is OrderStatus.HELD
    long.receive(canceled("far"))
    long.pass_time(PATIENCE.answer_ns / SECOND_NS)
    assert long.status("stop") is OrderStatus.SUBMITTED
