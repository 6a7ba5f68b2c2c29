"""What ended long ago leaves memory, and is the same to everybody who speaks of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from core.invariants import check
from core.orders.departed import Departed
from ports.commands import AmendOrder, BustTrade
from ports.facts import BreakKind, OrderFilled, OrdersLeftMemory, OrderTombstoned
from ports.replies import AmendReply, CancelReply, ControlReply, InvalidOrder, OperationConflict, OrderReply
from ports.values import AmendId, OperationId, OrderStatus, OrderType, Price, Quantity, Side, TradeId

from fakes.desk import PATIENCE, SECOND_NS, Desk, digest, folded, through_json
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    TRADER,
    accepted,
    cancel,
    canceled,
    client_id,
    evidence,
    not_sent,
    quote,
    statement,
    submit,
    traded,
    with_terms,
)

FILLED, CANCELED = OrderStatus.FILLED, OrderStatus.CANCELED


@pytest.fixture
def forgetful() -> Desk:
    """Return a desk that keeps two orders that have ended."""
    return Desk(instruments=(PERP,), keep=2)


def fill_one(desk: Desk, name: str) -> None:
    desk.receive(submit(name, buy="1"))
    desk.receive(traded(name, f"t-{name}", "1"))


def cancel_half_filled(desk: Desk, name: str) -> None:
    desk.receive(submit(name, buy="1", at="50000"))
    desk.receive(accepted(name))
    desk.receive(traded(name, f"t-{name}", "0.5"))
    desk.receive(canceled(name))


def push_out(desk: Desk) -> None:
    """Let three more orders end, so that those before them leave."""
    for number in range(3):
        fill_one(desk, f"later-{len(desk.entries)}-{number}")


def has_left(desk: Desk, name: str) -> bool:
    return desk.actor.book.oms.get(OperationId(name)) is None


def test_orders_leave_in_the_order_of_their_ends_and_the_rest_stays(forgetful: Desk) -> None:
    for number in range(4):
        fill_one(forgetful, f"op-{number}")
    forgetful.receive(submit("op-open", buy="1", at="40000"))
    left = [fact.operation_ids for fact in forgetful.facts if isinstance(fact, OrdersLeftMemory)]
    assert left == [("op-0",), ("op-1",)]
    assert [order.terms.operation_id for order in forgetful.actor.book.oms.all_orders()] == ["op-2", "op-3", "op-open"]


def test_a_submit_repeated_gets_the_same_answer_before_and_after_a_restart(forgetful: Desk) -> None:
    order = submit("op-1", buy="1")
    forgetful.receive(order)
    forgetful.receive(traded("op-1", "t-1", "1"))
    before = forgetful.receive(order).replies
    push_out(forgetful)
    assert has_left(forgetful, "op-1")
    for _ in range(2):
        again = forgetful.receive(order)
        assert again.replies == before
        assert isinstance(before[0], OrderReply)
        assert before[0].order.filled_quantity == 1
        assert (again.facts, again.requests) == ((), ())
        forgetful.restart()
        forgetful.connect(ACCOUNTS[PERP])


def test_a_submit_with_other_content_stays_a_conflict(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    outcome = forgetful.receive(submit("op-1", buy="2"))
    assert isinstance(outcome.replies[0], OperationConflict)
    assert outcome.facts == ()


def test_a_cancel_finds_the_order_as_it_ended(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    outcome = forgetful.receive(cancel("op-1"))
    (reply,) = outcome.replies
    assert isinstance(reply, CancelReply)
    assert reply.order is not None
    assert (reply.order.status, outcome.facts, outcome.requests) == (FILLED, (), ())


def test_an_amend_is_known_by_its_id_for_ever(forgetful: Desk) -> None:
    forgetful.receive(submit("op-1", buy="1", at="50000"))
    forgetful.receive(accepted("op-1"))
    amend = AmendOrder(
        operation_id=OperationId("op-1"),
        amend_id=AmendId("a-1"),
        quantity=None,
        price=Price(Decimal(49000)),
        principal=TRADER,
    )
    forgetful.receive(amend)
    forgetful.receive(canceled("op-1"))
    push_out(forgetful)
    outcomes = [forgetful.receive(amend), forgetful.receive(with_id(amend, "a-2"))]
    codes = [reply.code for outcome in outcomes for reply in outcome.replies if isinstance(reply, AmendReply)]
    assert codes == ["", "ORDER_CLOSED"]
    assert all(outcome.facts == () for outcome in outcomes)


def with_id(amend: AmendOrder, name: str) -> AmendOrder:
    return AmendOrder(
        operation_id=amend.operation_id,
        amend_id=AmendId(name),
        quantity=Quantity(Decimal(1)),
        price=amend.price,
        principal=TRADER,
    )


def test_a_trade_told_again_counts_once(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    held = forgetful.position()
    assert forgetful.receive(traded("op-1", "t-op-1", "1")).facts == ()
    assert forgetful.position() == held


def test_a_late_trade_is_booked_once_to_the_order_that_left(forgetful: Desk) -> None:
    cancel_half_filled(forgetful, "op-1")
    push_out(forgetful)
    held = forgetful.position()
    for trade in ("t-late-1", "t-late-2", "t-late-1"):
        forgetful.receive(traded("op-1", trade, "0.2"))
    assert forgetful.position() == held + Decimal("0.4")
    (reply,) = forgetful.receive(submit("op-1", buy="1", at="50000")).replies
    assert isinstance(reply, OrderReply)
    assert (reply.order.status, reply.order.filled_quantity) == (CANCELED, Decimal("0.9"))
    assert forgetful.breaks() == []


def test_a_trade_told_twice_in_one_message_counts_once(forgetful: Desk) -> None:
    cancel_half_filled(forgetful, "op-1")
    push_out(forgetful)
    held = forgetful.position()
    late = traded("op-1", "t-late", "0.2")
    forgetful.receive(statement(ACCOUNTS[PERP], forgetful.now_ns, fills=(late, late)))
    assert forgetful.position() == held + Decimal("0.2")


def test_a_late_trade_beyond_the_order_opens_a_break(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    forgetful.receive(traded("op-1", "t-late", "0.2"))
    assert forgetful.breaks() == [BreakKind.OVERFILL]


def test_a_statement_of_old_trades_and_old_words_teaches_nothing(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    cancel_half_filled(forgetful, "op-2")
    push_out(forgetful)
    held = forgetful.position()
    fills = (traded("op-1", "t-op-1", "1"), traded("op-2", "t-op-2", "0.5"))
    forgetful.receive(statement(ACCOUNTS[PERP], forgetful.now_ns, open_orders=(accepted("op-2"),), fills=fills))
    forgetful.receive(evidence(canceled("op-2", filled="0.5"), fills[1]))
    forgetful.receive(canceled("op-2"))
    assert (forgetful.position(), forgetful.breaks()) == (held, [])


def test_the_trade_of_an_order_that_left_is_busted(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    held = forgetful.position()
    bust = BustTrade(
        account=ACCOUNTS[PERP], instrument=PERP, trade_id=TradeId("t-op-1"), principal=TRADER, reason="annulled"
    )
    assert forgetful.receive(bust).replies == (ControlReply(changed=True),)
    assert forgetful.position() == held - 1
    assert forgetful.receive(bust).replies == (ControlReply(changed=False),)


def test_a_late_trade_of_an_order_that_left_is_busted_too(forgetful: Desk) -> None:
    cancel_half_filled(forgetful, "op-1")
    push_out(forgetful)
    forgetful.receive(traded("op-1", "t-late", "0.2"))
    bust = BustTrade(
        account=ACCOUNTS[PERP], instrument=PERP, trade_id=TradeId("t-late"), principal=TRADER, reason="annulled"
    )
    assert forgetful.receive(bust).replies == (ControlReply(changed=True),)


def test_a_tombstone_that_left_still_refuses_its_submit(forgetful: Desk) -> None:
    for number in range(4):
        forgetful.receive(cancel(f"never-{number}"))
    assert not forgetful.actor.book.oms.is_tombstoned(OperationId("never-0"))
    assert forgetful.receive(cancel("never-0")).facts == ()
    (reply,) = forgetful.receive(submit("never-0", buy="1")).replies
    assert isinstance(reply, OrderReply)
    assert reply.order.reason_code == "CANCELED_BEFORE_SUBMIT"
    assert sum(isinstance(fact, OrderTombstoned) for fact in forgetful.facts) == 4


def test_a_trade_of_nobodys_leaves_and_counts_once(forgetful: Desk) -> None:
    for number in range(4):
        forgetful.receive(traded(None, f"foreign-{number}", "1"))
    before = len(forgetful.entries)
    forgetful.receive(traded(None, "foreign-0", "1"))
    assert any(isinstance(fact, OrdersLeftMemory) and fact.unattributed for fact in forgetful.facts)
    assert len(forgetful.entries) == before


def test_an_order_stays_while_one_of_its_group_works(forgetful: Desk) -> None:
    for name in ("op-1", "op-2"):
        forgetful.receive(submit(name, buy="1", at="40000", oco_group="pair"))
    forgetful.receive(cancel("op-1"))
    forgetful.receive(canceled("op-1"))
    push_out(forgetful)
    assert not has_left(forgetful, "op-1")
    forgetful.receive(canceled("op-2"))
    push_out(forgetful)
    assert has_left(forgetful, "op-1")


def test_an_order_stays_while_another_follows_it(forgetful: Desk) -> None:
    cancel_half_filled(forgetful, "op-1")
    forgetful.receive(submit("op-2", sell="0.5", at="60000", after_operation_id=OperationId("op-1")))
    push_out(forgetful)
    assert not has_left(forgetful, "op-1")
    forgetful.receive(canceled("op-2"))
    push_out(forgetful)
    assert has_left(forgetful, "op-1")


def test_no_order_follows_one_that_left(forgetful: Desk) -> None:
    fill_one(forgetful, "op-1")
    push_out(forgetful)
    (reply,) = forgetful.receive(submit("op-2", sell="1", after_operation_id=OperationId("op-1"))).replies
    assert isinstance(reply, InvalidOrder)
    assert reply.field == "after_operation_id"


def worked(desk: Desk) -> None:
    """A parent whose first child trades half and is canceled, whose others trade nothing, and which is canceled."""
    params = {"horizon_secs": "20", "intervals": "2"}
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(submit("big", buy="2", exec_algorithm="TWAP", exec_algorithm_params=params))
    desk.receive(traded("big.1", "t-1", "0.5"))
    desk.receive(canceled("big.1"))
    desk.pass_time(10)
    desk.receive(quote(PERP, "49999.9", "50000.1", desk.now_ns))
    desk.receive(cancel("big"))
    for child in list(desk.actor.book.oms.open_orders()):
        desk.receive(canceled(child.terms.operation_id))


def test_a_family_leaves_together_and_a_late_trade_of_a_child_counts_for_its_parent(forgetful: Desk) -> None:
    worked(forgetful)
    push_out(forgetful)
    assert has_left(forgetful, "big")
    assert has_left(forgetful, "big.1")
    forgetful.receive(traded("big.1", "t-late", "0.25"))
    (reply,) = forgetful.receive(cancel("big")).replies
    assert isinstance(reply, CancelReply)
    assert reply.order is not None
    assert reply.order.filled_quantity == Decimal("0.75")


def test_a_child_never_takes_the_name_of_an_order_that_left(forgetful: Desk) -> None:
    fill_one(forgetful, "big.1")
    push_out(forgetful)
    worked(forgetful)
    (reply,) = forgetful.receive(cancel("big")).replies
    assert isinstance(reply, CancelReply)
    assert reply.order is not None
    assert reply.order.reason_code == "OPERATION_TAKEN"


def test_what_was_never_there_is_not_read_back(forgetful: Desk) -> None:
    push_out(forgetful)
    assert forgetful.actor.book.oms.departed.canonical() != Departed().canonical()
    for number in range(50):
        forgetful.receive(submit(f"new-{number}", buy="1", at="40000"))
        forgetful.receive(traded(None, f"t-new-{number}", "1"))
    assert forgetful.loads == []


def test_the_journal_alone_makes_the_same_state_whatever_is_kept(forgetful: Desk) -> None:
    worked(forgetful)
    cancel_half_filled(forgetful, "op-1")
    forgetful.receive(cancel("never"))
    push_out(forgetful)
    forgetful.receive(traded("op-1", "t-late", "0.2"))
    forgetful.receive(traded("big.1", "t-later", "0.25"))
    push_out(forgetful)
    live = digest(forgetful.actor)
    assert [digest(folded(through_json(forgetful.facts), keep)) for keep in (2, 10_000)] == [live, live]
    assert all(finding.ok for finding in check(forgetful.run()).values())


def test_a_late_trade_of_a_stop_that_was_sent_twice_finds_it_by_its_last_name(forgetful: Desk) -> None:
    fill_one(forgetful, "entry")
    stop = with_terms(
        submit("stop", sell="1", reduce_only=True),
        order_type=OrderType.STOP_MARKET,
        trigger_price=Price(Decimal(49000)),
    )
    forgetful.receive(stop)
    forgetful.receive(quote(PERP, "48999", "48999.1"))
    forgetful.receive(not_sent("stop"))
    forgetful.pass_time(PATIENCE.resend_ns / SECOND_NS)
    name = forgetful.order("stop").client_order_id
    assert name not in {None, client_id("stop")}
    half = replace(traded("stop", "t-2", "0.5", side=Side.SELL), client_order_id=name)
    forgetful.receive(half)
    forgetful.receive(replace(canceled("stop"), client_order_id=name, filled_quantity=Decimal("0.5")))
    push_out(forgetful)
    assert has_left(forgetful, "stop")
    outcome = forgetful.receive(replace(half, trade_id=TradeId("t-3")))
    (fill,) = [fact for fact in outcome.facts if isinstance(fact, OrderFilled)]
    assert (fill.operation_id, fill.filled_quantity) == (OperationId("stop"), Decimal(1))
    assert forgetful.receive(replace(half, trade_id=TradeId("t-3"))).facts == ()
