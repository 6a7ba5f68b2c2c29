"""Which orders were let go in the last minute, by what they say: to know the same one again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from core.orders.oms import Oms
from core.orders.order import Order
from ports.facts import Fact, OrderReleased, OrderUnsent, ParentStarted
from ports.instruments import InstrumentKey
from ports.values import OperationId, Side, StrategyId

KEPT_NS: Final = 60 * 1_000_000_000  # the longest window that anybody may ask about


class Said(NamedTuple):
    """What makes two orders the same: the instrument as asked for, or where it went; a market order has no price."""

    strategy_id: StrategyId
    instrument: InstrumentKey
    side: Side
    quantity: Decimal
    price: Decimal | None


class RecentOrders:
    """When each order of the last minute was let go last: released, or begun to be worked by others of its own.

    Kept while limits ask about it. Of children nothing is: they say the same on purpose.
    """

    def __init__(self, oms: Oms) -> None:
        self._oms = oms
        self.is_kept = False
        self._last: dict[Said, int] = {}
        self._order: deque[tuple[int, Said]] = deque()

    def keep(self, *, wanted: bool) -> None:
        """Begin to remember, or stop and forget."""
        self.is_kept = wanted
        if not wanted:
            self._last.clear()
            self._order.clear()

    def appliers(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes each kind of fact, after the orders have."""
        return {
            OrderReleased: lambda fact: self._let_go(fact.operation_id, fact.released_ns),
            ParentStarted: lambda fact: self._let_go(fact.operation_id, fact.started_ns),
            OrderUnsent: self._unsent,
        }

    def let_go(self, said: Said, now_ns: int) -> None:
        """Remember an order; forgets those older than a minute."""
        while self._order and self._order[0][0] <= now_ns - KEPT_NS:
            released_ns, old = self._order.popleft()
            if self._last.get(old) == released_ns:
                del self._last[old]
        self._last[said] = now_ns
        self._order.append((now_ns, said))

    def last_ns(self, said: Said) -> int | None:
        """Return when the same order was released last; None means not in the last minute."""
        return self._last.get(said)

    def _let_go(self, operation_id: OperationId, now_ns: int) -> None:
        order = self._oms.recorded(operation_id)
        if self.is_kept and order.parent is None:
            for said in _said_by(order):
                self.let_go(said, now_ns)

    def _unsent(self, fact: OrderUnsent) -> None:
        """Forget an order that is proven never to have left: its next send repeats nothing."""
        for said in _said_by(self._oms.recorded(fact.operation_id)):
            self._last.pop(said, None)


def _said_by(order: Order) -> set[Said]:
    terms = order.terms
    return {
        Said(terms.strategy_id, instrument, terms.side, terms.quantity, terms.price)
        for instrument in (terms.instrument, order.instrument)
    }
