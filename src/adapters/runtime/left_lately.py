"""When orders left, for as long as their venue may not know them yet."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from ports.values import ClientOrderId


class LeftLately:
    """Remembers each order for `lag_ns` after it left: until then "not found" proves nothing. Zero remembers none."""

    def __init__(self, clock: Callable[[], int], lag_ns: Callable[[], int]) -> None:
        self._clock = clock
        self._lag_ns = lag_ns
        self._left_ns: OrderedDict[ClientOrderId, int] = OrderedDict()

    def note(self, client_order_id: ClientOrderId) -> None:
        """An order leaves now, or may just have left."""
        lag_ns = self._lag_ns()
        if not lag_ns:
            return
        now_ns = self._clock()
        while self._left_ns and next(iter(self._left_ns.values())) + lag_ns <= now_ns:
            self._left_ns.popitem(last=False)
        self._left_ns[client_order_id] = now_ns

    def may_miss(self, client_order_id: ClientOrderId, asked_ns: int) -> bool:
        """Say whether a question asked then may have come before the venue knew the order."""
        left_ns = self._left_ns.get(client_order_id)
        return left_ns is not None and asked_ns < left_ns + self._lag_ns()
