"""What a parent's children may do together: a part of `never_overfilled`, reckoned from facts alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from ports.facts import (
    Fact,
    HeldOrderAmended,
    OrderAmended,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    OrderUnsent,
    ParentProgressed,
    status_after,
)
from ports.values import OperationId


@dataclass(slots=True)
class _One:
    """One order: its children where it is a parent, what it may still trade where it is a child."""

    quantity: Fraction
    parent: OperationId | None
    filled: Fraction = Fraction(0)
    is_open: bool = False
    children: list[_One] = field(default_factory=list)

    @property
    def committed(self) -> Fraction:
        """What it has traded and may trade."""
        return max(self.quantity, self.filled) if self.is_open else self.filled


class Families:
    """Every parent and its children, as far as a journal has been read."""

    def __init__(self, broken: Collection[str]) -> None:
        self._orders: dict[OperationId, _One] = {}
        self._broken = broken  # operation ids of which a break says that they were overfilled

    def take(self, fact: Fact) -> Iterator[str]:
        """Take in the next fact, and yield what it breaks: a child too many, or trades beyond the parent."""
        if isinstance(fact, OrderRecorded):
            self._record(fact)
            return
        operation_id = getattr(fact, "operation_id", None)
        order = None if operation_id is None else self._orders.get(operation_id)
        if order is None or operation_id is None:
            return
        self._move(order, fact)
        if isinstance(fact, ParentProgressed):
            filled = sum([child.filled for child in order.children], Fraction(0))
            if Fraction(fact.filled_quantity) != filled:
                yield f"{operation_id} says {fact.filled_quantity} filled; its children's trades say {filled}"
        family = None if order.parent is None else self._orders[order.parent]
        if family is not None and order.parent is not None:
            yield from self._judge(fact, order.parent, family, operation_id)

    def _record(self, fact: OrderRecorded) -> None:
        order = _One(Fraction(fact.terms.quantity), fact.terms.parent_operation_id)
        self._orders[fact.operation_id] = order
        if order.parent in self._orders:
            self._orders[order.parent].children.append(order)
        else:
            order.parent = None  # `one_order_per_operation` looks at who is recorded

    def _move(self, order: _One, fact: Fact) -> None:
        match fact:
            case OrderReleased():
                order.is_open = True
                order.quantity = order.quantity if fact.quantity is None else Fraction(fact.quantity)
            case OrderUnsent():
                order.is_open, order.quantity = False, Fraction(fact.quantity)
            case OrderAmended() | HeldOrderAmended():
                order.quantity = Fraction(fact.quantity)
            case OrderFilled():
                order.filled += Fraction(fact.quantity)
            case _:
                pass
        status = status_after(fact)
        if status is not None and status.is_terminal:
            order.is_open = False

    def _judge(self, fact: Fact, parent: OperationId, family: _One, child: OperationId) -> Iterator[str]:
        if isinstance(fact, OrderReleased):
            committed = sum([one.committed for one in family.children], Fraction(0))
            if committed > family.quantity:
                yield f"{child} was released although {committed} of {parent} is out or filled of {family.quantity}"
        if isinstance(fact, OrderFilled):
            filled = sum([one.filled for one in family.children], Fraction(0))
            if filled > family.quantity and not {parent, child} & set(self._broken):
                yield f"{parent}: its children traded {filled} of {family.quantity}, and no break open"
