"""Keeping to what a venue allows: so many orders in a time, and nothing at all where it said that it was too much."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum, auto

from adapters.nautilus.pace import Count, NoTurnError, Pace, Rest
from ports.errors import VenueUnavailableError
from ports.venue_pulse import Budget


class Lane(Enum):
    """What a request is for; each has a local rate limit of its own, so that none uses up another's."""

    ORDERS = auto()
    QUESTIONS = auto()
    CANCELS = auto()


class TurnedAwayError(ValueError):
    """A request was not transmitted: the venue wants to be left alone."""


class RestingError(VenueUnavailableError):
    """The venue was not asked, because it wants to be left alone. It may be quite well."""


class VenueRest:
    """What may be sent to a venue, by lane, and when. It outlives connections: a new one gives no new right.

    `paces` are those of its limits that count new orders; `weight` is what it counts of everything that is asked.
    """

    def __init__(self, *paces: Pace, weight: Count) -> None:
        self._paces = paces
        self._weight = weight
        self._rests = {lane: Rest() for lane in Lane}

    async def order_turn(self, within_s: float) -> None:
        """Wait for a new order's turn.

        Raises:
            TurnedAwayError: it did not come in time; nothing was transmitted.
        """
        self.check(Lane.ORDERS)
        crowded = [pace for pace in self._paces if not pace.took_turn()]
        if not crowded:
            return
        try:
            async with asyncio.timeout(within_s):
                for pace in crowded:
                    await pace.turn(within_s=within_s)
        except (NoTurnError, TimeoutError):
            raise TurnedAwayError(
                f"the venue's limit of orders left no room for {within_s} s; nothing was sent"
            ) from None

    def begin(self, lanes: tuple[Lane, ...], for_s: float) -> None:
        """Keep lanes closed from now on for so long; never shorten what was said before."""
        for lane in lanes:
            self._rests[lane].begin(for_s)

    def orders_left(self) -> int:
        """Return how many new orders could go at once."""
        return 0 if self._rests[Lane.ORDERS].left_s() else min(pace.left() for pace in self._paces)

    def weighed(self, used: int) -> None:
        """Note what the venue says that everything asked of late weighs."""
        self._weight.said(used)

    def budgets(self) -> Sequence[Budget]:
        """Return what is left of each limit of new orders as counted here, and of weight as the venue counts it."""
        return [*(pace.budget() for pace in self._paces), self._weight.budget()]

    def check(self, lane: Lane) -> None:
        """Let a request pass.

        Raises:
            TurnedAwayError: its lane is closed; nothing was transmitted.
        """
        left_s = self._rests[lane].left_s()
        if left_s > 0:
            raise TurnedAwayError(f"the venue asked to be left alone, for another {left_s:.1f} s; nothing was sent")
