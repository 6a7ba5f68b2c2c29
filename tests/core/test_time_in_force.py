"""An order's time in force ends it: at its venue where that can, by us where it cannot, and while it is held."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ports.capabilities import PLAIN_ORDERS, Abilities
from ports.requests import SendCancel, SendOrder
from ports.values import OrderStatus, OrderType, Price, TimeInForce

from fakes.desk import SECOND_NS, START_NS, Desk
from fakes.sayings import ACCOUNTS, PERP, accepted, canceled, quote, submit, traded

DAY_NS = 24 * 60 * 60 * SECOND_NS
MIDNIGHT_NS = (START_NS // DAY_NS + 1) * DAY_NS
CANNOT = replace(PLAIN_ORDERS, times_in_force=(TimeInForce.GTC, TimeInForce.IOC))
CAN = replace(PLAIN_ORDERS, times_in_force=tuple(TimeInForce))


def resting(desk: Desk, time_in_force: TimeInForce, expire_time_ns: int | None = None) -> SendOrder:
    desk.receive(submit("op-1", buy="1", at="49000", time_in_force=time_in_force, expire_time_ns=expire_time_ns))
    desk.receive(accepted("op-1"))
    (order,) = [one.request for one in desk.releases if isinstance(one.request, SendOrder)]
    return order


def cancels(desk: Desk) -> int:
    return sum(isinstance(one.request, SendCancel) for one in desk.releases)


@pytest.mark.parametrize(("abilities", "sent"), [(CAN, TimeInForce.DAY), (CANNOT, TimeInForce.GTC)])
def test_a_day_order_is_the_venues_where_it_has_them_and_ours_where_not(
    abilities: Abilities, sent: TimeInForce
) -> None:
    desk = Desk(abilities=abilities)
    assert resting(desk, TimeInForce.DAY).time_in_force is sent
    desk.pass_time(ns=MIDNIGHT_NS - desk.now_ns - 1)
    assert cancels(desk) == 0
    desk.pass_time(ns=1)
    assert cancels(desk) == (0 if sent is TimeInForce.DAY else 1)


def test_what_we_end_in_its_time_has_expired_when_its_venue_has_taken_it_back() -> None:
    desk = Desk(abilities=CANNOT)
    end_ns = desk.now_ns + 60 * SECOND_NS
    order = resting(desk, TimeInForce.GTD, end_ns)
    assert (order.time_in_force, order.expire_time_ns) == (TimeInForce.GTC, None)
    desk.pass_time(60)
    assert (desk.status("op-1"), desk.reserved()[0]) == (OrderStatus.PENDING_CANCEL, Decimal(1))
    desk.receive(canceled("op-1"))
    assert (desk.status("op-1"), desk.reserved()[0]) == (OrderStatus.EXPIRED, Decimal(0))


def test_an_order_that_fills_before_its_venue_takes_it_back_has_filled() -> None:
    desk = Desk(abilities=CANNOT)
    resting(desk, TimeInForce.GTD, desk.now_ns + SECOND_NS)
    desk.pass_time(1)
    desk.receive(traded("op-1", "t-1", "1", "49000"))
    assert desk.status("op-1") is OrderStatus.FILLED


@pytest.mark.parametrize("restarted", [False, True])
def test_a_held_order_expires_with_us(desk: Desk, restarted: bool) -> None:
    command = submit("op-1", buy="1", time_in_force=TimeInForce.DAY)
    terms = replace(command.terms, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(51000)))
    desk.receive(replace(command, terms=terms))
    if restarted:
        desk.restart()
        desk.connect(ACCOUNTS[PERP])
    desk.pass_time(ns=MIDNIGHT_NS - desk.now_ns)
    assert desk.status("op-1") is OrderStatus.EXPIRED
    desk.receive(quote(PERP, "52000", "52000.1"))
    assert [one for one in desk.releases if isinstance(one.request, SendOrder)] == []


def test_the_end_of_an_order_that_we_end_is_not_forgotten_by_a_restart() -> None:
    desk = Desk(abilities=CANNOT)
    resting(desk, TimeInForce.GTD, desk.now_ns + 60 * SECOND_NS)
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    before = cancels(desk)
    desk.pass_time(60)
    assert cancels(desk) == before + 1


def test_an_order_that_came_to_its_end_while_we_were_down_is_ended_at_the_start() -> None:
    desk = Desk(abilities=CANNOT)
    resting(desk, TimeInForce.GTD, desk.now_ns + SECOND_NS)
    desk.now_ns += 60 * SECOND_NS
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.pass_time(0.001)
    assert desk.status("op-1") is OrderStatus.PENDING_CANCEL
