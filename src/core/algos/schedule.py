"""A schedule: when each part is due and how much of the parent by then; and working one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from core.algos.conduct import finish, govern
from core.algos.draws import WIDEST, draw
from core.algos.manner import Manner
from core.algos.pursuit import Due, pursue
from core.algos.situation import Situation
from ports.algorithms import Child, Notice, Step
from ports.records import brief_record, record
from ports.values import ZERO


class CatchUp(StrEnum):
    """When what is behind the schedule is made up for."""

    NOW = "now"  # with the next part
    SPREAD = "spread"  # in equal shares with all that are left


@record
class Slicing:
    """How the horizon is cut: `slices` parts, `interval_ns` apart, each moved by at most `time_jitter_pct` of half."""

    horizon_ns: int
    interval_ns: int
    slices: int
    time_jitter_pct: int = 0
    catch_up: CatchUp = CatchUp.SPREAD


@brief_record
class Timetable:
    """When each part begins, and how much is due by its end: `shares[k]` of `shares[-1]` before part `k`."""

    begins_ns: tuple[int, ...]
    end_ns: int
    shares: tuple[int, ...]


@brief_record
class Target:
    """How many lots are due before the part that runs now, and by its end."""

    before: int
    by: int


@lru_cache(maxsize=1024)  # a pure function of its arguments: asked again at every step of a parent
def begins_of(slicing: Slicing, start_ns: int, seed: int) -> tuple[int, ...]:
    """Return when each part begins; the first at the start, the others moved by lot."""
    reach = slicing.interval_ns * slicing.time_jitter_pct // 200
    return tuple(
        start_ns + part * slicing.interval_ns + (reach * draw(seed, "time", part) // WIDEST if part else 0)
        for part in range(slicing.slices)
    )


def work(
    situation: Situation,
    slicing: Slicing,
    manner: Manner,
    timetable: Timetable,
    target: Target,
    notices: tuple[Notice, ...] = (),
) -> Step:
    """Return the step of a parent that follows a timetable."""
    governed = govern(situation)
    if governed is not None:
        return governed
    if situation.now_ns >= timetable.end_ns:
        return finish(situation, manner, timetable.end_ns)
    part = part_at(timetable, situation.now_ns)
    begins_ns = timetable.begins_ns[part]
    is_last = part == slicing.slices - 1
    due = Due(
        lots=situation.budget if is_last else _due(situation, slicing, target, part, begins_ns),
        since_ns=begins_ns,
        next_ns=timetable.end_ns if is_last else timetable.begins_ns[part + 1],
        notices=notices,
    )
    return pursue(situation, manner, due)


def part_at(timetable: Timetable, now_ns: int) -> int:
    """Return which part runs at a time; before the first, it is the first."""
    return max(bisect_right(timetable.begins_ns, now_ns) - 1, 0)


def static_target(timetable: Timetable, total: int, part: int) -> Target:
    """Return the lots due before and by a part as the timetable has it."""
    whole = timetable.shares[-1]
    return Target(total * timetable.shares[part] // whole, total * timetable.shares[part + 1] // whole)


def _due(situation: Situation, slicing: Slicing, target: Target, part: int, begins_ns: int) -> int:
    """Return the lots that this part still has to place.

    What its first children were placed for is its size, whatever became of earlier parts since: so it is decided once,
    and a remainder that came back is placed again within the part.
    """
    mine = _placed_since(situation.progress.children, begins_ns)
    if mine:
        decided = sum((child.order.quantity for child in mine if child.order.batch == mine[0].order.batch), ZERO)
        used = sum((child.filled + (child.unfilled if child.is_open else ZERO) for child in mine), ZERO)
        return max(situation.lots(decided - used), 0)
    behind = target.before - situation.committed
    if behind > 0 and slicing.catch_up is CatchUp.SPREAD:
        behind = -(-behind // (slicing.slices - part))
    return max(target.by - target.before + behind, 0)


def _placed_since(children: Sequence[Child], since_ns: int) -> list[Child]:
    """Return the newest children, oldest first, that were placed at or after a time."""
    return list(takewhile(lambda child: child.placed_ns >= since_ns, reversed(children)))[::-1]
