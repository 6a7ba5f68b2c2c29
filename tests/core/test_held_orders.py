"""An order with a trigger waits with us, holds nothing back for itself, and leaves once when its time has come."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ports.actor import Command
from ports.capabilities import PLAIN_ORDERS
from ports.commands import AmendOrder, HaltMode
from ports.facts import OrderHeld, OrderReleased, OrderTriggered, TriggerMoved
from ports.replies import AmendReply, InvalidOrder
from ports.requests import SendOrder
from ports.values import AmendId, OperationId, OrderStatus, OrderType, Price, Quantity, TimeInForce

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
    halt,
    quote,
    resume,
    set_limits,
    submit,
    traded,
    with_terms,
)

STOP, STOP_LIMIT = OrderType.STOP_MARKET, OrderType.STOP_LIMIT
TOUCHED, LIMIT_TOUCHED = OrderType.MARKET_IF_TOUCHED, OrderType.LIMIT_IF_TOUCHED


def price(text: str) -> Price:
    return Price(Decimal(text))


def waiting(desk: Desk, kind: OrderType, trigger: str, operation_id: str = "op-1", **more: Any) -> None:
    """Submit one that waits for `trigger`; the market stands at 49999.9 to 50000.1."""
    side = {"buy": "1"} if "sell" not in more else {}
    command = submit(operation_id, **side, **more)  # type: ignore[arg-type] # an amount by its side's name
    terms = replace(command.terms, order_type=kind, trigger_price=price(trigger))
    desk.receive(replace(command, terms=terms))
    assert desk.status(operation_id) is OrderStatus.HELD


def sent(desk: Desk) -> list[SendOrder]:
    return [release.request for release in desk.releases if isinstance(release.request, SendOrder)]


MEETS = [  # side, type, trigger, a quote that does not meet it, one that just does
    pytest.param(
        "buy", STOP, "50010", ("50009.8", "50009.9"), ("50009.9", "50010"), id="buy stop: the ask rises to it"
    ),
    pytest.param(
        "sell", STOP, "49990", ("49990.1", "49990.2"), ("49990", "49990.1"), id="sell stop: the bid falls to it"
    ),
    pytest.param(
        "buy", TOUCHED, "49990", ("49990", "49990.1"), ("49989.9", "49990"), id="buy if touched: the ask falls to it"
    ),
    pytest.param(
        "sell", TOUCHED, "50010", ("50009.9", "50010"), ("50010", "50010.1"), id="sell if touched: the bid rises to it"
    ),
]


@pytest.mark.parametrize(("side", "kind", "trigger", "short_of_it", "at_it"), MEETS)
def test_it_leaves_at_the_first_quote_that_meets_its_trigger_and_not_before(
    desk: Desk, side: str, kind: OrderType, trigger: str, short_of_it: tuple[str, str], at_it: tuple[str, str]
) -> None:
    waiting(desk, kind, trigger, **({"sell": "1"} if side == "sell" else {}))
    assert desk.receive(quote(PERP, *short_of_it)).facts == ()
    assert (sent(desk), desk.reserved()) == ([], (Decimal(0), Decimal(0)))
    outcome = desk.receive(quote(PERP, *at_it))
    (triggered,) = [fact for fact in outcome.facts if isinstance(fact, OrderTriggered)]
    assert triggered.quote is not None
    assert (triggered.quote.bid, triggered.quote.ask) == (price(at_it[0]), price(at_it[1]))
    assert desk.status("op-1") is OrderStatus.SUBMITTED
    (order,) = sent(desk)
    assert (order.order_type, order.price, order.trigger_price) == (OrderType.MARKET, None, None)
    assert sum(desk.reserved()) == Decimal(1)


@pytest.mark.parametrize("kind", [STOP_LIMIT, LIMIT_TOUCHED])
def test_one_with_a_limit_leaves_as_a_limit_order(desk: Desk, kind: OrderType) -> None:
    trigger = "50010" if kind is STOP_LIMIT else "49990"
    waiting(desk, kind, trigger, at="50020")
    desk.receive(quote(PERP, trigger, trigger + ".1" if kind is STOP_LIMIT else trigger))
    (order,) = sent(desk)
    assert (order.order_type, order.price) == (OrderType.LIMIT, price("50020"))


def test_one_whose_trigger_is_met_already_leaves_at_once(desk: Desk) -> None:
    command = submit("op-1", buy="1")
    terms = replace(command.terms, order_type=STOP, trigger_price=price("50000"))
    outcome = desk.receive(replace(command, terms=terms))
    assert [type(fact) for fact in outcome.facts if isinstance(fact, OrderHeld | OrderTriggered | OrderReleased)] == [
        OrderHeld,
        OrderTriggered,
        OrderReleased,
    ]
    assert len(sent(desk)) == 1


def test_a_quote_of_another_instrument_triggers_nothing(desk: Desk) -> None:
    waiting(desk, STOP, "50010")
    desk.receive(quote(BYBIT_PERP, "60000", "60001"))
    assert desk.status("op-1") is OrderStatus.HELD


def test_where_the_venue_waits_itself_the_order_goes_out_with_its_trigger() -> None:
    able = replace(PLAIN_ORDERS, order_types=(*PLAIN_ORDERS.order_types, STOP))
    desk = Desk(abilities=able)
    command = submit("op-1", buy="1")
    desk.receive(replace(command, terms=replace(command.terms, order_type=STOP, trigger_price=price("50010"))))
    (order,) = sent(desk)
    assert (order.order_type, order.trigger_price) == (STOP, price("50010"))
    assert desk.reserved()[0] == Decimal(1)


def test_one_without_a_named_venue_waits_and_leaves_at_the_venue_that_was_chosen_for_it(desk: Desk) -> None:
    waiting(desk, STOP, "50010", instrument=SMART_PERP)
    assert desk.order("op-1").instrument == PERP  # the lowest ask
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert [order.account for order in sent(desk)] == [ACCOUNTS[PERP]]


def test_it_is_still_held_after_a_restart_and_leaves_once(desk: Desk) -> None:
    waiting(desk, STOP, "50010")
    desk.restart()
    assert desk.status("op-1") is OrderStatus.HELD
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert sent(desk) == []  # its account is not back yet
    desk.connect(ACCOUNTS[PERP])
    assert len(sent(desk)) == 1
    desk.receive(quote(PERP, "50020", "50020.1"))
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    assert len(sent(desk)) == 1


def test_triggered_while_its_venue_is_away_it_leaves_when_the_venue_is_back(desk: Desk) -> None:
    waiting(desk, STOP, "50010")
    desk.disconnect()
    desk.receive(quote(PERP, "50010", "50010.1"))
    desk.receive(quote(PERP, "49999", "49999.1"))  # the market has turned: it had been met, and that counts
    assert (desk.status("op-1"), sent(desk)) == (OrderStatus.HELD, [])
    desk.connect(ACCOUNTS[PERP])
    assert (desk.status("op-1"), len(sent(desk))) == (OrderStatus.SUBMITTED, 1)


def test_it_is_judged_when_it_comes_and_again_when_it_leaves(desk: Desk) -> None:
    desk.receive(set_limits(max_position_per_instrument={"*": Decimal(1)}))
    refused = submit("op-0", buy="2")
    desk.receive(replace(refused, terms=replace(refused.terms, order_type=STOP, trigger_price=price("50010"))))
    assert desk.status("op-0") is OrderStatus.REJECTED
    waiting(desk, STOP, "50010")
    desk.receive(submit("op-2", buy="1", at="49000"))  # nothing of the held one is reserved
    assert desk.status("op-2") is OrderStatus.SUBMITTED
    desk.receive(quote(PERP, "50010", "50010.1"))
    held = desk.order("op-1")
    assert (held.status, held.reason_code) == (OrderStatus.REJECTED, "RISK_MAX_POSITION_PER_INSTRUMENT")
    assert len(sent(desk)) == 1


def test_a_halt_refuses_it_when_it_would_leave(desk: Desk) -> None:
    waiting(desk, STOP, "50010")
    desk.receive(halt())
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert (desk.status("op-1"), sent(desk)) == (OrderStatus.REJECTED, [])
    desk.receive(resume())


@pytest.mark.parametrize("command", [cancel("op-1"), cancel_all(), halt(mode=HaltMode.CANCEL)])
def test_taken_back_it_ends_at_once_and_no_venue_hears_of_it(desk: Desk, command: Command) -> None:
    waiting(desk, STOP, "50010")
    outcome = desk.receive(command)
    assert (desk.status("op-1"), outcome.requests) == (OrderStatus.CANCELED, ())
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert sent(desk) == []


def test_a_trailing_stop_follows_the_market_and_never_back(desk: Desk) -> None:
    desk.receive(submit("long", buy="1"))
    desk.receive(traded("long", "t-1", "1"))
    command = submit("op-1", sell="1")
    trails = replace(command.terms, order_type=OrderType.TRAILING_STOP, trailing_offset=price("100"))
    desk.receive(replace(command, terms=trails))
    assert desk.order("op-1").trigger_price == price("49899.9")
    desk.receive(quote(PERP, "50100", "50100.1"))
    assert desk.order("op-1").trigger_price == price("50000")
    desk.receive(quote(PERP, "50050", "50050.1"))
    assert desk.order("op-1").trigger_price == price("50000")
    desk.receive(quote(PERP, "50000.1", "50000.2"))
    assert desk.status("op-1") is OrderStatus.HELD
    desk.restart()
    desk.connect(ACCOUNTS[PERP])
    desk.receive(quote(PERP, "50000", "50000.1"))
    assert desk.status("op-1") is OrderStatus.SUBMITTED
    assert [fact.trigger_price for fact in desk.facts if isinstance(fact, TriggerMoved)] == [
        price("49899.9"),
        price("50000"),
    ]


def test_a_trailing_buy_follows_the_ask_down(desk: Desk) -> None:
    command = submit("op-1", buy="1")
    trails = replace(command.terms, order_type=OrderType.TRAILING_STOP, trailing_offset=price("100"))
    desk.receive(replace(command, terms=trails))
    desk.receive(quote(PERP, "49799.9", "49800"))
    assert desk.order("op-1").trigger_price == price("49900")
    desk.receive(quote(PERP, "49899.9", "49900"))
    assert desk.status("op-1") is OrderStatus.SUBMITTED


def test_a_trail_is_not_a_fact_for_every_quote(desk: Desk) -> None:
    command = submit("op-1", sell="1")
    trails = replace(command.terms, order_type=OrderType.TRAILING_STOP, trailing_offset=price("100"))
    desk.receive(replace(command, terms=trails))
    for step in range(1, 41):  # 4 up in all: a fiftieth of the offset is 2
        bid = Decimal("49999.9") + step * Decimal("0.1")
        desk.receive(quote(PERP, str(bid), str(bid + Decimal("0.1"))))
    assert len([fact for fact in desk.facts if isinstance(fact, TriggerMoved)]) == 3
    assert desk.order("op-1").trigger_price == price("49903.9")


def amend(amend_id: str, **changes: Any) -> AmendOrder:
    values: dict[str, Any] = {"quantity": None, "price": None, "trigger_price": None} | changes
    return AmendOrder(
        operation_id=OperationId("op-1"),
        amend_id=AmendId(amend_id),
        principal=TRADER,
        **values,
    )


def test_what_is_held_is_amended_at_once_and_leaves_as_amended(desk: Desk) -> None:
    waiting(desk, STOP_LIMIT, "50010", at="50020")
    changed = {"quantity": Quantity(Decimal(2)), "price": price("50040"), "trigger_price": price("50030")}
    outcome = desk.receive(amend("a-1", **changed))
    assert outcome.requests == ()
    assert len(desk.receive(amend("a-1", **changed)).facts) == 0
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert desk.status("op-1") is OrderStatus.HELD
    desk.receive(quote(PERP, "50030", "50030.1"))
    (order,) = sent(desk)
    assert (order.quantity, order.price) == (Decimal(2), price("50040"))
    assert desk.order("op-1").reserved == Decimal(2)


def test_an_amended_trigger_that_is_met_lets_it_leave(desk: Desk) -> None:
    waiting(desk, STOP, "50010")
    desk.receive(amend("a-1", trigger_price=price("50000")))
    assert len(sent(desk)) == 1


REFUSED_AMENDS = [
    pytest.param({"price": price("1")}, "NO_PRICE_TO_AMEND", id="the price of a stop without one"),
    pytest.param({"trigger_price": price("50010.05")}, "trigger_price", id="a trigger between two ticks"),
    pytest.param({"quantity": Quantity(Decimal("0.0005"))}, "amount", id="part of a lot"),
]


@pytest.mark.parametrize(("changes", "why"), REFUSED_AMENDS)
def test_what_cannot_be_amended_says_why(desk: Desk, changes: dict[str, Any], why: str) -> None:
    waiting(desk, STOP, "50010")
    outcome = desk.receive(amend("a-1", **changes))
    (reply,) = outcome.replies
    assert why == (reply.field if isinstance(reply, InvalidOrder) else reply.code)  # type: ignore[union-attr] # the other is AmendReply
    assert outcome.facts == ()


def test_the_trigger_of_an_order_that_has_left_is_amended_no_more(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="49000"))
    desk.receive(accepted("op-1"))
    (reply,) = desk.receive(amend("a-1", trigger_price=price("50010"))).replies
    assert isinstance(reply, AmendReply)
    assert reply.code == "NO_TRIGGER_TO_AMEND"


def test_one_that_waits_for_another_order_has_no_trigger_to_amend(desk: Desk) -> None:
    desk.receive(submit("first", buy="1", at="49000"))
    desk.receive(submit("op-1", sell="1", at="51000", after_operation_id=OperationId("first")))
    (reply,) = desk.receive(amend("a-1", trigger_price=price("50010"))).replies
    assert isinstance(reply, AmendReply)
    assert (reply.code, desk.status("op-1")) == ("NO_TRIGGER_TO_AMEND", OrderStatus.HELD)


WRONG_TERMS = [
    pytest.param({"order_type": STOP}, "trigger_price", id="a stop without trigger"),
    pytest.param({"trigger_price": price("50010")}, "trigger_price", id="a market order with a trigger"),
    pytest.param({"order_type": OrderType.TRAILING_STOP}, "trailing_offset", id="a trailing stop without offset"),
    pytest.param({"trailing_offset": price("1")}, "trailing_offset", id="a market order that trails"),
    pytest.param({"order_type": STOP, "trigger_price": price("5.05")}, "trigger_price", id="a trigger between ticks"),
    pytest.param({"post_only": True}, "post_only", id="a market order that rests"),
    pytest.param({"display_quantity": Quantity(Decimal("0.1"))}, "display_amount", id="a market order shown in part"),
]


@pytest.mark.parametrize(("terms", "field"), WRONG_TERMS)
def test_terms_that_do_not_fit_their_type_are_refused_with_the_field(
    desk: Desk, terms: dict[str, Any], field: str
) -> None:
    command = submit("op-1", buy="1")
    (reply,) = desk.receive(replace(command, terms=replace(command.terms, **terms))).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == field


def unable(**less: Any) -> Desk:
    return Desk(abilities=replace(PLAIN_ORDERS, **less))


@pytest.mark.parametrize(
    ("desk", "terms", "field"),
    [
        (unable(post_only=False), {"post_only": True}, "post_only"),
        (unable(order_types=(OrderType.MARKET,)), {}, "order_type"),
        (unable(times_in_force=(TimeInForce.GTC,)), {"time_in_force": TimeInForce.FOK}, "time_in_force"),
        (unable(), {"display_quantity": Quantity(Decimal("0.5"))}, "display_amount"),
    ],
    ids=["post-only", "limit", "fill or kill", "display"],
)
def test_what_a_venue_cannot_do_and_we_cannot_do_for_it_is_refused(
    desk: Desk, terms: dict[str, Any], field: str
) -> None:
    (reply,) = desk.receive(submit("op-1", buy="1", at="49000", **terms)).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == field


@pytest.mark.parametrize(("display", "shown"), [("0.2", "0.2"), ("1", None)], ids=["a part", "all of it"])
def test_a_venue_that_can_shows_a_part_of_an_order(display: str, shown: str | None) -> None:
    desk = Desk(abilities=replace(PLAIN_ORDERS, display_quantity=True))
    desk.receive(submit("op-1", buy="1", at="49000", display_quantity=Quantity(Decimal(display))))
    (request,) = sent(desk)
    assert request.display_quantity == (None if shown is None else Decimal(shown))


@pytest.mark.parametrize("ends_there", [True, False])
def test_a_venue_that_cannot_end_an_order_is_told_when_we_do(ends_there: bool) -> None:
    times = (TimeInForce.GTC, TimeInForce.GTD) if ends_there else (TimeInForce.GTC,)
    desk = Desk(abilities=replace(PLAIN_ORDERS, times_in_force=times))
    ends_ns = desk.now_ns + 10**12
    desk.receive(submit("op-1", buy="1", at="49000", time_in_force=TimeInForce.GTD, expire_time_ns=ends_ns))
    (request,) = sent(desk)
    told = (request.time_in_force, request.expire_time_ns, request.ended_by_us_ns)
    assert told == (("GTD", ends_ns, None) if ends_there else ("GTC", None, ends_ns))


def test_an_order_that_never_rests_shows_no_part_of_itself() -> None:
    desk = Desk(abilities=replace(PLAIN_ORDERS, display_quantity=True))
    terms: dict[str, Any] = {"display_quantity": Quantity(Decimal("0.2")), "time_in_force": TimeInForce.IOC}
    (reply,) = desk.receive(submit("op-1", buy="1", at="49000", **terms)).replies
    assert isinstance(reply, InvalidOrder)
    assert (reply.field, reply.remedy) == ("display_amount", "leave it out: what never rests shows nothing")


def test_a_held_order_without_a_quote_waits_for_one(desk: Desk) -> None:
    desk.restart()  # no quote has come since
    desk.connect(ACCOUNTS[PERP])
    waiting(desk, STOP, "50010")
    desk.receive(quote(PERP, "50010", "50010.1"))
    assert len(sent(desk)) == 1


@pytest.mark.parametrize(("bid", "ask"), [("0", "50000"), ("0", "0")])
def test_an_empty_side_of_the_market_is_no_price_and_meets_no_stop(desk: Desk, bid: str, ask: str) -> None:
    desk.receive(set_limits(price_collar_bps={"*": Decimal(10_000)}, reference_max_age_ms=10**13))
    desk.receive(
        with_terms(submit("op-1", sell="1"), order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49_500)))
    )
    desk.receive(quote(PERP, bid, ask))
    desk.receive(submit("op-2", buy="1", at="50000"))
    assert (desk.status("op-1"), desk.status("op-2")) == (OrderStatus.HELD, OrderStatus.SUBMITTED)


def test_a_quote_far_from_every_trigger_concerns_no_held_order(desk: Desk) -> None:
    contingent = desk.actor.book.oms.contingent
    waiting(desk, STOP, "50010", "low")
    waiting(desk, STOP, "50500", "high")
    waiting(desk, TOUCHED, "49900", "touched")
    assert contingent.may_be_met(quote(PERP, "49999.9", "50000.1")) == []
    assert len(contingent.may_be_met(quote(PERP, "50010", "50010.1"))) == 3
    assert len(contingent.may_be_met(quote(PERP, "49899", "49899.9"))) == 3
    desk.receive(replace(amend("a-1", trigger_price=price("50000.2")), operation_id=OperationId("high")))
    assert len(contingent.may_be_met(quote(PERP, "50000.1", "50000.2"))) == 3
    for operation_id in ("low", "high"):
        desk.receive(cancel(operation_id))
    assert contingent.may_be_met(quote(PERP, "50600", "50600.1")) == []


def test_a_trailing_stop_sees_every_quote(desk: Desk) -> None:
    command = submit("op-1", sell="1")
    desk.receive(
        replace(command, terms=replace(command.terms, order_type=OrderType.TRAILING_STOP, trailing_offset=price("100")))
    )
    waiting(desk, STOP, "51000", "far")
    seen = desk.actor.book.oms.contingent.may_be_met(quote(PERP, "50050", "50050.1"))
    assert [order.terms.operation_id for order in seen] == ["op-1"]
