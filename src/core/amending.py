"""From an amend to its request, and what a venue's word makes of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from core.holding import consider
from core.judging import clear_the_way, decide, proposed_amend
from core.orders.order import Order
from core.orders.validation import check_against
from core.reconciliation.patience import Patience
from core.reconciliation.steps import ask, await_word, ready_if_answered
from core.releasing import Refusal, check_reduces, listing_of
from core.risk.engine import refusal
from core.turn import Turn
from ports.commands import AmendOrder, OrderTerms
from ports.facts import AmendRequested, AmendWasRefused, HeldOrderAmended, OrderAmended
from ports.replies import AmendReply, InvalidOrder
from ports.reports import AmendRefused, AmendReport
from ports.requests import SendAmend
from ports.values import OrderStatus, Price, Quantity, plain


def amend(turn: Turn, message: AmendOrder, patience: Patience) -> None:
    """Ask the venue to amend an order that it works, or amend one that we hold; a repeat of the id changes nothing.

    What lowers the quantity alone is never held up by risk; everything else is judged as an order would be. One that
    we hold is judged when it leaves.
    """
    order = turn.book.oms.get(message.operation_id)
    if order is None:
        turn.reply(AmendReply(operation_id=message.operation_id, order=None))
        return
    if (asked := order.amends.get(message.amend_id)) is not None:
        code, reason = _why_no_repeat(order, message, asked) or ("", "")
        turn.reply(AmendReply(operation_id=message.operation_id, order=order.view(), code=code, reason=reason))
        return
    refused = _why_not_a_child(order) or _why_not(turn, order, message)
    if refused is None:
        wanted = _wanted(order, message)
        wrong = _check(turn, order, wanted)
        if wrong is not None:
            turn.reply(wrong)
            return
        if order.is_held or order.is_worked:
            _amend_held(turn, order, message, wanted, patience)
        elif (refused := _judge(turn, order, wanted, patience)) is None:
            _request(turn, order, message, wanted, patience)
    code, reason = refused or ("", "")
    turn.reply(AmendReply(operation_id=message.operation_id, order=order.view(), code=code, reason=reason))


def amended(turn: Turn, report: AmendReport) -> None:
    """The venue works the order anew, whoever asked for it."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is not None and order.is_open:
        take_amended(turn, order, report.quantity, report.price, report)


def take_amended(turn: Turn, order: Order, quantity: Quantity, price: Price, report: AmendReport | None = None) -> None:
    """Take over what an order is worked with from here on."""
    turn.fact(
        OrderAmended(
            operation_id=order.terms.operation_id,
            status=order.status_with(quantity, amending=False),
            quantity=quantity,
            price=price,
            venue_order_id=report.venue_order_id if report is not None else None,
            venue_time_ns=report.venue_time_ns if report is not None else 0,
            learnt_ns=turn.now_ns,
        )
    )
    ready_if_answered(turn, order.account)


def amend_refused(turn: Turn, report: AmendRefused) -> None:
    """The order is as it was; its venue is asked what became of it."""
    order = turn.book.oms.by_client(report.client_order_id)
    if order is not None and order.is_open and order.amending is not None:
        refuse_amend(turn, order, report.reason)
        if order.is_open:
            ask(turn, order)


def refuse_amend(turn: Turn, order: Order, reason: str) -> None:
    """Take back an amend that the venue did not make."""
    turn.fact(
        AmendWasRefused(
            operation_id=order.terms.operation_id,
            status=order.status_with(order.quantity, amending=False),
            reason=reason,
            learnt_ns=turn.now_ns,
        )
    )
    ready_if_answered(turn, order.account)  # where its trades had made it whole, it has ended by this


def _why_no_repeat(order: Order, message: AmendOrder, asked: AmendRequested | HeldOrderAmended) -> Refusal | None:
    """Say why a known amend id is not asked for a second time: to answer as if it were would lose the second wish."""
    wished = (message.quantity, message.price, message.trigger_price)
    if _differs(wished, (asked.quantity, asked.price, getattr(asked, "trigger_price", None))):
        return (
            "AMEND_ID_TAKEN",
            f"{message.amend_id} was an amend to other values; give this one an amend_id of its own",
        )
    now = order if order.amending is None else order.amending
    if message.is_named_by_values and _differs(wished, (now.quantity, now.price, order.trigger_price)):
        return "AMEND_ID_NEEDED", (
            "the same values were asked for before, and it is worked with others now; "
            "to ask for them again give the amend an amend_id"
        )
    return None


def _differs(wished: tuple[Decimal | None, ...], there: tuple[Decimal | None, ...]) -> bool:
    return any(one is not None and one != other for one, other in zip(wished, there, strict=True))


def _why_not_a_child(order: Order) -> Refusal | None:
    """A child is as large as its parent lets it be, and priced by its algorithm."""
    if order.parent is None:
        return None
    return "WORKED_BY_ALGORITHM", f"the algorithm of {order.parent.terms.operation_id} placed it: amend that order"


def _why_not(turn: Turn, order: Order, message: AmendOrder) -> Refusal | None:
    quantity = message.quantity if message.quantity is not None else order.quantity
    if order.is_held or order.is_worked:
        return _why_not_held(order, message)
    if not order.is_open:
        return "ORDER_CLOSED", f"the order is {order.status}"
    if message.trigger_price is not None:
        return "NO_TRIGGER_TO_AMEND", "it works at its venue already; cancel it, and submit another"
    if order.price is None:
        return "NO_PRICE_TO_AMEND", "a market order is not amended; cancel it"
    if order.cancel_requested:
        return "CANCEL_PENDING", "its cancel is under way"
    if order.amending is not None:
        return "AMEND_PENDING", "an earlier amend is not answered yet; repeat this one when it is"
    if not order.acknowledged or order.status is OrderStatus.UNCONFIRMED:
        return "NOT_ACKNOWLEDGED", "its venue has not confirmed it yet; repeat the amend when it has"
    if order.account is None or not turn.book.accounts.is_ready(order.account):
        return "VENUE_UNAVAILABLE", f"not connected or not reconciled: {order.venue}"
    if quantity <= order.filled_quantity:
        return "FILLED_BEYOND", f"{plain(order.filled_quantity)} is filled already; cancel the rest instead"
    return None


def _why_not_held(order: Order, message: AmendOrder) -> Refusal | None:
    if order.cancel_requested:
        return "CANCEL_PENDING", "its cancel is under way"
    if message.quantity is not None and message.quantity <= order.filled_quantity:
        return "FILLED_BEYOND", f"{plain(order.filled_quantity)} is filled already; cancel the rest instead"
    if order.is_split and message.quantity is not None and message.quantity > order.quantity:
        return "SPLIT_ORDER", "it goes to several venues: it is made smaller or repriced; submit another for more"
    if order.triggered is not None:
        return "TRIGGERED", "it leaves as soon as the orders that it replaces are out of the way; cancel it instead"
    if message.price is not None and not order.terms.order_type.has_price:
        return "NO_PRICE_TO_AMEND", f"a {order.terms.order_type} has no limit price"
    if message.trigger_price is not None and order.terms.trigger_price is None:
        return "NO_TRIGGER_TO_AMEND", f"the trigger of a {order.terms.order_type} is not set by hand"
    return None


def _wanted(order: Order, message: AmendOrder) -> OrderTerms:
    return replace(
        order.terms,
        instrument=order.instrument,
        quantity=message.quantity if message.quantity is not None else order.quantity,
        price=message.price if message.price is not None else order.price,
        trigger_price=message.trigger_price if message.trigger_price is not None else order.trigger_price,
    )


def _check(turn: Turn, order: Order, wanted: OrderTerms) -> InvalidOrder | None:
    defined = turn.book.defined(order.account, order.instrument) if order.account is not None else None
    return None if defined is None else check_against(wanted, defined)


def _amend_held(turn: Turn, order: Order, message: AmendOrder, wanted: OrderTerms, patience: Patience) -> None:
    turn.fact(
        HeldOrderAmended(
            operation_id=message.operation_id,
            amend_id=message.amend_id,
            quantity=wanted.quantity,
            price=wanted.price,
            trigger_price=wanted.trigger_price,
            principal=message.principal,
            reason=message.reason,
            amended_ns=turn.now_ns,
        )
    )
    consider(turn, order, patience)


def _judge(turn: Turn, order: Order, wanted: OrderTerms, patience: Patience) -> Refusal | None:
    if wanted.price == order.price and wanted.quantity <= order.quantity:
        return None  # it only shrinks
    refused = check_reduces(turn, wanted, listing_of(turn, order), wanted.quantity - order.quantity)
    if refused is not None:
        return refused
    listing = listing_of(turn, order)
    refused = refusal(decide(turn, proposed_amend(turn, order, wanted, listing)))
    if refused is None:
        clear_the_way(turn, wanted, listing, patience)
    return refused


def _request(turn: Turn, order: Order, message: AmendOrder, wanted: OrderTerms, patience: Patience) -> None:
    released = order.released()
    if wanted.price is None:
        raise LookupError(f"{wanted.operation_id} has no price to amend")
    fact = AmendRequested(
        operation_id=message.operation_id,
        status=OrderStatus.PENDING_AMEND,
        amend_id=message.amend_id,
        quantity=wanted.quantity,
        price=wanted.price,
        principal=message.principal,
        reason=message.reason,
        requested_ns=turn.now_ns,
    )
    await_word(turn, order, fact, patience)
    turn.request(
        SendAmend(
            account=released.account,
            instrument=released.instrument,
            client_order_id=released.client_order_id,
            venue_order_id=order.venue_order_id,
            side=wanted.side,
            quantity=wanted.quantity,
            price=wanted.price,
        )
    )
