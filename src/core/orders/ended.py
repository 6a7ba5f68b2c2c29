"""The orders in memory that have ended, and which of them are to leave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from core.orders.order import Order
from ports.values import OperationId

_SHARE: Final = 40  # this part of those that are kept leaves at a time, by one fact


class Ended:
    """Orders that nothing depends on, in the order of their ends; children are counted, and go with their parents."""

    def __init__(self) -> None:
        self._orders: dict[OperationId, Order] = {}
        self._count = 0

    def add(self, order: Order) -> None:
        """It has ended; harmless to repeat."""
        name = order.terms.operation_id
        self._count += 0 if name in self._orders else 1 + len(order.children)
        self._orders[name] = order

    def pop(self, operation_id: OperationId) -> Order | None:
        """Take an order out; None where it is not here."""
        order = self._orders.pop(operation_id, None)
        if order is not None:
            self._count -= 1 + len(order.children)
        return order

    def who_may_leave(self, keep: int, is_needed: Callable[[Order], bool]) -> list[OperationId]:
        """Return the oldest, so that about `keep` stay: none before a good number of them can leave together."""
        beyond, together = self._count - keep, at_once(keep)
        leaving: list[OperationId] = []
        for operation_id, order in self._orders.items() if beyond >= together else ():
            if beyond <= 0 or len(leaving) >= together:
                break
            if not is_needed(order):
                leaving.append(operation_id)
                beyond -= 1 + len(order.children)
        return leaving

    def canonical(self) -> tuple[object, ...]:
        """Return their names in order."""
        return tuple(self._orders)


def at_once(keep: int) -> int:
    """Return how many leave together where `keep` are kept."""
    return max(keep // _SHARE, 1)


def part(order: Order) -> None:
    """Break the ring of a parent and its children, which would keep all of them until all garbage is collected."""
    for child in order.children:
        child.parent = None
    order.children.clear()
