"""A child leaves its parent: never one beyond what the parent has left, whoever wants it."""

from __future__ import annotations

from typing import Final

from core.orders.order import Order
from core.parents.terms import left_of
from core.reconciliation.patience import Patience
from core.releasing import Refusal
from core.submitting import record
from core.turn import Turn
from ports.commands import OrderTerms, SubmitOrder
from ports.facts import ParentNoted
from ports.values import OperationId, plain

GIVEN_UP: Final = ("BEYOND_REMAINDER", "OPERATION_TAKEN", "INVALID_CHILD")  # what is wanted of a parent cannot be


def child_id(parent: Order, number: int) -> OperationId:
    """Return the operation id of a parent's child by its number."""
    return OperationId(f"{parent.terms.operation_id}.{number}")


def place(turn: Turn, parent: Order, terms: OrderTerms, patience: Patience) -> Refusal | None:
    """Place the next child of a parent, and say why where it cannot be."""
    left, number = left_of(parent), len(parent.children) + 1
    if terms.operation_id != child_id(parent, number) or terms.quantity > left:
        wanted = f"{terms.operation_id} of {plain(terms.quantity)}"
        return "BEYOND_REMAINDER", f"{wanted} is not to be: {number} is next, and {plain(left)} are left"
    oms = turn.book.oms
    if oms.get(terms.operation_id) is not None or oms.departed.has_taken(terms.operation_id):
        return "OPERATION_TAKEN", f"its child cannot be named {terms.operation_id}: another order is"
    wrong = record(turn, SubmitOrder(terms=terms, principal=parent.principal, received_ns=turn.now_ns), patience)
    if wrong is None:
        return None
    return "INVALID_CHILD", f"{terms.operation_id}: {wrong.field} {wrong.value}: {wrong.remedy}"


def note(turn: Turn, parent: Order, code: str, text: str) -> None:
    """Say once that a parent is not worked as one would expect."""
    if code not in parent.notices:
        turn.fact(ParentNoted(operation_id=parent.terms.operation_id, code=code, text=text, noted_ns=turn.now_ns))
