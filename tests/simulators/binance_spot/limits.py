"""How often one may ask: weights by the minute, orders by ten seconds and by the day."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.binance_futures import errors
from simulators.binance_futures.security import Limits

_TEN_SECONDS_MS = 10_000


@dataclass(slots=True)
class SpotLimits(Limits):
    """The limits of spot. Orders are counted by the account's day, which is as long as the process lives."""

    weight_1m: int = 6_000
    orders_10s: int = 100
    orders_1d: int = 200_000
    _today: int = 0

    def use_order(self, now_ms: int) -> None:
        while self._orders and self._orders[0] <= now_ms - _TEN_SECONDS_MS:
            self._orders.popleft()
        if len(self._orders) >= self.orders_10s:
            raise errors.VenueError(errors.too_many_orders(self.orders_10s, "TEN_SECONDS"))
        if self._today >= self.orders_1d:
            raise errors.VenueError(errors.too_many_orders(self.orders_1d, "DAY"))
        self._orders.append(now_ms)
        self._today += 1

    def headers(self, now_ms: int) -> dict[str, str]:
        return {
            "X-MBX-USED-WEIGHT": str(self.used_weight),
            "X-MBX-USED-WEIGHT-1M": str(self.used_weight),
            "X-MBX-ORDER-COUNT-10S": str(self.orders_in(_TEN_SECONDS_MS, now_ms)),
            "X-MBX-ORDER-COUNT-1D": str(self._today),
        }
