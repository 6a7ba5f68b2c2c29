"""Positions that a flatten closes and whose closing orders come to nothing: how often in a row, and since when."""

from __future__ import annotations

from core.orders.order import Order
from core.positions.ledger import PositionKey
from ports.values import SYSTEM, AccountId


class Closings:
    """Closing orders that ended without a trade, in a row, by position; made from facts."""

    def __init__(self) -> None:
        self._failed: dict[PositionKey, tuple[int, int]] = {}  # how often, and when last

    def ended(self, order: Order, now_ns: int) -> None:
        """An order ended: it counts where it was our own, to close, and nothing of it had traded."""
        terms = order.terms
        if order.principal == SYSTEM and not order.filled_quantity and terms.account is not None:
            key = (terms.account, terms.strategy_id, order.instrument)
            self._failed[key] = (self.times(key) + 1, now_ns)

    def moved(self, key: PositionKey) -> None:
        """The position traded, or somebody adjusted it: what was refused before says nothing any more."""
        if self._failed:
            self._failed.pop(key, None)

    def came_up(self, account: AccountId) -> None:
        """A session of an account came up: its venue may think otherwise now."""
        for key in [one for one in self._failed if one[0] == account]:
            del self._failed[key]

    def times(self, key: PositionKey) -> int:
        """Return how many closing orders in a row came to nothing."""
        return self._failed.get(key, (0, 0))[0]

    def last_ns(self, key: PositionKey) -> int:
        """Return when the last of them ended; 0 where none did."""
        return self._failed.get(key, (0, 0))[1]

    def canonical(self) -> tuple[object, ...]:
        """Return all of it in one fixed shape."""
        return tuple([(*key, *told) for key, told in sorted(self._failed.items())])
