"""How far a flatten may reach for a price: IOC orders through the touch, and never without a fresh quote."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ports.capabilities import PLAIN_ORDERS
from ports.commands import HaltMode, OrderTerms
from ports.facts import OrderRecorded
from ports.requests import SendOrder
from ports.values import SYSTEM, OrderType, Side, TimeInForce

from fakes.desk import PATIENCE, SECOND_NS, Desk
from fakes.sayings import MOMENTUM, PERP, canceled, client_id, halt, quote, set_limits, submit, traded

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


def last_terms(desk: Desk) -> OrderTerms:
    """What the service's own last order says."""
    return desk.order(last_closing(desk)).terms


@pytest.mark.parametrize(("held", "side", "price"), [("buy", Side.SELL, "49950"), ("sell", Side.BUY, "50050.1")])
def test_a_closing_order_reaches_no_further_through_the_touch_than_is_said(
    desk: Desk, held: str, side: Side, price: str
) -> None:
    desk.receive(submit("in", **{held: "1"}))  # type: ignore[arg-type]
    desk.receive(traded("in", "t-1", "1", side=Side.BUY if held == "buy" else Side.SELL))
    desk.receive(set_limits(max_closing_slippage_bps={"*": Decimal(10)}))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))  # ten basis points are 49.9999 and 50.0001
    desk.receive(halt(mode=HaltMode.FLATTEN))
    terms = last_terms(desk)
    assert (terms.side, terms.order_type, terms.time_in_force) == (side, OrderType.LIMIT, TimeInForce.IOC)
    assert (terms.price, terms.reduce_only) == (Decimal(price), True)


def test_what_it_left_is_closed_at_once_at_where_the_market_is_then(desk: Desk) -> None:
    holding(desk)
    desk.receive(set_limits(max_closing_slippage_bps={PERP: Decimal(10)}))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(halt(mode=HaltMode.FLATTEN))
    name = last_closing(desk)
    desk.receive(traded(name, "t-2", "0.4", side=Side.SELL))
    desk.receive(quote(PERP, "48000", "48000.1", desk.now_ns))
    desk.receive(canceled(name, filled="0.4"))
    assert last_closing(desk) != name
    assert (last_terms(desk).quantity, last_terms(desk).price) == (Decimal("0.6"), Decimal(47952))


@pytest.mark.parametrize("limits", [{"max_closing_slippage_bps": {"*": Decimal(10)}, "reference_max_age_ms": 1000}])
def test_without_a_fresh_quote_it_waits_for_one_and_closes_then(desk: Desk, limits: dict[str, Any]) -> None:
    holding(desk)
    desk.receive(set_limits(**limits))
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.pass_time(ns=1_000_000_001)
    desk.receive(halt(mode=HaltMode.FLATTEN))
    assert closing(desk) == []
    desk.pass_time(PATIENCE_S, ns=-1)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.pass_time(ns=1)
    assert closing(desk) == [(PERP, Decimal(-1))]


def test_where_limits_are_off_or_the_venue_has_no_such_orders_it_is_closed_at_the_market() -> None:
    no_ioc = replace(PLAIN_ORDERS, times_in_force=(TimeInForce.GTC,))
    for desk, enabled in ((Desk(), False), (Desk(abilities=no_ioc), True)):
        holding(desk)
        desk.receive(set_limits(max_closing_slippage_bps={"*": Decimal(10)}, enabled=enabled))
        desk.receive(halt(mode=HaltMode.FLATTEN))
        assert last_terms(desk).order_type is OrderType.MARKET
