"""What every parent goes through, whatever its algorithm: canceled, paused, amended, refused, complete, at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.algos.manner import AtEnd, Manner
from core.algos.pacing import MOST_FAILURES, failures, not_before_ns
from core.algos.placing import crossing
from core.algos.situation import Situation, cancel_again_ns, may_cancel
from ports.algorithms import Child, Ending, EndReason, Notice, NoticeCode, ParentState, Step
from ports.values import OrderStatus, plain

MOST_TRIES_AT_END: Final = 3


def govern(situation: Situation) -> Step | None:
    """Return the step of a parent that is not to be worked now; None: the algorithm decides."""
    parent, progress = situation.parent, situation.progress
    if progress.filled >= parent.quantity:
        return wind_down(situation, Ending(EndReason.COMPLETE, ""))
    if progress.state is ParentState.CANCELING:
        return wind_down(situation, Ending(EndReason.CANCELED, "canceled on request"))
    if situation.excess:
        return _take_back_excess(situation)
    if progress.state is ParentState.PAUSED:
        return take_back(situation, situation.open)
    if failures(situation) >= MOST_FAILURES:
        return wind_down(
            situation, Ending(EndReason.REFUSED, f"{MOST_FAILURES} children in a row were refused or rejected")
        )
    if not situation.open and situation.budget < situation.least():
        return Step(ending=too_small(situation))
    return None


def too_small(situation: Situation) -> Ending:
    """Return the ending of a parent whose remainder the venue takes no order for."""
    left = plain(situation.parent.quantity - situation.progress.filled)
    return Ending(EndReason.REMAINDER_TOO_SMALL, f"the remaining {left} are less than the venue's smallest order")


def wind_down(situation: Situation, ending: Ending) -> Step:
    """Take back what is open; once nothing is, the parent has ended."""
    return take_back(situation, situation.open) if situation.open else Step(ending=ending)


def take_back(situation: Situation, children: Iterable[Child], until_ns: int | None = None) -> Step:
    """Ask for the cancel of open children, and again later of those whose venue would not."""
    taken = list(children)
    numbers = tuple(child.order.number for child in taken if may_cancel(child, situation.now_ns))
    again = [cancel_again_ns(child) for child in taken]
    return Step(cancel=numbers, wake_ns=soonest(situation.now_ns, *again, until_ns), notices=doubts(situation))


def _take_back_excess(situation: Situation) -> Step:
    """Take back the newest children until what is out fits the parent again; nothing is placed meanwhile."""
    excess, taken = situation.excess, []
    for child in reversed(situation.open):
        if excess <= 0:
            break
        taken.append(child)
        excess -= child.unfilled
    return take_back(situation, reversed(taken))


def doubts(situation: Situation) -> tuple[Notice, ...]:
    """Return the notice of children whose outcome nobody knows; they are waited for and never sent again."""
    unknown = [str(child.order.number) for child in situation.open if child.status is OrderStatus.UNCONFIRMED]
    if not unknown:
        return ()
    return (Notice(NoticeCode.UNCONFIRMED, f"waiting to learn what became of child {', '.join(unknown)}"),)


def finish(situation: Situation, manner: Manner, end_ns: int, most: int | None = None) -> Step:
    """Return the step of a parent whose time is over. `most` lots may still be placed; None: all that is left."""
    over = Ending(EndReason.HORIZON, "its time is over")
    if manner.at_end is AtEnd.STOP:
        return wind_down(situation, over)
    if situation.open:
        return take_back(situation, (child for child in situation.open if not child.order.crosses))
    tries = len({child.order.batch for child in situation.progress.children if child.placed_ns >= end_ns})
    lots = situation.budget if most is None else min(most, situation.budget)
    if tries >= MOST_TRIES_AT_END:
        return Step(ending=Ending(EndReason.HORIZON, f"its time is over, and {tries} attempts left a remainder"))
    if lots < situation.least():
        return Step(ending=over)
    if situation.fresh and situation.is_beyond(situation.far):
        return Step(ending=Ending(EndReason.PRICE_LIMIT, "its time is over, and the market is beyond its limit"))
    pause_ns = not_before_ns(situation)
    if pause_ns > situation.now_ns:
        return Step(wake_ns=pause_ns, notices=(backing_off(situation),))
    return Step(place=crossing(situation, lots))


def backing_off(situation: Situation) -> Notice:
    """Return the notice that the next child waits because earlier ones failed."""
    newest = next(child for child in reversed(situation.progress.children) if not child.is_open)
    return Notice(NoticeCode.BACKING_OFF, f"child {newest.order.number} ended {newest.status}; the next one waits")


def soonest(now_ns: int, *times_ns: int | None) -> int | None:
    """Return the earliest of the times that are still to come; None where there is none."""
    return min((time_ns for time_ns in times_ns if time_ns is not None and time_ns > now_ns), default=None)
