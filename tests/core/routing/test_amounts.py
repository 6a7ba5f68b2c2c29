"""How little and how much of an order a venue can be given, worked by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.routing.amounts import NoRoom, Room, room
from core.routing.lots import in_lots
from core.routing.offers import OrderToRoute, kind_of
from core.routing.supply import Supply, capped
from ports.values import Currency

from fakes.offers import levels, offer, order

D = Decimal
ASKS, BIDS = levels(("100", "2"), ("101", "3")), levels(("99", "2"), ("98", "3"))
PERP, INVERSE = "PERPETUAL:BTC-USDT@LIN", "PERPETUAL:BTC-USD@INV"
TENTH: dict[str, Any] = {"kind": PERP, "margin_rate": D("0.1")}


def given(asked: OrderToRoute, price: str | None = None, **offered: Any) -> tuple[str, ...]:
    """Least and most, or the word for why there is no room."""
    made = offer(asks=ASKS, bids=BIDS, lot=offered.pop("lot", "0.1"), least=offered.pop("least", "0.1"), **offered)
    found = room(asked, made, None if price is None else D(price), kind_of(made.instrument.key))
    return (found.code,) if isinstance(found, NoRoom) else (str(found.least), str(found.most))


@pytest.mark.parametrize(
    ("asked", "price", "offered", "found"),
    [
        (order(buy="1.25"), None, {}, ("0.1", "1.2")),
        (order(buy="1"), None, {"least": "0.25"}, ("0.3", "1.0")),
        (order(buy="0.2"), None, {"least": "0.25"}, ("TOO_SMALL",)),
        (order(buy="3"), None, {"most": "2.05"}, ("0.1", "2.0")),
        (order(buy="3"), None, {"most": "0.05"}, ("ABOVE_MAXIMUM",)),
        # the least notional, at the lowest price at which it may fill: the touch of a buy, the last bid of a sell
        (order(buy="1"), None, {"min_notional": "10"}, ("0.1", "1.0")),
        (order(buy="1"), None, {"min_notional": "50"}, ("0.5", "1.0")),
        (order(buy="1"), None, {"min_notional": "51"}, ("0.6", "1.0")),
        (order(sell="1"), None, {"min_notional": "49"}, ("0.5", "1.0")),
        (order(sell="1"), None, {"min_notional": "49.1"}, ("0.6", "1.0")),
        (order(sell="1", limit="245"), "245", {"min_notional": "49"}, ("0.2", "1.0")),
        (order(buy="500"), None, {"kind": INVERSE, "lot": "10", "least": "10", "min_notional": "95"}, ("100", "500")),
        (order(buy="500"), None, {"kind": INVERSE, "lot": "10", "least": "200", "min_notional": "95"}, ("200", "500")),
        # what it holds
        (order(sell="1", reduce_only=True), None, {"kind": PERP, "position": D("0.55")}, ("0.1", "0.5")),
        (order(buy="1", reduce_only=True), None, {"kind": PERP, "position": D("0.55")}, ("NO_POSITION",)),
        (order(sell="1"), None, {"free_quantity": D("0.55")}, ("0.1", "0.5")),
        (order(sell="1"), None, {"free_quantity": D("0.05")}, ("NO_BALANCE",)),
        (
            order(sell="1"),
            None,
            {"free_quantity": D("0.6"), "fee": "0.01", "fee_currency": Currency("BTC")},
            ("0.1", "0.5"),
        ),
        (order(sell="1"), None, {"free_quantity": D("0.6"), "fee": "0.01"}, ("0.1", "0.6")),
        # what it can pay: the visible levels one after the other, and at the last price beyond them
        (order(buy="4"), None, {"free_funds": D(404)}, ("0.1", "4.0")),
        (order(buy="4"), None, {"free_funds": D(301)}, ("0.1", "3.0")),
        (order(buy="4"), None, {"free_funds": D(300)}, ("0.1", "2.9")),
        (order(buy="9"), None, {"free_funds": D(604)}, ("0.1", "6.0")),
        (order(buy="9"), None, {"free_funds": D(603)}, ("0.1", "5.9")),
        (order(buy="4"), None, {"free_funds": D(9)}, ("NO_FUNDS",)),
        (order(buy="4", limit="100"), "100", {"free_funds": D(300)}, ("0.1", "3.0")),
        (order(buy="4", limit="100"), "100", {"free_funds": D(300), "fee": "0.01"}, ("0.1", "2.9")),
        (order(buy="4", limit="100"), "100", {"free_funds": D(30), **TENTH}, ("0.1", "3.0")),
        (order(sell="4", limit="100"), "100", {"free_funds": D(30), **TENTH}, ("0.1", "3.0")),
        (
            order(buy="500"),
            None,
            {"kind": INVERSE, "lot": "10", "least": "10", "free_funds": D(31), "margin_rate": D("0.1")},
            ("10", "310"),
        ),
        (order(sell="4", reduce_only=True), None, {"kind": PERP, "position": D(4), "free_funds": D(0)}, ("0.1", "4")),
    ],
)  # fmt: skip
def test_from_the_least_that_it_takes_to_the_most_that_it_can_have(
    asked: OrderToRoute, price: str | None, offered: dict[str, Any], found: tuple[str, ...]
) -> None:
    told = given(asked, price, **offered)
    assert len(told) == len(found)
    assert told == found or tuple(map(D, told)) == tuple(map(D, found))


def test_where_nothing_is_offered_nobody_knows_what_the_least_notional_is() -> None:
    made = offer(min_notional="500")
    assert room(order(buy="1"), made, None, kind_of(made.instrument.key)) == Room(D("0.001"), D(1))


def supply(unit_cost: str, size: str, lot: str) -> Supply:
    return Supply(steps=capped([(D(unit_cost), D(size))], D(size)), lot=D(lot), least=D(lot), most=D(size), fixed=D(0))


@pytest.mark.parametrize(
    ("lots", "quantity", "found"),
    [
        (("2", "3"), "11", (D(14), {0: D(8), 1: D(3)})),
        (("0.02", "0.03"), "0.11", (D("0.14"), {0: D("0.08"), 1: D("0.03")})),
        (("2", "3"), "4", None),
    ],
)
def test_lots_that_do_not_divide_one_another_share_what_both_can_have(
    lots: tuple[str, str], quantity: str, found: tuple[Decimal, dict[int, Decimal]] | None
) -> None:
    cheap, dear = (supply(cost, size, lot) for cost, size, lot in (("1", "10", lots[0]), ("2", "9", lots[1])))
    assert in_lots({0: cheap, 1: dear}, D(quantity)) == found
