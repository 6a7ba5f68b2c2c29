"""A SMART order over several venues: shared out by the sums, never beyond itself, and gone on with where a leg ends."""

from decimal import Decimal
from typing import Any

import pytest

from core.invariants import check
from core.routing.offers import FillHistory
from ports.commands import AmendOrder, CheckOrder, HaltScope
from ports.facts import OrderRouted, ParentNoted, RiskDecided, RouteDecided, RouteJudged
from ports.instruments import InstrumentKey
from ports.market_data import Book, Level
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
    halt,
    not_sent,
    outcome_unknown,
    said,
    set_limits,
    submit,
    traded,
    with_terms,
)

BINANCE, BYBIT = ACCOUNTS[PERP], ACCOUNTS[BYBIT_PERP]


def depth(desk: Desk, instrument: InstrumentKey, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
    def levels(side: list[tuple[str, str]]) -> tuple[Level, ...]:
        return tuple([Level(Decimal(price), Decimal(size)) for price, size in side])

    book = Book(
        instrument=instrument,
        bids=levels(bids),
        asks=levels(asks),
        event_time_ns=desk.now_ns,
        received_ns=desk.now_ns,
    )
    desk.receive(book)


def split(operation_id: str = "op-1", **order: Any) -> Any:
    return submit(operation_id, instrument=SMART_PERP, split_allowed=True, **order)


def whole(operation_id: str = "op-1", **order: Any) -> Any:
    return submit(operation_id, instrument=SMART_PERP, **order)


def sent(desk: Desk) -> list[tuple[str, Decimal, Decimal | None]]:
    return [
        (one.request.account, one.request.quantity, one.request.price)
        for one in desk.releases
        if isinstance(one.request, SendOrder)
    ]


def facts_of[F](desk: Desk, kind: type[F]) -> list[F]:
    return [fact for fact in desk.facts if isinstance(fact, kind)]


def amend(amount: str | None = None, price: str | None = None) -> AmendOrder:
    return AmendOrder(
        operation_id=OperationId("op-1"),
        amend_id=AmendId(f"to-{amount}-{price}"),
        quantity=None if amount is None else Quantity(Decimal(amount)),
        price=None if price is None else Price(Decimal(price)),
        principal=TRADER,
    )


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Return a desk where each of two venues shows one coin at the best ask, and the next ones a hundred dearer."""
    depth(desk, PERP, [("49999.9", "1"), ("49900", "9")], [("50000.1", "1"), ("50100", "9")])
    depth(desk, BYBIT_PERP, [("49999.8", "1"), ("49900", "9")], [("50000.2", "1"), ("50100", "9")])
    return desk


def test_an_order_larger_than_one_touch_is_shared_out_and_says_multi(shared: Desk) -> None:
    (reply,) = shared.receive(split(buy="2")).replies
    assert sent(shared) == [(BINANCE, Decimal(1), None), (BYBIT, Decimal(1), None)]
    assert isinstance(reply, OrderReply)
    assert (reply.order.venue, reply.order.status) == ("MULTI", OrderStatus.ACCEPTED)
    legs = [(shared.order(f"op-1.{n}").venue, shared.order(f"op-1.{n}").account) for n in (1, 2)]
    assert legs == [("BINANCE-FUTURES", BINANCE), ("BYBIT", BYBIT)]


def test_the_decision_is_kept_with_its_sums_before_anything_leaves(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    (decided,) = facts_of(shared, RouteDecided)
    assert sum(leg.quantity for leg in decided.legs) == decided.quantity == 2
    assert {one.account for one in decided.candidates} == {BINANCE, BYBIT}
    assert all(one.total_usd == sum(line.usd for line in one.lines) for one in decided.candidates)
    assert decided.is_proven
    kinds = [type(fact).__name__ for fact in shared.facts]
    assert kinds.index("RouteDecided") < kinds.index("OrderReleased")


@pytest.mark.parametrize("most", [Decimal(10**9), Decimal(60000), Decimal(10)])
def test_asking_what_would_become_of_it_is_told_what_its_submit_is_told(shared: Desk, most: Decimal) -> None:
    shared.receive(set_limits(max_order_value_usd=most))
    order = split(buy="2")
    (told,) = shared.receive(CheckOrder(terms=order.terms, principal=TRADER)).replies
    (reply,) = shared.receive(order).replies
    assert isinstance(told, CheckReply)
    assert isinstance(reply, OrderReply)
    (risk, *_), (route, *_) = facts_of(shared, RiskDecided), facts_of(shared, RouteDecided)
    assert (told.allowed, told.code, told.reason) == (risk.allowed, reply.order.reason_code, reply.order.reason)
    assert (told.verdicts, told.price, told.notional_usd) == (risk.verdicts, risk.price, risk.notional_usd)
    assert told.routed == route
    assert told.account in (BINANCE, BYBIT)


def test_what_legs_trade_is_the_orders_and_it_ends_filled_with_the_last(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    shared.receive(traded("op-1.1", "t-1", "1", "50000"))
    assert (shared.status("op-1"), shared.order("op-1").filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(1))
    shared.receive(traded("op-1.2", "t-2", "1", "50002", instrument=BYBIT_PERP))
    order = shared.order("op-1")
    assert (order.status, order.average_price) == (OrderStatus.FILLED, Decimal(50001))


def test_without_leave_to_split_one_venue_gets_it_whole_and_the_next_one_after_a_refusal(shared: Desk) -> None:
    shared.receive(whole(buy="2"))
    assert sent(shared) == [(BINANCE, Decimal(2), None)]
    shared.receive(said("op-1.1", VenueOrderStatus.REJECTED, reason="no"))
    assert sent(shared)[1:] == [(BYBIT, Decimal(2), None)]
    shared.receive(traded("op-1.2", "t-1", "2", instrument=BYBIT_PERP))
    assert (shared.status("op-1"), shared.order("op-1").venue) == (OrderStatus.FILLED, "MULTI")


@pytest.mark.parametrize("doubt", ["outcome unknown", "silence", "disconnect"])
def test_an_order_that_may_not_be_split_goes_on_only_when_its_doubt_is_settled(shared: Desk, doubt: str) -> None:
    shared.receive(whole(buy="2"))
    if doubt == "outcome unknown":
        shared.receive(outcome_unknown("op-1.1"))
    elif doubt == "silence":
        shared.pass_time(6)
    else:
        shared.disconnect(BINANCE)
    assert (shared.status("op-1.1"), len(sent(shared))) == (OrderStatus.UNCONFIRMED, 1)
    shared.receive(said("op-1.1", VenueOrderStatus.REJECTED, reason="never arrived"))
    assert sent(shared)[1:] == [(BYBIT, Decimal(2), None)]


def test_of_an_order_that_may_not_be_split_what_its_venue_took_back_is_given_up(shared: Desk) -> None:
    shared.receive(whole(buy="2", at="50000.2"))
    shared.receive(traded("op-1.1", "t-1", "1"))
    shared.receive(canceled("op-1.1"))
    assert (shared.status("op-1"), len(sent(shared))) == (OrderStatus.CANCELED, 1)


def test_what_risk_refuses_everywhere_is_answered_as_refused_at_once(shared: Desk) -> None:
    shared.receive(set_limits(max_position_per_strategy_usd={"*": Decimal(10)}))
    (reply,) = shared.receive(whole(buy="2")).replies
    assert isinstance(reply, OrderReply)
    assert (reply.order.status, reply.order.reason_code) == (OrderStatus.REJECTED, "RISK_MAX_POSITION_PER_STRATEGY")
    assert sent(shared) == []


def stop_after(operation_id: str, instrument: InstrumentKey = SMART_PERP) -> Any:
    return with_terms(
        submit(f"stop-{operation_id}", sell="2", instrument=instrument),
        order_type=OrderType.STOP_MARKET,
        trigger_price=Price(Decimal(45000)),
        reduce_only=True,
        after_operation_id=OperationId(operation_id),
    )


def test_an_order_that_a_stop_follows_goes_nowhere_that_its_stop_could_not_close(shared: Desk) -> None:
    shared.receive(whole(buy="2", at="50000.2"))
    shared.receive(stop_after("op-1"))
    shared.receive(said("op-1.1", VenueOrderStatus.REJECTED, reason="no"))
    assert len(sent(shared)) == 1  # it could have gone on to the other venue, and the stop could not
    assert (shared.status("op-1"), shared.status("stop-op-1")) == (OrderStatus.REJECTED, OrderStatus.CANCELED)


def test_what_is_amended_and_followed_by_a_stop_is_worked_where_it_was(shared: Desk) -> None:
    shared.receive(whole(buy="2", at="49000"))
    shared.receive(accepted("op-1.1"))
    shared.receive(stop_after("op-1"))
    depth(shared, PERP, [("49000", "1")], [("60000", "1")])  # any other would go to the other venue now
    shared.receive(amend(price="50000.2"))
    shared.receive(canceled("op-1.1"))
    assert [account for account, _, _ in sent(shared)] == [BINANCE, BINANCE]


def test_nothing_follows_an_order_that_is_shared_out_already(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    (reply,) = shared.receive(stop_after("op-1")).replies
    assert isinstance(reply, InvalidOrder)
    assert (reply.field, "name a venue in both" in reply.remedy) == ("after_operation_id", True)


@pytest.mark.parametrize("split_allowed", [True, False])
def test_the_same_order_again_is_a_duplicate_wherever_it_would_go(shared: Desk, split_allowed: bool) -> None:
    shared.receive(set_limits(duplicate_window_ms=60_000))
    shared.receive(whole("op-1", buy="2", split_allowed=split_allowed))
    depth(shared, PERP, [("1", "1")], [("90000", "1")])  # now another venue is the cheapest
    shared.receive(whole("op-2", buy="2", split_allowed=split_allowed))
    assert shared.order("op-2").reason_code == "RISK_DUPLICATE"


@pytest.mark.parametrize("places", [(PERP, SMART_PERP), (SMART_PERP, PERP)])
def test_the_same_order_is_a_duplicate_whether_it_names_its_venue_or_not(
    shared: Desk, places: tuple[InstrumentKey, InstrumentKey]
) -> None:
    shared.receive(set_limits(duplicate_window_ms=60_000))
    for operation_id, instrument in zip(("op-1", "op-2"), places, strict=True):
        shared.receive(submit(operation_id, buy="0.5", instrument=instrument))
    assert shared.order("op-2").reason_code == "RISK_DUPLICATE"


def test_an_order_of_a_long_name_is_one_of_its_own_and_ends_where_it_is_refused(shared: Desk) -> None:
    shared.receive(whole("x" * 119, buy="2"))
    shared.receive(said("x" * 119, VenueOrderStatus.REJECTED, reason="no"))
    assert (shared.status("x" * 119), len(sent(shared))) == (OrderStatus.REJECTED, 1)


def test_a_small_order_goes_to_one_venue_and_names_it(shared: Desk) -> None:
    (reply,) = shared.receive(split(buy="0.5")).replies
    assert isinstance(reply, OrderReply)
    assert reply.order.venue == "BINANCE-FUTURES"
    assert sent(shared) == [(BINANCE, Decimal("0.5"), None)]


@pytest.mark.parametrize("refusal", ["rejected", "not sent"])
def test_what_a_venue_refuses_goes_on_to_the_other_and_never_back(shared: Desk, refusal: str) -> None:
    shared.receive(split(buy="0.5"))
    refused = not_sent("op-1.1") if refusal == "not sent" else said("op-1.1", VenueOrderStatus.REJECTED, reason="no")
    shared.receive(refused)
    assert sent(shared) == [(BINANCE, Decimal("0.5"), None), (BYBIT, Decimal("0.5"), None)]
    assert shared.order("op-1").venue == "MULTI"
    shared.receive(said("op-1.2", VenueOrderStatus.REJECTED, reason="no", instrument=BYBIT_PERP))
    assert len(sent(shared)) == 2
    assert (shared.status("op-1"), shared.order("op-1").reason_code) == (OrderStatus.REJECTED, "VENUE_REJECTED")


@pytest.mark.parametrize("doubt", ["outcome unknown", "silence", "disconnect"])
def test_nothing_goes_on_while_a_leg_is_unconfirmed(shared: Desk, doubt: str) -> None:
    shared.receive(split(buy="2"))
    if doubt == "outcome unknown":
        shared.receive(outcome_unknown("op-1.1"))
    elif doubt == "silence":
        shared.pass_time(6)
    else:
        shared.disconnect()
    shared.receive(said("op-1.2", VenueOrderStatus.REJECTED, reason="no", instrument=BYBIT_PERP))
    assert shared.status("op-1.1") is OrderStatus.UNCONFIRMED
    assert len(sent(shared)) == 2
    assert shared.status("op-1") is OrderStatus.ACCEPTED


def test_a_leg_that_proves_never_to_have_arrived_goes_on_elsewhere(shared: Desk) -> None:
    shared.receive(split(buy="0.5"))
    shared.receive(outcome_unknown("op-1.1"))
    shared.receive(said("op-1.1", VenueOrderStatus.REJECTED, reason="never seen"))
    assert sent(shared)[1:] == [(BYBIT, Decimal("0.5"), None)]


def test_what_goes_on_is_the_refused_part_alone_while_the_other_works(shared: Desk) -> None:
    shared.receive(split(buy="2", at="50000.2"))
    assert [quantity for _, quantity, _ in sent(shared)] == [Decimal(1), Decimal(1)]
    shared.receive(accepted("op-1.1"))
    shared.receive(said("op-1.2", VenueOrderStatus.REJECTED, reason="no", instrument=BYBIT_PERP))
    assert sent(shared)[2:] == [(BINANCE, Decimal(1), Decimal("50000.2"))]
    assert shared.reserved(PERP)[0] == Decimal(2)


def test_a_restart_places_no_leg_twice(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    shared.restart()
    for account in (BINANCE, BYBIT):
        shared.connect(account)
    assert len(sent(shared)) == 2
    shared.receive(traded("op-1.1", "t-1", "1"))
    shared.receive(traded("op-1.2", "t-2", "1", instrument=BYBIT_PERP))
    assert shared.status("op-1") is OrderStatus.FILLED
    assert {name: one.ok for name, one in check(shared.run()).items()} == dict.fromkeys(check(shared.run()), True)


def test_a_repeated_submit_shares_nothing_out_anew(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    again = shared.receive(split(buy="2"))
    assert (again.facts, again.requests) == ((), ())


def test_a_cancel_takes_every_leg_back_and_nothing_goes_on(shared: Desk) -> None:
    shared.receive(split(buy="4", at="50000.2"))
    outcome = shared.receive(cancel("op-1"))
    assert len([one for one in outcome.requests if isinstance(one, SendCancel)]) == len(sent(shared)) == 2
    shared.receive(canceled("op-1.1"))
    shared.receive(canceled("op-1.2", instrument=BYBIT_PERP))
    assert shared.status("op-1") is OrderStatus.CANCELED
    assert len(sent(shared)) == 2


def test_a_leg_that_a_person_takes_back_is_not_placed_elsewhere(shared: Desk) -> None:
    shared.receive(split(buy="2", at="50000.2"))
    shared.receive(accepted("op-1.2", instrument=BYBIT_PERP))
    shared.receive(cancel_all(venue="BYBIT"))
    shared.receive(canceled("op-1.2", instrument=BYBIT_PERP))
    assert len(sent(shared)) == 2
    shared.receive(traded("op-1.1", "t-1", "1"))
    assert (shared.status("op-1"), shared.order("op-1").filled_quantity) == (OrderStatus.CANCELED, Decimal(1))


def test_limits_of_one_orders_size_hold_for_all_of_it(shared: Desk) -> None:
    shared.receive(set_limits(max_order_quantity={"*": Decimal("1.5")}))
    shared.receive(split(buy="2"))
    assert (shared.status("op-1"), shared.order("op-1").reason_code) == (
        OrderStatus.REJECTED,
        "RISK_MAX_ORDER_QUANTITY",
    )
    assert sent(shared) == []
    (decision,) = facts_of(shared, RiskDecided)
    assert not decision.allowed


def test_every_leg_is_judged_by_itself_and_one_that_risk_refuses_goes_on(shared: Desk) -> None:
    shared.receive(set_limits(max_position_per_venue_usd={"BYBIT": Decimal(10)}))
    shared.receive(split(buy="2"))
    assert sent(shared) == [(BINANCE, Decimal(1), None), (BINANCE, Decimal(1), None)]
    assert shared.order("op-1.2").reason_code == "RISK_MAX_POSITION_PER_VENUE"


def test_under_a_halt_of_everything_nothing_is_shared_out(shared: Desk) -> None:
    shared.receive(halt(HaltScope.GLOBAL))
    shared.receive(split(buy="2"))
    assert (shared.status("op-1"), sent(shared)) == (OrderStatus.REJECTED, [])


def test_an_amend_to_less_takes_back_the_newest_legs_and_to_more_is_refused(shared: Desk) -> None:
    shared.receive(split(buy="2", at="50000.2"))
    (more,) = shared.receive(amend("3")).replies
    assert isinstance(more, AmendReply)
    assert more.code == "SPLIT_ORDER"
    outcome = shared.receive(amend("1"))
    assert [one.account for one in outcome.requests if isinstance(one, SendCancel)] == [BYBIT]
    shared.receive(canceled("op-1.2", instrument=BYBIT_PERP))
    shared.receive(traded("op-1.1", "t-1", "1"))
    assert (shared.status("op-1"), len(sent(shared))) == (OrderStatus.FILLED, 2)


def test_another_price_takes_the_legs_back_and_goes_on_at_that(shared: Desk) -> None:
    shared.receive(split(buy="0.5", at="49990"))
    (first,) = sent(shared)
    assert first[1:] == (Decimal("0.5"), Decimal(49990))
    shared.receive(amend(price="49995"))
    shared.receive(canceled("op-1.1"))
    assert sent(shared)[-1][1:] == (Decimal("0.5"), Decimal(49995))
    assert len(sent(shared)) == 2


def test_reduce_only_goes_where_the_position_is(shared: Desk) -> None:
    shared.receive(submit("open", buy="1", instrument=BYBIT_PERP))
    shared.receive(traded("open", "t-0", "1", instrument=BYBIT_PERP))
    shared.receive(split(sell="0.7", reduce_only=True))
    assert sent(shared)[1:] == [(BYBIT, Decimal("0.7"), None)]
    (decided,) = facts_of(shared, RouteDecided)
    assert decided.policy == "close"


def test_reduce_only_over_two_positions_closes_each_and_no_more(shared: Desk) -> None:
    for name, key, amount in (("a", PERP, "0.6"), ("b", BYBIT_PERP, "0.5")):
        shared.receive(submit(name, buy=amount, instrument=key))
        shared.receive(traded(name, f"t-{name}", amount, instrument=key))
    shared.receive(split(sell="1.1", reduce_only=True))
    assert sorted(sent(shared)[2:]) == [(BINANCE, Decimal("0.6"), None), (BYBIT, Decimal("0.5"), None)]


def test_a_venue_with_an_order_in_doubt_is_second_choice(shared: Desk) -> None:
    shared.receive(submit("lost", buy="1", instrument=PERP))
    shared.receive(outcome_unknown("lost"))
    shared.receive(split(buy="0.5"))
    assert sent(shared)[1:] == [(BYBIT, Decimal("0.5"), None)]
    (decided,) = facts_of(shared, RouteDecided)
    assert [(out.account, out.code) for out in decided.excluded] == [(BINANCE, "DEGRADED")]


def test_fill_or_kill_goes_to_one_venue_whole(shared: Desk) -> None:
    shared.receive(split(buy="2", at="50200", time_in_force=TimeInForce.FOK))
    assert [quantity for _, quantity, _ in sent(shared)] == [Decimal(2)]


def test_a_name_too_long_for_its_legs_is_refused_with_the_field(shared: Desk) -> None:
    (reply,) = shared.receive(split("x" * 119, buy="2")).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == "operation_id"


def test_when_nobody_is_left_to_go_on_to_it_says_what_is_left_and_why(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    shared.receive(traded("op-1.1", "t-1", "1"))
    shared.disconnect(BINANCE)
    shared.receive(said("op-1.2", VenueOrderStatus.REJECTED, reason="no", instrument=BYBIT_PERP))
    assert shared.status("op-1") is OrderStatus.CANCELED
    (noted,) = facts_of(shared, ParentNoted)
    assert noted.code == "NO_ROUTE"
    assert "BYBIT-main REFUSED_BEFORE" in noted.text
    assert "BINANCE-FUTURES-main DOWN" in noted.text


def test_the_reason_names_policy_and_venues(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    routed = facts_of(shared, OrderRouted)[0]
    assert routed.reason == "split: cheapest at 2 of 2 venues"
    assert {used.instrument for used in routed.quotes} == {PERP, BYBIT_PERP}


def test_when_it_has_ended_what_was_paid_is_held_against_what_all_offer_then(shared: Desk) -> None:
    shared.receive(split(buy="2"))
    shared.receive(traded("op-1.1", "t-1", "1", "50000.1"))
    depth(shared, BYBIT_PERP, [("49999.8", "1")], [("49999.9", "9")])  # a dime below, while we were on our way
    shared.receive(traded("op-1.2", "t-2", "1", "50000.2", instrument=BYBIT_PERP))
    (judged,) = facts_of(shared, RouteJudged)
    assert judged.best_at == (BYBIT,)
    assert judged.regret_usd == Decimal("0.5")  # 0.2 and 0.3 dearer than two at 49999.9
    assert judged.paid_usd - judged.best_usd == judged.regret_usd


def test_fees_are_part_of_what_was_paid(shared: Desk) -> None:
    shared.receive(split(buy="1"))
    shared.receive(traded("op-1.1", "t-1", "1", "50000.1", fee="25"))
    (judged,) = facts_of(shared, RouteJudged)
    assert judged.regret_usd == Decimal(25)  # these venues charge none


def resting(desk: Desk, **order: Any) -> None:
    """A bid that waits at the first venue, while both quote as before."""
    desk.receive(split(buy="0.5", at="49999.9", **order))
    desk.receive(accepted("op-1.1"))
    assert sent(desk) == [(BINANCE, Decimal("0.5"), Decimal("49999.9"))]


def test_a_leg_that_waits_moves_to_where_it_would_trade_once_its_venue_has_let_it_go(shared: Desk) -> None:
    resting(shared)
    shared.pass_time(29)
    depth(shared, BYBIT_PERP, [("49999.7", "1")], [("49999.8", "9")])
    assert len(sent(shared)) == 1
    (outcome,) = shared.pass_time(2)
    assert [one.account for one in outcome.requests if isinstance(one, SendCancel)] == [BINANCE]
    assert len(sent(shared)) == 1
    shared.receive(canceled("op-1.1"))
    assert sent(shared)[1:] == [(BYBIT, Decimal("0.5"), Decimal("49999.9"))]
    shared.receive(traded("op-1.2", "t-1", "0.5", "49999.8", instrument=BYBIT_PERP))
    assert shared.status("op-1") is OrderStatus.FILLED


def test_one_that_may_only_wait_does_not_move_to_where_it_would_trade(shared: Desk) -> None:
    resting(shared, post_only=True)
    depth(shared, BYBIT_PERP, [("49999.7", "1")], [("49999.8", "9")])
    shared.pass_time(40)
    assert not [one for one in shared.releases if isinstance(one.request, SendCancel)]


def test_a_leg_that_is_no_better_off_elsewhere_keeps_its_place_in_the_queue(shared: Desk) -> None:
    resting(shared)
    shared.pass_time(100)
    assert not [one for one in shared.releases if isinstance(one.request, SendCancel)]


def test_what_a_moved_leg_traded_on_its_way_back_is_not_placed_again(shared: Desk) -> None:
    resting(shared)
    shared.pass_time(29)
    depth(shared, BYBIT_PERP, [("49999.7", "1")], [("49999.8", "9")])
    shared.pass_time(2)
    shared.receive(traded("op-1.1", "t-1", "0.2", "49999.9"))
    shared.receive(canceled("op-1.1"))
    assert sent(shared)[1:] == [(BYBIT, Decimal("0.3"), Decimal("49999.9"))]


def test_after_a_restart_waiting_legs_are_looked_at_again(shared: Desk) -> None:
    resting(shared)
    shared.restart()
    for account in (BINANCE, BYBIT):
        shared.connect(account)
    shared.receive(accepted("op-1.1"))
    shared.pass_time(29)
    depth(shared, PERP, [("49999.9", "1")], [("50000.1", "1")])
    depth(shared, BYBIT_PERP, [("49999.7", "1")], [("49999.8", "9")])
    shared.pass_time(2)
    assert [one.request.account for one in shared.releases if isinstance(one.request, SendCancel)] == [BINANCE]


def test_what_never_traded_is_not_judged(shared: Desk) -> None:
    shared.receive(split(buy="0.5", at="49990"))
    shared.receive(cancel("op-1"))
    shared.receive(canceled("op-1.1"))
    assert facts_of(shared, RouteJudged) == []


def test_venues_are_remembered_by_how_they_answered_and_a_restart_remembers_the_same(shared: Desk) -> None:
    shared.receive(split(buy="2", at="50000.2"))
    shared.pass_time(0.05)
    shared.receive(accepted("op-1.1"))
    shared.receive(traded("op-1.1", "t-1", "1", "50005.1"))  # a basis point more than its book said
    learnt = shared.actor.book.routes
    assert learnt.statistics.round_trip_ns(BINANCE) == 50_000_000
    assert learnt.statistics.round_trip_ns(BYBIT) is None
    slipped = learnt.statistics.slippage(BINANCE, shared.now_ns)
    assert slipped is not None
    assert (slipped.orders, slipped.total_bps.quantize(Decimal("0.0001"))) == (Decimal(1), Decimal(1))
    assert learnt.statistics.takes(BINANCE, shared.now_ns) == FillHistory(orders=Decimal(1), filled=Decimal(1))
    assert learnt.statistics.posts(BINANCE, shared.now_ns) is None  # at a limit, yet it was to trade at once
    told = learnt.canonical()
    shared.restart()
    assert shared.actor.book.routes.canonical()[0] == told[0]


def test_selling_is_shared_out_as_buying_is(shared: Desk) -> None:
    shared.receive(split(sell="2"))
    assert sent(shared) == [(BINANCE, Decimal(1), None), (BYBIT, Decimal(1), None)]
    assert all(one.request.side is Side.SELL for one in shared.releases if isinstance(one.request, SendOrder))
