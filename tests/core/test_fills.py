"""A trade moves its order, its position and its reservation in one step, once, however often it is told."""

from decimal import Decimal

import pytest

from ports.facts import BreakOpened, OrderAcknowledged, OrderFilled, PositionChanged
from ports.reports import FillReport, VenueOrderStatus
from ports.values import OrderStatus, Side

from fakes.desk import Desk
from fakes.sayings import BYBIT_PERP, INVERSE, PERP, SPOT, accepted, cancel, canceled, said, submit, traded


@pytest.fixture
def working(desk: Desk) -> Desk:
    """Return a desk with one accepted order to buy 1."""
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.receive(accepted("op-1"))
    return desk


def test_an_accepted_order_is_accepted_and_known_by_its_venues_name(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1", at="50000"))
    outcome = desk.receive(accepted("op-1", venue_order_id="v-77"))
    assert [type(fact) for fact in outcome.facts] == [OrderAcknowledged]
    assert (desk.status("op-1"), desk.order("op-1").venue_order_id) == (OrderStatus.ACCEPTED, "v-77")


def test_a_repeated_acknowledgement_says_nothing_new(working: Desk) -> None:
    assert working.receive(accepted("op-1")).facts == ()


def test_a_partial_fill_moves_order_position_and_reservation_in_one_step(working: Desk) -> None:
    outcome = working.receive(traded("op-1", "t-1", "0.3"))
    assert [type(fact) for fact in outcome.facts] == [OrderFilled, PositionChanged]
    assert working.status("op-1") is OrderStatus.PARTIALLY_FILLED
    assert working.position() == Decimal("0.3")
    assert working.reserved() == (Decimal("0.7"), Decimal(0))


def test_fills_that_add_up_to_the_amount_fill_the_order(working: Desk) -> None:
    working.receive(traded("op-1", "t-1", "0.3", "50000"))
    working.receive(traded("op-1", "t-2", "0.7", "49000"))
    order = working.order("op-1")
    assert (order.status, order.filled_quantity, order.average_price) == (
        OrderStatus.FILLED,
        Decimal(1),
        Decimal(49300),
    )
    assert working.reserved() == (Decimal(0), Decimal(0))


def test_a_fill_needs_no_acknowledgement_before_it(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(traded("op-1", "t-1", "1"))
    desk.receive(accepted("op-1"))
    assert desk.status("op-1") is OrderStatus.FILLED


def test_a_trade_told_twice_counts_once(working: Desk) -> None:
    working.receive(traded("op-1", "t-1", "0.3"))
    again = working.receive(traded("op-1", "t-1", "0.3"))
    assert (again.facts, working.position()) == ((), Decimal("0.3"))


def test_a_trade_told_again_after_a_restart_counts_once(working: Desk) -> None:
    working.receive(traded("op-1", "t-1", "0.3"))
    working.restart()
    assert working.receive(traded("op-1", "t-1", "0.3")).facts == ()


def test_a_trade_id_belongs_to_its_instrument_so_that_another_venue_may_use_it_too(working: Desk) -> None:
    working.receive(submit("op-2", buy="1", instrument=BYBIT_PERP))
    working.receive(traded("op-1", "t-1", "1"))
    working.receive(traded("op-2", "t-1", "1", instrument=BYBIT_PERP))
    assert working.position(PERP) == working.position(BYBIT_PERP) == 1


def test_a_fill_while_a_cancel_is_under_way_leaves_the_cancel_under_way(working: Desk) -> None:
    working.receive(cancel("op-1"))
    working.receive(traded("op-1", "t-1", "0.3"))
    assert working.status("op-1") is OrderStatus.PENDING_CANCEL


def test_a_fill_that_completes_an_order_beats_its_cancel(working: Desk) -> None:
    working.receive(cancel("op-1"))
    working.receive(traded("op-1", "t-1", "1"))
    working.receive(canceled("op-1"))
    assert working.status("op-1") is OrderStatus.FILLED


def test_a_late_fill_of_a_canceled_order_counts_and_does_not_reopen_it(working: Desk) -> None:
    working.receive(canceled("op-1"))
    working.receive(traded("op-1", "t-1", "0.3"))
    assert (working.status("op-1"), working.position()) == (OrderStatus.CANCELED, Decimal("0.3"))
    assert working.reserved() == (Decimal(0), Decimal(0))
    assert working.breaks() == []


def test_a_late_fill_of_the_whole_amount_makes_a_canceled_order_filled(working: Desk) -> None:
    working.receive(canceled("op-1"))
    working.receive(traded("op-1", "t-1", "1"))
    assert working.status("op-1") is OrderStatus.FILLED


def test_an_overfill_is_counted_and_opens_one_break(working: Desk) -> None:
    working.receive(traded("op-1", "t-1", "0.8"))
    working.receive(traded("op-1", "t-2", "0.3"))
    working.receive(traded("op-1", "t-3", "0.1"))
    assert (working.status("op-1"), working.position()) == (OrderStatus.FILLED, Decimal("1.2"))
    assert working.breaks() == ["OVERFILL"]
    assert working.reserved() == (Decimal(0), Decimal(0))


def test_a_fill_of_a_rejected_order_is_counted_and_opens_a_break(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(said("op-1", VenueOrderStatus.REJECTED, reason="no margin"))
    desk.receive(traded("op-1", "t-1", "0.3"))
    assert (desk.status("op-1"), desk.position(), desk.breaks()) == (
        OrderStatus.REJECTED,
        Decimal("0.3"),
        ["FILL_AFTER_REJECT"],
    )


@pytest.mark.parametrize("operation_id", [None, "never ours"])
def test_a_trade_that_no_order_of_ours_explains_is_held_as_unattributed_with_a_break(
    desk: Desk, operation_id: str | None
) -> None:
    outcome = desk.receive(traded(operation_id, "t-1", "0.3", side=Side.SELL))
    assert [type(fact) for fact in outcome.facts] == [OrderFilled, PositionChanged, BreakOpened]
    assert desk.position(strategy="UNATTRIBUTED") == Decimal("-0.3")
    assert desk.breaks() == ["UNATTRIBUTED_FILL"]


def test_an_unattributed_trade_told_twice_counts_once(desk: Desk) -> None:
    desk.receive(traded(None, "t-1", "0.3"))
    assert desk.receive(traded(None, "t-1", "0.3")).facts == ()


MISFITS = [
    pytest.param(traded("op-1", "t-1", "0.3", side=Side.SELL), id="other side"),
    pytest.param(traded("op-1", "t-1", "0.3", instrument=SPOT), id="other instrument and account"),
]


@pytest.mark.parametrize("report", MISFITS)
def test_a_trade_that_does_not_fit_its_order_is_a_defect_and_changes_nothing(working: Desk, report: FillReport) -> None:
    before, sequence = working.actor.book.canonical(), working.actor.sequence
    with pytest.raises(ValueError, match="does not fit its order op-1"):
        working.receive(report)
    assert (working.actor.book.canonical(), working.actor.sequence) == (before, sequence)


def test_positions_are_kept_by_strategy_and_added_up_for_exposure(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(submit("op-2", sell="0.4", strategy="other"))
    desk.receive(traded("op-1", "t-1", "1"))
    desk.receive(traded("op-2", "t-2", "0.4", side=Side.SELL))
    assert (desk.position(), desk.position(strategy="other")) == (Decimal(1), Decimal("-0.4"))
    assert desk.actor.book.exposure.of_instrument(PERP).position == Decimal("0.6")


def test_a_fee_is_kept_in_the_currency_it_was_paid_in(working: Desk) -> None:
    working.receive(traded("op-1", "t-1", "0.3", fee="0.7", currency="USDT"))
    working.receive(traded("op-1", "t-2", "0.3", fee="-0.2", currency="USDT"))
    last = working.receive(traded("op-1", "t-3", "0.3", fee="0.01", currency="BNB"))
    (position,) = [fact for fact in last.facts if isinstance(fact, PositionChanged)]
    assert position.fees == {"USDT": Decimal("0.5"), "BNB": Decimal("0.01")}


def test_an_inverse_position_says_its_average_price_and_what_closing_it_earned(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1000", instrument=INVERSE))
    desk.receive(submit("op-2", sell="1000", instrument=INVERSE))
    bought = desk.receive(traded("op-1", "t-1", "1000", "40000", instrument=INVERSE))
    sold = desk.receive(traded("op-2", "t-2", "1000", "50000", instrument=INVERSE, side=Side.SELL))
    (opened,) = [fact for fact in bought.facts if isinstance(fact, PositionChanged)]
    (closed,) = [fact for fact in sold.facts if isinstance(fact, PositionChanged)]
    assert (opened.quantity, opened.open_cash) == (Decimal(1000), Decimal("0.025"))
    assert opened.average_entry_price == 40000
    assert (closed.quantity, closed.open_cash) == (Decimal(0), Decimal(0))
    assert closed.average_entry_price is None
    assert closed.realized_pnl == Decimal("0.005")


def test_an_order_that_the_venue_calls_filled_ends_by_its_trades_not_by_the_word(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(said("op-1", VenueOrderStatus.FILLED, filled="1"))
    assert (desk.status("op-1"), desk.reserved()[0]) == (OrderStatus.ACCEPTED, Decimal(1))
    desk.receive(traded("op-1", "t-1", "1"))
    assert desk.status("op-1") is OrderStatus.FILLED
