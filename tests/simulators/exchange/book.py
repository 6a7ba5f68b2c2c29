"""The orders that rest, by price and then by time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulators.exchange.orders import Order


class Book:
    """Both sides of one contract."""

    def __init__(self) -> None:
        self._sides: dict[bool, list[Order]] = {True: [], False: []}  # best first, oldest first among equals

    def rest(self, order: Order) -> None:
        side = self._sides[order.is_buy]
        at = next((n for n, other in enumerate(side) if _is_better(order, other)), len(side))
        side.insert(at, order)

    def remove(self, order: Order) -> None:
        self._sides[order.is_buy] = [one for one in self._sides[order.is_buy] if one is not order]

    def remove_market(self) -> None:
        """Take back what the market at large has here."""
        for is_buy, side in self._sides.items():
            self._sides[is_buy] = [one for one in side if one.account is not None]

    def crossing(self, order: Order) -> Iterator[Order]:
        """Yield whom `order` would trade with, in turn."""
        for other in list(self._sides[not order.is_buy]):
            if order.price is not None and other.price is not None and not _reaches(order, other.price):
                return
            yield other

    def best(self, is_buy: bool) -> tuple[Decimal, Decimal] | None:
        """Return the best price of a side and the amount there."""
        side = self._sides[is_buy]
        if not side or side[0].price is None:
            return None
        price = side[0].price
        return price, sum((one.visible for one in side if one.price == price), Decimal(0))


def _is_better(order: Order, other: Order) -> bool:
    if order.price is None or other.price is None:
        return False
    return order.price > other.price if order.is_buy else order.price < other.price


def _reaches(order: Order, price: Decimal) -> bool:
    return order.price is None or (order.price >= price if order.is_buy else order.price <= price)
