"""Working towards a size that is due: what schedules and shares have in common."""

from __future__ import annotations

from dataclasses import replace

from core.algos.conduct import backing_off, doubts, soonest, take_back
from core.algos.manner import Manner
from core.algos.pacing import not_before_ns
from core.algos.placing import crossing, passive, sized
from core.algos.situation import Situation
from ports.algorithms import Child, ChildOrder, Notice, NoticeCode, Step, Watch
from ports.records import record


@record
class Due:
    """What an algorithm wants out by now, and when it wants to be asked next. `since_ns`: when this part began."""

    lots: int
    since_ns: int
    next_ns: int | None = None
    watch: Watch | None = None
    notices: tuple[Notice, ...] = ()


def pursue(situation: Situation, manner: Manner, due: Due) -> Step:
    """Return the step towards what is due: stale children taken back, new ones placed, and when to look again."""
    overdue = [child for child in situation.open if _is_overdue(situation, manner, child)]
    back = take_back(situation, overdue)
    lots = sized(situation, manner, due.lots)
    notices = due.notices + doubts(situation)
    wakes = [due.next_ns, back.wake_ns, *(_deadline_ns(manner, child) for child in situation.open)]
    if not lots:
        return _step(situation, (), back, wakes, _watch_to_cross(situation, manner, due.watch), notices)
    pause_ns = not_before_ns(situation)
    if pause_ns > situation.now_ns:
        return _step(situation, (), back, [*wakes, pause_ns], due.watch, (*notices, backing_off(situation)))
    if not situation.fresh:
        watch = _watch_any(situation)
        notice = Notice(NoticeCode.STALE_DATA, "no recent quote: waiting for one")
        return _step(situation, (), back, wakes, watch, (*notices, notice))
    if manner.passive_ns and not _may_cross(situation, manner, due.since_ns):
        placed = passive(situation, lots)
        return _step(situation, placed, back, [*wakes, situation.now_ns + manner.passive_ns], due.watch, notices)
    if situation.is_beyond(situation.far):
        watch = _watch_limit(situation)
        notice = Notice(NoticeCode.PRICE_LIMIT, "the market is beyond the limit: waiting for it")
        return _step(situation, (), back, wakes, watch, (*notices, notice))
    return _step(situation, crossing(situation, lots), back, wakes, due.watch, notices)


def _step(
    situation: Situation,
    placed: tuple[ChildOrder, ...],
    back: Step,
    wakes: list[int | None],
    watch: Watch | None,
    notices: tuple[Notice, ...],
) -> Step:
    return Step(
        place=placed,
        cancel=back.cancel,
        wake_ns=soonest(situation.now_ns, *wakes),
        watch=watch,
        notices=notices,
    )


def _deadline_ns(manner: Manner, child: Child) -> int | None:
    """Return when a resting child has waited long enough."""
    if child.order.crosses or child.cancel_asked_ns is not None:
        return None
    return child.placed_ns + manner.passive_ns


def _has_waited(situation: Situation, manner: Manner, child: Child) -> bool:
    return not child.order.crosses and situation.now_ns >= child.placed_ns + manner.passive_ns


def _is_overdue(situation: Situation, manner: Manner, child: Child) -> bool:
    """Say whether a child is to be taken back: too long at rest, and to be crossed for; or beyond a new limit."""
    if not child.order.crosses and situation.is_beyond(child.order.price):
        return True
    return _has_waited(situation, manner, child) and situation.fresh and not situation.is_beyond(situation.far)


def _watch_to_cross(situation: Situation, manner: Manner, watch: Watch | None) -> Watch | None:
    """Return a watch that waits, too, until a child that has rested for its time can be crossed for."""
    if not any(_has_waited(situation, manner, child) for child in situation.open):
        return watch
    if not situation.fresh:
        return _watch_any(situation) if watch is None else replace(watch, any_quote=True)
    if not situation.is_beyond(situation.far):
        return watch
    return _watch_limit(situation) if watch is None else replace(watch, far_reaches=situation.parent.price)


def _watch_any(situation: Situation) -> Watch:
    return Watch(not_before_ns=situation.now_ns, any_quote=True)


def _watch_limit(situation: Situation) -> Watch:
    return Watch(not_before_ns=situation.now_ns, far_reaches=situation.parent.price)


def _may_cross(situation: Situation, manner: Manner, since_ns: int) -> bool:
    """Say whether the newest child of this part left something: after its time at rest, or though it crossed."""
    children = situation.progress.children
    if not children or children[-1].placed_ns < since_ns:
        return False
    newest = children[-1]
    if not newest.unfilled:
        return False
    if newest.order.crosses:  # the book was thinner than the child: go on crossing
        return True
    return newest.cancel_asked_ns is not None and newest.cancel_asked_ns >= newest.placed_ns + manner.passive_ns
