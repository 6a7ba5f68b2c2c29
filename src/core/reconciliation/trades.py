"""Booking a trade: once, to its order where there is one, and into the position in the same step."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.correcting import correct
from core.orders.order import Order
from core.positions.sharing import shared_out
from core.reconciliation.sharing import closed_by_force
from core.reconciliation.steps import open_break, ready_if_answered
from core.turn import Turn
from ports.facts import BreakKind, FoundBy, OrderFilled
from ports.records import maker
from ports.reports import FillCause, FillReport
from ports.values import UNATTRIBUTED, Money, OrderStatus, StrategyId, TradeId, divide, plain

_new_order_filled: Final = maker(OrderFilled)


def book_trade(turn: Turn, report: FillReport, found_by: FoundBy = FoundBy.STREAM) -> None:
    """Count a trade once, whatever the venue repeats; a later revision of a counted one corrects it.

    Raises:
        ValueError: the trade names an order of ours, of another instrument, account or side: a venue's or an
            adapter's defect that must not be booked anywhere.
    """
    oms = turn.book.oms
    counted = oms.trade((report.account, report.instrument, report.trade_id))
    if counted is not None:
        if report.revision > counted.revision:
            correct(turn, report, counted)
        return
    if not report.quantity or report.corrects_only:
        return  # annulled before it was ever counted, or of before our time
    order = None if report.client_order_id is None else oms.by_client(report.client_order_id)
    if order is None:
        _book_unattributed(turn, report, found_by)
        return
    if (order.instrument, order.account, order.terms.side) != (report.instrument, report.account, report.side):
        raise ValueError(f"trade {report.trade_id} does not fit its order {order.terms.operation_id}")
    status_before = order.status
    filled = order.filled_quantity + report.quantity
    fact = _new_order_filled(
        operation_id=order.terms.operation_id,
        status=_status_with(order, report),
        filled_quantity=filled,
        average_price=divide(order.filled_value + report.quantity * report.price, filled),
        strategy_id=order.terms.strategy_id,
        account=report.account,
        instrument=report.instrument,
        trade_id=report.trade_id,
        side=report.side,
        quantity=report.quantity,
        price=report.price,
        fee=report.fee,
        liquidity=report.liquidity,
        venue_order_id=report.venue_order_id,
        found_by=found_by,
        revision=report.revision,
        venue_time_ns=report.venue_time_ns,
        learnt_ns=turn.now_ns,
    )
    turn.fact(fact, turn.book.positions.changed_by(fact))
    _open_breaks(turn, order, report, status_before)
    ready_if_answered(turn, order.account)


def _status_with(order: Order, report: FillReport) -> OrderStatus:
    amending = order.amending is not None and order.amending.quantity > order.quantity
    if order.filled_quantity + report.quantity >= order.quantity and not amending:
        return OrderStatus.FILLED
    if order.status.is_terminal:
        return order.status  # a late trade of an order that ended before it was whole
    if order.cancel_requested:
        return OrderStatus.PENDING_CANCEL
    return OrderStatus.PENDING_AMEND if order.amending is not None else OrderStatus.PARTIALLY_FILLED


def _book_unattributed(turn: Turn, report: FillReport, found_by: FoundBy) -> None:
    shares = None if report.cause is FillCause.ORDER else closed_by_force(turn, report)
    if shares is None:
        _book_to(turn, report, UNATTRIBUTED, found_by)
        open_break(
            turn,
            f"fill-{report.account}-{report.instrument}-{report.trade_id}",
            BreakKind.UNATTRIBUTED_FILL,
            report.account,
            report.instrument,
            f"trade {report.trade_id} of {report.client_order_id or 'no client order id'} is of no order of ours",
        )
        return
    fees = shared_out(report.fee.amount, shares)
    for place, (strategy, quantity) in enumerate(shares.items()):
        part = replace(
            report,
            trade_id=report.trade_id if place == 0 else TradeId(f"{report.trade_id}#{strategy}"),  # known by the first
            quantity=quantity,
            fee=Money(fees[strategy], report.fee.currency),
        )
        _book_to(turn, part, strategy, found_by)
    parts = ", ".join([f"{strategy} {plain(quantity)}" for strategy, quantity in shares.items()])
    open_break(
        turn,
        f"forced-{report.account}-{report.instrument}-{report.trade_id}",
        BreakKind.FORCED_CLOSE,
        report.account,
        report.instrument,
        f"{report.cause}: the venue traded {report.side} {plain(report.quantity)} at {plain(report.price)}: {parts}",
    )


def _book_to(turn: Turn, report: FillReport, strategy: StrategyId, found_by: FoundBy) -> None:
    fact = _new_order_filled(
        operation_id=None,
        status=None,
        filled_quantity=report.quantity,
        average_price=report.price,
        strategy_id=strategy,
        account=report.account,
        instrument=report.instrument,
        trade_id=report.trade_id,
        side=report.side,
        quantity=report.quantity,
        price=report.price,
        fee=report.fee,
        liquidity=report.liquidity,
        venue_order_id=report.venue_order_id,
        found_by=found_by,
        revision=report.revision,
        venue_time_ns=report.venue_time_ns,
        learnt_ns=turn.now_ns,
    )
    turn.fact(fact, turn.book.positions.changed_by(fact))


def _open_breaks(turn: Turn, order: Order, report: FillReport, status_before: OrderStatus) -> None:
    operation_id = order.terms.operation_id
    most = order.quantity if order.amending is None else max(order.quantity, order.amending.quantity)
    if order.filled_quantity > most:
        open_break(
            turn,
            f"overfill-{operation_id}",
            BreakKind.OVERFILL,
            report.account,
            report.instrument,
            f"{operation_id}: {order.filled_quantity} filled of {most}",
        )
    if status_before is OrderStatus.REJECTED:
        open_break(
            turn,
            f"fill-after-reject-{operation_id}",
            BreakKind.FILL_AFTER_REJECT,
            report.account,
            report.instrument,
            f"{operation_id}: trade {report.trade_id} came after the order was rejected",
        )
