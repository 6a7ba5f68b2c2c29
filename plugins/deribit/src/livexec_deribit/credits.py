"""Deribit's rate limits, kept on this side, so that the venue never has to say `too_many_requests`: it hangs up then.

Requests to the matching engine have a pool of their own, counted in requests; everything else costs 500 of 50,000
credits, of which 10,000 come back each second; subscribing and listing instruments have pools of their own, too
(https://docs.deribit.com/articles/rate-limits). Pools belong to the account, so they outlive a connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ports.venue_pulse import Budget

_MARGIN: Final = 0.8  # of what the venue allows: requests bunch on the way, and its clock is not ours
_RESERVED: Final = 0.25  # of the matching pool: for cancels alone
MATCHING: Final = frozenset({"private/buy", "private/sell", "private/edit", "private/edit_by_label"})
CANCELS: Final = frozenset(
    {"private/cancel_by_label", "private/cancel_all_by_instrument", "private/cancel_all_by_currency"}
)
_UNCOUNTED_WAIT_S: Final = 0.001


class ThrottledError(Exception):
    """No credit came free in time; nothing was sent."""


class Pool:
    """A leaking bucket: `capacity` at most, `refill` a second; begins half full, for who knows what was used before."""

    def __init__(self, capacity: float, refill: float, clock: Callable[[], float]) -> None:
        self._capacity = capacity * _MARGIN
        self._refill = refill * _MARGIN
        self._clock = clock
        self._level = self._capacity / 2
        self._at = clock()
        self._turns = {True: asyncio.Lock(), False: asyncio.Lock()}

    def budget(self, name: str) -> Budget:
        """Return what is left."""
        return Budget(name=name, left=self._update(), most=self._capacity, refill_a_second=self._refill)

    def resize(self, capacity: float, refill: float) -> None:
        """Keep other limits from now on, as the venue states them."""
        self._update()
        self._capacity, self._refill = capacity * _MARGIN, refill * _MARGIN
        self._level = min(self._level, self._capacity)

    async def take(self, cost: float, *, within_s: float, may_use_reserve: bool = True) -> None:
        """Wait until `cost` is there, in turn, and take it; without `may_use_reserve` a quarter stays untouched.

        Raises:
            ThrottledError: it would have taken longer than `within_s`.
        """
        keep = 0.0 if may_use_reserve else self._capacity * _RESERVED
        try:
            async with asyncio.timeout(within_s), self._turns[may_use_reserve]:
                while (missing := cost + keep - self._update()) > 0:  # noqa: ASYNC110 - credit comes with time alone
                    await asyncio.sleep(max(missing / self._refill, _UNCOUNTED_WAIT_S))
                self._level -= cost
        except TimeoutError:
            raise ThrottledError(f"the rate limit left no room for it within {within_s} s") from None

    def _update(self) -> float:
        now = self._clock()
        self._level = min(self._capacity, self._level + (now - self._at) * self._refill)
        self._at = now
        return self._level


class Credits:
    """All pools of one account."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.matching = Pool(20, 5, clock)  # of an account without volume; the venue states its own
        self.general = Pool(50_000, 10_000, clock)
        self.subscriptions = Pool(30_000, 10_000, clock)
        self.listings = Pool(50_000, 10_000, clock)

    def budgets(self) -> tuple[Budget, ...]:
        """Return what is left of every pool."""
        pools = {"matching": self.matching, "general": self.general, "subscriptions": self.subscriptions}
        return tuple(pool.budget(name) for name, pool in pools.items())

    async def take(self, method: str, within_s: float) -> None:
        """Wait for the credit that `method` costs.

        Raises:
            ThrottledError: there was none within `within_s`.
        """
        if method in CANCELS:
            await self.matching.take(1, within_s=within_s)
        elif method in MATCHING:
            await self.matching.take(1, within_s=within_s, may_use_reserve=False)
        elif method == "public/get_instruments":
            await self.listings.take(10_000, within_s=within_s)
        elif method.endswith("/subscribe"):
            await self.subscriptions.take(3_000, within_s=within_s)
        else:
            await self.general.take(500, within_s=within_s)
