"""When the next child may follow one that failed: later each time, and not for ever."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from core.algos.situation import SECOND_NS, Situation
from ports.algorithms import Child
from ports.values import OrderStatus

MOST_FAILURES: Final = 10  # in a row: then something is wrong that time does not mend
_FIRST_PAUSE_NS: Final = SECOND_NS
_LONGEST_PAUSE_NS: Final = 60 * SECOND_NS


def failures(situation: Situation) -> int:
    """Return how many of the newest children ended one after another without a trade and without our asking.

    Children of one step count once. One that is open says nothing yet: else two that fail in turn, each while the
    other is open, would follow one another for ever.
    """
    count, batch = 0, 0
    for child in _ended_newest_first(situation):
        if not has_failed(child):
            break
        if child.order.batch != batch:
            count, batch = count + 1, child.order.batch
    return count


def _ended_newest_first(situation: Situation) -> Iterator[Child]:
    return (child for child in reversed(situation.progress.children) if child.status.is_terminal)


def has_failed(child: Child) -> bool:
    """Say whether risk or the venue ended a child that had not traded: refused, rejected, expired, canceled there."""
    return child.status.is_terminal and not child.filled and child.cancel_asked_ns is None


def not_before_ns(situation: Situation) -> int:
    """Return the earliest time of the next child; a time that is past where nothing failed."""
    newest = next(_ended_newest_first(situation), None)
    if newest is None:
        return situation.parent.start_ns
    count = failures(situation)
    if count:
        return newest.placed_ns + min(_FIRST_PAUSE_NS << (count - 1), _LONGEST_PAUSE_NS)
    together = takewhile(lambda child: child.placed_ns >= newest.placed_ns, reversed(situation.progress.children))
    if any(_found_too_little(child) for child in together):
        return newest.placed_ns + _FIRST_PAUSE_NS  # the book was thinner than the children: let it fill up again
    return newest.placed_ns


def _found_too_little(child: Child) -> bool:
    """Say whether a child ended by itself before all of it had traded."""
    return child.status.is_terminal and child.status is not OrderStatus.FILLED and child.cancel_asked_ns is None
