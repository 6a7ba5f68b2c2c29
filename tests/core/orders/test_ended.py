"""Who leaves memory: the oldest of those that nothing needs, some together, children with their parents."""

from __future__ import annotations

import pytest

from core.orders.ended import Ended, at_once, part
from core.orders.order import Order
from ports.values import OperationId, OrderId

from fakes.sayings import TRADER, submit


def order(name: str, *children: Order) -> Order:
    made = Order(submit(name, buy="1").terms, OrderId(name), "", TRADER, 1)
    made.children.extend(children)
    for child in children:
        child.parent = made
    return made


def ended(*orders: Order) -> Ended:
    held = Ended()
    for one in orders:
        held.add(one)
    return held


def of_nobody(_: Order) -> bool:
    return False


@pytest.mark.parametrize(("keep", "together"), [(1, 1), (79, 1), (80, 2), (400, 10)])
def test_a_fortieth_leaves_at_a_time(keep: int, together: int) -> None:
    assert at_once(keep) == together


def test_none_leaves_before_as_many_are_too_many_as_leave_together() -> None:
    held = ended(*(order(f"op-{number}") for number in range(81)))
    assert held.who_may_leave(80, of_nobody) == []
    held.add(order("op-81"))
    assert held.who_may_leave(80, of_nobody) == ["op-0", "op-1"]
    held.add(order("op-82"))
    assert held.who_may_leave(80, of_nobody) == ["op-0", "op-1"]


def test_one_that_is_needed_stays_and_the_next_leaves_instead() -> None:
    held = ended(*(order(f"op-{number}") for number in range(4)))
    assert held.who_may_leave(1, lambda one: one.terms.operation_id == "op-0") == ["op-1"]


def test_a_parent_counts_with_its_children_and_once_however_often_it_is_told() -> None:
    parent = order("big", order("big.1"), order("big.2"))
    held = ended(order("op-0"), parent, parent)
    assert held.who_may_leave(4, of_nobody) == []
    assert held.who_may_leave(3, of_nobody) == ["op-0"]
    assert held.pop(OperationId("big")) is parent
    assert held.who_may_leave(1, of_nobody) == []
    assert held.who_may_leave(0, of_nobody) == ["op-0"]
    assert held.pop(OperationId("big")) is None


def test_a_family_that_left_lets_go_of_itself() -> None:
    child = order("big.1")
    parent = order("big", child)
    part(parent)
    assert (child.parent, parent.children) == (None, [])
