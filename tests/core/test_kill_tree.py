"""The kill switch: four modes over six scopes; what reduces always passes, what is to be closed is closed, once."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.invariants import check
from ports.commands import HaltMode, HaltScope, RaiseHalt, SubmitOrder
from ports.facts import OrderRecorded
from ports.instruments import InstrumentKey
from ports.replies import ControlReply
from ports.reports import SessionUp, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import SYSTEM, AccountId, OrderStatus, OrderType, Price, Side

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import (
    ACCOUNTS,
    BYBIT_PERP,
    LISTED,
    MOMENTUM,
    PERP,
    SPOT,
    accepted,
    canceled,
    client_id,
    halt,
    not_sent,
    quote,
    resume,
    said,
    set_limits,
    statement,
    submit,
    traded,
)

SCOPES = [
    (HaltScope.GLOBAL, ""),
    (HaltScope.VENUE, "BINANCE-FUTURES"),
    (HaltScope.ACCOUNT, ACCOUNTS[PERP]),
    (HaltScope.INSTRUMENT, PERP),
    (HaltScope.STRATEGY, MOMENTUM),
]
EVERY_SCOPE = [*SCOPES, (HaltScope.ORDER, "op-1")]
PATIENCE_S = PATIENCE.answer_ns / SECOND_NS


def holding(desk: Desk, quantity: str = "1", strategy: str = MOMENTUM) -> None:
    desk.receive(submit(f"in-{strategy}", buy=quantity, strategy=strategy))
    desk.receive(traded(f"in-{strategy}", f"t-{strategy}", quantity))


def closing(desk: Desk) -> list[tuple[Any, Decimal]]:
    """The orders that the service itself sent, with what they sell (negative) or buy."""
    made = {fact.operation_id for fact in desk.facts if isinstance(fact, OrderRecorded) and fact.principal == SYSTEM}
    sent = [one.request for one in desk.releases if isinstance(one.request, SendOrder)]
    names = {client_id(operation_id) for operation_id in made}
    return [(one.instrument, one.side.sign * one.quantity) for one in sent if one.client_order_id in names]


def last_closing(desk: Desk) -> str:
    return [str(f.operation_id) for f in desk.facts if isinstance(f, OrderRecorded) and f.principal == SYSTEM][-1]


@pytest.mark.parametrize("mode", HaltMode)
@pytest.mark.parametrize(("scope", "value"), EVERY_SCOPE)
def test_no_new_order_goes_out_where_it_would_open_risk(
    desk: Desk, scope: HaltScope, value: str, mode: HaltMode
) -> None:
    desk.receive(halt(scope, value, mode))
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(submit("op-1", buy="1"))
    order = desk.order("op-1")
    assert (order.status, order.reason_code) == (OrderStatus.REJECTED, "RISK_HALT")
    desk.receive(resume(scope, value))
    desk.receive(submit("op-2", buy="1"))
    assert desk.status("op-2") is OrderStatus.SUBMITTED


@pytest.mark.parametrize("mode", [HaltMode.HALT, HaltMode.REDUCE, HaltMode.CANCEL])
@pytest.mark.parametrize(("scope", "value"), SCOPES)
def test_a_reduce_only_order_passes_every_halt(desk: Desk, scope: HaltScope, value: str, mode: HaltMode) -> None:
    holding(desk)
    desk.receive(halt(scope, value, mode))
    desk.receive(submit("op-1", sell="1", reduce_only=True))
    assert desk.status("op-1") is OrderStatus.SUBMITTED


@pytest.mark.parametrize(
    ("mode", "sell", "passes"),
    [
        (HaltMode.HALT, "0.5", False),
        (HaltMode.REDUCE, "0.5", True),
        (HaltMode.REDUCE, "1", True),
        (HaltMode.REDUCE, "1.001", False),
        (HaltMode.CANCEL, "0.5", False),
    ],
)
def test_what_only_shrinks_a_position_passes_where_orders_may_reduce(
    desk: Desk, mode: HaltMode, sell: str, passes: bool
) -> None:
    holding(desk)
    desk.receive(halt(mode=mode))
    desk.receive(submit("op-1", sell=sell))
    assert (desk.status("op-1") is OrderStatus.SUBMITTED) is passes


def test_two_that_shrink_one_by_one_do_not_turn_it_round_together(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.REDUCE))
    desk.receive(submit("op-1", sell="0.7", at="51000"))
    desk.receive(submit("op-2", sell="0.7", at="51000"))
    assert (desk.status("op-1"), desk.status("op-2")) == (OrderStatus.SUBMITTED, OrderStatus.REJECTED)


def test_the_strictest_of_two_halts_decides(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.REDUCE))
    desk.receive(halt(HaltScope.STRATEGY, MOMENTUM, HaltMode.HALT))
    desk.receive(submit("op-1", sell="0.5"))
    assert desk.status("op-1") is OrderStatus.REJECTED


@pytest.mark.parametrize("mode", [HaltMode.CANCEL, HaltMode.FLATTEN])
@pytest.mark.parametrize(("scope", "value"), EVERY_SCOPE)
def test_what_works_in_the_scope_is_taken_back_and_named(
    desk: Desk, scope: HaltScope, value: str, mode: HaltMode
) -> None:
    desk.receive(submit("op-1", buy="1", at="49000"))
    desk.receive(submit("other", buy="1", at="1900", instrument=SPOT, strategy="other"))
    (reply,) = desk.receive(halt(scope, value, mode)).replies
    assert isinstance(reply, ControlReply)
    assert list(reply.cancelled) == (["op-1", "other"] if scope is HaltScope.GLOBAL else ["op-1"])
    assert desk.status("op-1") is OrderStatus.PENDING_CANCEL


@pytest.mark.parametrize(("scope", "value"), SCOPES)
def test_positions_in_the_scope_are_closed_by_reduce_only_market_orders(
    desk: Desk, scope: HaltScope, value: str
) -> None:
    holding(desk)
    desk.receive(submit("elsewhere", sell="2", instrument=SPOT, strategy="other"))
    desk.receive(traded("elsewhere", "t-9", "2", "2000", side=Side.SELL, instrument=SPOT))
    (reply,) = desk.receive(halt(scope, value, HaltMode.FLATTEN)).replies
    assert isinstance(reply, ControlReply)
    expected = [(PERP, Decimal(-1)), (SPOT, Decimal(2))] if scope is HaltScope.GLOBAL else [(PERP, Decimal(-1))]
    assert closing(desk) == expected
    assert [desk.order(one).terms.order_type for one in reply.closing] == [OrderType.MARKET] * len(expected)
    assert all(desk.order(one).terms.reduce_only for one in reply.closing)


def flattened(desk: Desk) -> None:
    """The last closing order trades whole."""
    name = last_closing(desk)
    order = desk.order(name)
    desk.receive(traded(name, f"t-{name}", str(order.remaining), side=order.terms.side))


def test_it_is_flat_when_the_closing_order_has_traded_and_nothing_more_is_sent(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    flattened(desk)
    desk.pass_time(10 * PATIENCE_S)
    assert (desk.position(), len(closing(desk))) == (Decimal(0), 1)


def test_what_may_still_close_it_is_not_closed_twice(desk: Desk) -> None:
    holding(desk)
    desk.receive(submit("exit", sell="0.6", at="51000"))
    desk.receive(accepted("exit"))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == [(PERP, Decimal("-0.4"))]
    desk.receive(traded("exit", "t-2", "0.1", "51000", side=Side.SELL))
    desk.receive(canceled("exit", filled="0.1"))
    assert closing(desk) == [(PERP, Decimal("-0.4")), (PERP, Decimal("-0.5"))]


def test_a_position_that_a_late_trade_opens_is_closed_too(desk: Desk) -> None:
    desk.receive(submit("in", buy="1", at="49000"))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == []
    desk.receive(traded("in", "t-1", "0.3", "49000"))
    assert closing(desk) == [(PERP, Decimal("-0.3"))]


def test_it_goes_on_after_a_restart(desk: Desk) -> None:
    holding(desk)
    desk.disconnect()
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == []
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    assert closing(desk) == [(PERP, Decimal(-1))]


def refused(desk: Desk, end: str = "rejected") -> None:
    """The last closing order comes to nothing."""
    name = last_closing(desk)
    ends = {"rejected": said(name, VenueOrderStatus.REJECTED), "canceled": canceled(name, filled="0")}
    desk.receive(ends.get(end) or not_sent(name))


@pytest.mark.parametrize("end", ["rejected", "canceled", "not sent"])
def test_a_venue_that_will_not_have_it_is_asked_again_ever_later(desk: Desk, end: str) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    for pause_s in (PATIENCE_S, 2 * PATIENCE_S, 4 * PATIENCE_S):
        refused(desk, end)
        sent = len(closing(desk))
        desk.pass_time(pause_s, ns=-1)
        assert len(closing(desk)) == sent
        desk.pass_time(ns=1)
        assert len(closing(desk)) == sent + 1


def test_refused_again_and_again_a_person_is_told_until_it_is_closed(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    for times in range(1, 6):
        assert desk.breaks() == (["CLOSING_REFUSED"] if times > 4 else [])
        refused(desk)
        desk.pass_time(PATIENCE_S * 2 ** (times - 1))
    flattened(desk)
    assert (desk.position(), desk.breaks()) == (Decimal(0), [])


def test_a_trade_or_a_new_session_ends_the_long_pause(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    for pause_s in (PATIENCE_S, 2 * PATIENCE_S, 0):
        refused(desk)
        desk.pass_time(pause_s)
    desk.disconnect()
    desk.restart()
    sent = len(closing(desk))
    desk.connect(ACCOUNTS[PERP])
    assert len(closing(desk)) == sent + 1
    refused(desk)
    desk.receive(traded(None, "t-none", "1"))  # nobody's: says nothing of this position
    assert len(closing(desk)) == sent + 1
    desk.receive(traded("in-momentum", "t-late", "0.5"))
    assert len(closing(desk)) == sent + 2


def test_what_is_held_in_another_account_is_neither_closed_nor_counted_here(desk: Desk) -> None:
    second = second_account(desk)
    desk.receive(submit("here", buy="1"))
    desk.receive(traded("here", "t-1", "1"))
    desk.receive(submit("there", sell="3", account=second))
    desk.receive(replace(traded("there", "t-2", "3", side=Side.SELL), account=second))
    desk.receive(submit("rests", buy="1", at="49000", account=second))  # closes nothing of what is held here
    desk.receive(submit("more", sell="0.2", at="51000", account=second))
    desk.receive(halt(mode=HaltMode.REDUCE))
    desk.receive(submit("adds", buy="0.5"))  # over both accounts it would shrink: here it opens
    desk.receive(submit("shrinks", sell="0.5"))
    assert (desk.status("adds"), desk.status("shrinks")) == (OrderStatus.REJECTED, OrderStatus.SUBMITTED)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == [(PERP, Decimal("-0.5")), (PERP, Decimal(2))]
    assert {name for name, one in check(desk.run()).items() if not one.ok} == set()


def second_account(desk: Desk) -> AccountId:
    """Connect one more account of the futures venue."""
    second = AccountId("BINANCE-FUTURES-second")
    venue = PERP.venue
    desk.receive(SessionUp(account=second, venue=venue, instruments=[LISTED[PERP]], abilities=desk.abilities))
    desk.receive(statement(second, desk.now_ns))
    return second


def test_limits_on_one_order_divide_the_closing(desk: Desk) -> None:
    holding(desk, "3")
    desk.receive(set_limits(max_order_quantity={"*": Decimal("1.5")}, max_order_value_usd=Decimal(60_000)))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    while desk.position():
        flattened(desk)
    assert [quantity for _, quantity in closing(desk)] == [Decimal("-1.2"), Decimal("-1.2"), Decimal("-0.6")]


def test_resumed_it_closes_no_more(desk: Desk) -> None:
    holding(desk)
    desk.disconnect()
    desk.receive(halt(mode=HaltMode.FLATTEN))
    desk.receive(resume())
    desk.connect(ACCOUNTS[PERP])
    desk.pass_time(10 * PATIENCE_S)
    assert closing(desk) == []


def test_one_chain_of_looks_a_halt_however_often_it_is_raised(desk: Desk) -> None:
    for _ in range(3):
        desk.receive(halt(mode=HaltMode.FLATTEN))
        desk.pass_time(3 * PATIENCE_S)
    assert len([wake for wake in desk.wakes if wake.token.startswith("flatten|")]) == 1


def test_trades_of_nobody_are_closed_only_by_name(desk: Desk) -> None:
    desk.receive(traded(None, "t-1", "1"))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == []
    desk.receive(halt(HaltScope.STRATEGY, "UNATTRIBUTED", HaltMode.FLATTEN))
    assert closing(desk) == [(PERP, Decimal(-1))]


def test_what_a_venue_never_listed_stops_no_closing_of_the_rest(desk: Desk) -> None:
    unlisted = InstrumentKey("BINANCE-FUTURES:PERPETUAL:DOGE-USDT@LIN")
    desk.receive(replace(traded(None, "t-0", "1"), instrument=unlisted))
    desk.receive(traded(None, "t-1", "1"))
    desk.receive(halt(HaltScope.STRATEGY, "UNATTRIBUTED", HaltMode.FLATTEN))
    assert closing(desk) == [(PERP, Decimal(-1))]


def test_trades_elsewhere_do_not_hurry_a_closing_that_its_venue_refused(desk: Desk) -> None:
    holding(desk)
    desk.receive(submit("elsewhere", buy="1", instrument=BYBIT_PERP, strategy="other"))
    desk.receive(halt(HaltScope.STRATEGY, "momentum", HaltMode.FLATTEN))
    desk.receive(said(last_closing(desk), VenueOrderStatus.REJECTED, reason="not now"))
    for number in range(5):
        desk.receive(traded("elsewhere", f"t-{number}", "0.1", instrument=BYBIT_PERP))
    assert len(closing(desk)) == 1
    desk.pass_time(PATIENCE_S)
    assert len(closing(desk)) == 2


def test_a_halted_order_is_not_released_when_its_trigger_is_met(desk: Desk) -> None:
    command: SubmitOrder = submit("op-1", buy="1")
    stop = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(50010)))
    desk.receive(replace(command, terms=stop))
    desk.receive(halt(HaltScope.ORDER, "op-1"))
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert desk.status("op-1") is OrderStatus.REJECTED


def test_a_halt_of_another_order_concerns_nobody(desk: Desk) -> None:
    desk.receive(halt(HaltScope.ORDER, "op-2"))
    desk.receive(submit("op-1", buy="1", instrument=BYBIT_PERP))
    assert desk.status("op-1") is OrderStatus.SUBMITTED


def test_a_wider_mode_takes_the_place_of_a_narrower_one(desk: Desk) -> None:
    holding(desk)
    desk.receive(halt(mode=HaltMode.HALT))
    changed: RaiseHalt = halt(mode=HaltMode.FLATTEN)
    (reply,) = desk.receive(changed).replies
    assert isinstance(reply, ControlReply)
    assert (reply.changed, len(reply.closing)) == (True, 1)
