"""What a venue's word makes of an order: its state, its trades, and its silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.amending import refuse_amend, take_amended
from core.cancelling import ask_to_cancel
from core.orders.order import Order
from core.reconciliation.accounts import AccountState, AccountStatus
from core.reconciliation.patience import MOST_UNSENT, TIMES_UNSEEN_IS_EVIDENCE, Patience, Watch, look_at
from core.reconciliation.steps import ask, await_word, open_break, ready_if_answered, waited_for_since
from core.reconciliation.trades import book_trade
from core.risk.engine import refusal
from core.risk.funds import lacking
from core.turn import Turn
from core.unwanted import must_go
from ports.facts import (
    BreakKind,
    CancelWasRefused,
    FoundBy,
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderUnconfirmed,
    OrderUnseen,
    OrderUnsent,
    RiskDecided,
)
from ports.records import maker
from ports.reports import (
    CancelRefused,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    VenueMargin,
    VenueOrderStatus,
)
from ports.values import ZERO, DecisionId, OperationId, OrderStatus

_new_order_acknowledged: Final = maker(OrderAcknowledged)

_AWAITED: Final = frozenset(
    {OrderStatus.SUBMITTED, OrderStatus.UNCONFIRMED, OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_AMEND}
)

# What an order is worked with, or was when it had traded whole: of one that was amended to less, nothing else ends it.
_SHOWS_AMEND: Final = frozenset({VenueOrderStatus.ACCEPTED, VenueOrderStatus.FILLED})


def status(turn: Turn, report: OrderStatusReport, patience: Patience) -> None:
    """Believe what the venue says of an order, as far as its trades are known."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is None:
        open_break(
            turn,
            f"order-{report.account}-{report.client_order_id}",
            BreakKind.UNATTRIBUTED_ORDER,
            report.account,
            report.instrument,
            f"the venue reports {report.client_order_id} as {report.status}; no order of ours has that id",
        )
        return
    if not order.is_open:
        return  # a late or repeated word on a settled order; trades come as fills
    if report.status is VenueOrderStatus.ACCEPTED:
        _acknowledge(turn, order, report)
    elif report.status is not VenueOrderStatus.FILLED:  # a filled order ends by its trades
        _end(turn, order, report, patience)
    elif order.status is OrderStatus.SUBMITTED:
        _acknowledge(turn, order, report)
    ready_if_answered(turn, order.account)


def evidence(turn: Turn, message: OrderEvidence, patience: Patience) -> None:
    """Take the answer to a direct question: the trades first, then the state."""
    for report in message.fills:
        book_trade(turn, report, FoundBy.QUESTION)
    order = turn.book.oms.by_client(message.status.client_order_id)
    if order is not None and order.is_open:
        _settle_amend(turn, order, message, patience)
    status(turn, _with_its_trades(message), patience)
    if order is not None and order.is_open and order.cancel_requested:
        ask_to_cancel(turn, order)  # it still works: the cancel did not arrive, or may not have


def not_sent(turn: Turn, report: OrderNotSent, patience: Patience) -> None:
    """Nothing left us: one that waited with us waits again and is tried again, any other ends as never sent."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is None or not order.is_open or order.acknowledged:
        return
    if report.margin is not None:
        _lacks_margin(turn, order, report.margin)
        return
    operation_id, times = order.terms.operation_id, order.times_unsent + 1
    if order.triggered is None or order.cancel_requested or times >= MOST_UNSENT:
        said = report.reason if times == 1 else f"{report.reason}; it was tried {times} times"
        turn.fact(OrderRejected(operation_id=operation_id, code="NOT_SENT", reason=said, learnt_ns=turn.now_ns))
    else:
        again_ns = patience.try_again_ns(times, turn.now_ns)
        turn.fact(
            OrderUnsent(
                operation_id=operation_id,
                reason=f"its time has come; it could not be sent, and is tried again: {report.reason}",
                times=times,
                quantity=order.wanted,
                try_again_ns=again_ns,
                learnt_ns=turn.now_ns,
            )
        )
        turn.request(look_at(operation_id, again_ns))
    ready_if_answered(turn, order.account)


def _lacks_margin(turn: Turn, order: Order, margin: VenueMargin) -> None:
    """Its venue's word is the rule's: the order is refused as by any other, and no pause would help it."""
    operation_id, verdict = order.terms.operation_id, lacking(margin)
    decision = RiskDecided(
        operation_id=operation_id,
        decision_id=DecisionId(f"{order.decision_id}-margin"),
        allowed=False,
        verdicts=(verdict,),
        price=order.valued_at,
        notional_usd=None,
    )
    code, reason = refusal((verdict,)) or ("", "")
    turn.fact(decision, OrderRejected(operation_id=operation_id, code=code, reason=reason, learnt_ns=turn.now_ns))
    ready_if_answered(turn, order.account)


def outcome_unknown(turn: Turn, report: OrderOutcomeUnknown, patience: Patience) -> None:
    """The order may be there: say so, and ask."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is not None and order.is_open:
        _doubt(turn, order, report.reason, patience)


def cancel_refused(turn: Turn, report: CancelRefused) -> None:
    """The order works on until the venue says otherwise; it is asked what became of it.

    Of one that must not work on nothing is taken back, nor of a cancel that may have come to the venue before its
    order, in whose refusal the venue knew nothing of what it held a moment later: its watch asks, and cancels again
    where it works still, at the pace of a watch, because a venue that is too busy to cancel must not be stormed.
    """
    order = turn.book.oms.by_client(report.client_order_id)
    if order is None or not order.is_open or not order.cancel_requested:
        return
    if not order.acknowledged:  # it came before its order: nobody forgets it, and the order is asked about
        ask(turn, order)
        return
    if order.cancel_may_outrun or must_go(turn, order):
        return
    status_now = order.status
    if order.amending is not None and status_now is not OrderStatus.UNCONFIRMED:
        status_now = OrderStatus.PENDING_AMEND
    elif status_now is not OrderStatus.UNCONFIRMED:
        status_now = OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.ACCEPTED
    turn.fact(
        CancelWasRefused(
            operation_id=order.terms.operation_id, status=status_now, reason=report.reason, learnt_ns=turn.now_ns
        )
    )
    ask(turn, order)


def look_again(turn: Turn, token: Watch | OperationId, patience: Patience) -> None:
    """Patience has run out: an order that its venue has not spoken of is in doubt, and is asked about."""
    order = turn.book.oms.get(token.operation_id if isinstance(token, Watch) else token)
    if order is None or not order.is_open or order.account is None:
        return
    if not isinstance(token, Watch):
        ask(turn, order)
        return
    account = turn.book.accounts.get(order.account)
    lost = account is None or account.status is AccountStatus.LOST  # a new chain begins when it is back
    if lost or token.since_ns != waited_for_since(turn, order) or not _is_awaited(order, account):
        return
    if order.status is OrderStatus.SUBMITTED:
        _doubt(turn, order, f"no answer within {patience.answer_ns // 1_000_000} ms", patience)
        return
    ask(turn, order)
    turn.request(patience.watch(replace(token, attempt=token.attempt + 1), turn.now_ns))


def not_found(turn: Turn, report: OrderNotFound, patience: Patience) -> None:
    """The venue knows no such order. Twice, late enough and apart, is evidence; once, or told twice, is not."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is None or not order.is_open:
        return
    operation_id = order.terms.operation_id
    released_ns = max(order.released().released_ns, turn.book.led_since_ns)
    counts_from_ns = patience.counts_from_ns(released_ns, order.unseen_asked_ns)
    if report.asked_ns < counts_from_ns:
        turn.request(patience.ask_again(operation_id, turn.now_ns, counts_from_ns))
        return
    turn.fact(OrderUnseen(operation_id=operation_id, asked_ns=report.asked_ns, learnt_ns=turn.now_ns))
    if order.times_unseen < TIMES_UNSEEN_IS_EVIDENCE:
        turn.request(patience.ask_again(operation_id, turn.now_ns))
        return
    if order.acknowledged:
        _gone(turn, order)
    else:
        turn.fact(
            OrderRejected(
                operation_id=operation_id,
                code="NEVER_REACHED_VENUE",
                reason=f"the venue answered {order.times_unseen} times that it knows no such order",
                learnt_ns=turn.now_ns,
            )
        )
    ready_if_answered(turn, order.account)


def _with_its_trades(message: OrderEvidence) -> OrderStatusReport:
    """Return the state of a direct answer, which carries all trades: how much was filled is told by them, at least."""
    if message.status.filled_quantity is not None:
        return message.status
    return replace(message.status, filled_quantity=sum([fill.quantity for fill in message.fills], ZERO))


def _settle_amend(turn: Turn, order: Order, message: OrderEvidence, patience: Patience) -> None:
    """Believe a direct answer about what an order is worked with, where it says so and was asked after the amend.

    Of an amend that left after the question the answer knows nothing, whether it is answered meanwhile (then it would
    take it back here alone) or not (then its watch asks again). That it works as it was proves nothing either while
    the amend may still be on its way: the larger quantity would be set free, and traded all the same.
    """
    report = message.status
    if order.amended_ns is not None and message.asked_ns <= order.amended_ns:
        return
    if report.status not in _SHOWS_AMEND or report.quantity is None or report.price is None:
        return
    if (report.quantity, report.price) != (order.quantity, order.price):
        take_amended(turn, order, report.quantity, report.price)
    elif order.amending is not None and message.asked_ns >= order.amending.requested_ns + patience.not_found_lag_ns:
        refuse_amend(turn, order, "asked directly, the venue works it as it was")


def _acknowledge(turn: Turn, order: Order, report: OrderStatusReport) -> None:
    account = turn.book.accounts.get(report.account)
    awaited = account is not None and order.terms.operation_id in account.unanswered
    news = report.venue_order_id is not None and report.venue_order_id != order.venue_order_id
    if not order.acknowledged or order.status is OrderStatus.UNCONFIRMED or awaited or news:
        turn.fact(
            _new_order_acknowledged(
                operation_id=order.terms.operation_id,
                status=order.working_status,
                venue_order_id=report.venue_order_id,
                venue_time_ns=report.venue_time_ns,
                learnt_ns=turn.now_ns,
            )
        )


def _end(turn: Turn, order: Order, report: OrderStatusReport, patience: Patience) -> None:
    operation_id = order.terms.operation_id
    never_worked = report.status is VenueOrderStatus.REJECTED and not order.acknowledged
    if report.filled_quantity is None and not never_worked:
        if order.status is not OrderStatus.UNCONFIRMED:
            _doubt(turn, order, f"the venue says {report.status}, and not how much was filled", patience)
        return
    if report.filled_quantity is not None and report.filled_quantity > order.filled_quantity:
        # It ended with trades that we have not seen: until they come, nothing of it is settled.
        if order.status is not OrderStatus.UNCONFIRMED:
            said = f"the venue says {report.status} with {report.filled_quantity} filled; trades are missing"
            _doubt(turn, order, said, patience)
        return
    match report.status:
        case VenueOrderStatus.REJECTED if not order.filled_quantity:  # of one that traded, the rest is taken back
            turn.fact(
                OrderRejected(
                    operation_id=operation_id, code="VENUE_REJECTED", reason=report.reason, learnt_ns=turn.now_ns
                )
            )
        case _ if report.status is VenueOrderStatus.EXPIRED or order.expiring:
            turn.fact(
                OrderExpired(
                    operation_id=operation_id,
                    reason=report.reason,
                    venue_time_ns=report.venue_time_ns,
                    learnt_ns=turn.now_ns,
                )
            )
        case _:
            turn.fact(
                OrderCanceled(
                    operation_id=operation_id,
                    reason=report.reason,
                    venue_time_ns=report.venue_time_ns,
                    learnt_ns=turn.now_ns,
                )
            )


def _gone(turn: Turn, order: Order) -> None:
    reason = f"the venue had acknowledged it, and answered {order.times_unseen} times that it knows no such order"
    turn.fact(
        OrderCanceled(operation_id=order.terms.operation_id, reason=reason, venue_time_ns=0, learnt_ns=turn.now_ns)
    )
    open_break(
        turn,
        f"gone-{order.terms.operation_id}",
        BreakKind.GONE_FROM_VENUE,
        order.account,
        order.instrument,
        f"{order.terms.operation_id}: {reason}; trades of it may be missing",
    )


def _doubt(turn: Turn, order: Order, reason: str, patience: Patience) -> None:
    if order.status is not OrderStatus.UNCONFIRMED:
        doubt = OrderUnconfirmed(operation_id=order.terms.operation_id, reason=reason, since_ns=turn.now_ns)
        await_word(turn, order, doubt, patience)
    ask(turn, order)


def _is_awaited(order: Order, account: AccountState | None) -> bool:
    if account is not None and order.terms.operation_id in account.unanswered:
        return True  # its account is not ready before the venue has spoken of it
    return order.status in _AWAITED
