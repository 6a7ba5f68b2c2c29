"""Which orders were released in the last minute, by what they say: to know the same one again."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Final, NamedTuple

from core.orders.order import Order
from ports.instruments import InstrumentKey
from ports.values import Side, StrategyId

KEPT_NS: Final = 60 * 1_000_000_000  # the longest window that anybody may ask about


class Said(NamedTuple):
    """What makes two orders the same; a price of None is a market order's."""

    strategy_id: StrategyId
    instrument: InstrumentKey
    side: Side
    quantity: Decimal
    price: Decimal | None


def said_by(order: Order) -> Said:
    """Return what an order that was routed says."""
    terms = order.terms
    return Said(terms.strategy_id, order.instrument, terms.side, terms.quantity, terms.price)


class RecentOrders:
    """When each order of the last minute was released last; kept while limits ask about it."""

    def __init__(self) -> None:
        self.is_kept = False
        self._last: dict[Said, int] = {}
        self._order: deque[tuple[int, Said]] = deque()

    def keep(self, *, wanted: bool) -> None:
        """Begin to remember, or stop and forget."""
        self.is_kept = wanted
        if not wanted:
            self._last.clear()
            self._order.clear()

    def released(self, said: Said, now_ns: int) -> None:
        """Remember an order; forgets those older than a minute."""
        while self._order and self._order[0][0] <= now_ns - KEPT_NS:
            released_ns, old = self._order.popleft()
            if self._last.get(old) == released_ns:
                del self._last[old]
        self._last[said] = now_ns
        self._order.append((now_ns, said))

    def unsent(self, said: Said) -> None:
        """Forget an order that is proven never to have left: its next send repeats nothing."""
        self._last.pop(said, None)

    def last_ns(self, said: Said) -> int | None:
        """Return when the same order was released last; None means not in the last minute."""
        return self._last.get(said)
