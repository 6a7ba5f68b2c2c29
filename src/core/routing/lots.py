"""The cheapest split of an amount over venues that all take part, where each takes whole lots of its own size.

Exact where every lot divides the next larger one (0.00001, 0.0001, 0.001 ...), as venues' lots do. The venues of the
finest lot are one supply of rising cost; cut into pieces of the next lot, behind the remainder that only they can
take, it is a supply of rising cost of that lot, and so on upwards. Of such supplies the cheapest pieces are optimal.
A lot that is no multiple of the finer ones is taken in the least common multiple: legal, and perhaps not the optimum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from core.routing.supply import Step, Supply, cost_of, whole_lots_up

type _Content = tuple[tuple[int, Decimal], ...]  # which venue has how much of a piece


class _Run(NamedTuple):
    """`pieces` equal pieces, what one costs and what is in it."""

    cost: Decimal
    pieces: int
    content: _Content


def in_lots(supplies: Mapping[int, Supply], quantity: Decimal) -> tuple[Decimal, dict[int, Decimal]] | None:
    """Return the cost, without what is fixed, and the part of every one of `supplies`, each at least its least.

    None means that they cannot take exactly `quantity` between them.
    """
    ordered = sorted(supplies, key=lambda index: (supplies[index].lot, index))
    parts: dict[int, Decimal] = {}
    cost = Decimal(0)
    for index in ordered:
        least = whole_lots_up(supplies[index].least, supplies[index].lot)
        first = cost_of(supplies[index].steps, least)
        if first is None:
            return None
        parts[index] = least
        cost += first
    left = quantity - sum(parts.values())
    lot = supplies[ordered[0]].lot
    if left < 0 or left % lot != 0:
        return None
    runs: list[_Run] = []
    for index in ordered:
        coarser = _common_multiple(lot, supplies[index].lot)
        if coarser != lot:
            only_finer = left % coarser
            added = _take(runs, int(only_finer // lot), parts)
            if added is None:
                return None
            cost += added
            left -= only_finer
            runs = _regroup(runs, int(coarser // lot))
            lot = coarser
        runs.extend(_pieces(supplies[index].steps, parts[index], index, lot))
        runs.sort(key=itemgetter(0))
    added = _take(runs, int(left // lot), parts)
    return None if added is None else (cost + added, parts)


def _take(runs: list[_Run], count: int, parts: dict[int, Decimal]) -> Decimal | None:
    """Take the `count` cheapest pieces out of `runs` into `parts`; None where there are fewer."""
    cost = Decimal(0)
    while count > 0:
        if not runs:
            return None
        run = runs[0]
        taken = min(count, run.pieces)
        for index, amount in run.content:
            parts[index] += amount * taken
        cost += run.cost * taken
        count -= taken
        runs[:1] = [] if taken == run.pieces else [run._replace(pieces=run.pieces - taken)]
    return cost


def _pieces(steps: Sequence[Step], skipped: Decimal, index: int, lot: Decimal) -> list[_Run]:
    """Cut what is behind the first `skipped` of `steps` into pieces of one `lot`; what is left over is dropped."""
    runs: list[_Run] = []
    held = held_cost = Decimal(0)
    content = ((index, lot),)
    for unit_cost, size in _behind(steps, skipped):
        if held:
            wanted = min(lot - held, size)
            held += wanted
            held_cost += unit_cost * wanted
            if held < lot:
                continue
            runs.append(_Run(held_cost, 1, content))
        else:
            wanted = Decimal(0)
        count = int((size - wanted) // lot)
        if count:
            runs.append(_Run(unit_cost * lot, count, content))
        held = size - wanted - count * lot
        held_cost = unit_cost * held
    return runs


def _behind(steps: Sequence[Step], skipped: Decimal) -> Iterable[Step]:
    for unit_cost, size in steps:
        if skipped >= size:
            skipped -= size
        else:
            yield unit_cost, size - skipped
            skipped = Decimal(0)


def _regroup(runs: Iterable[_Run], size: int) -> list[_Run]:
    """Put every `size` pieces together in their order; what is left over is dropped."""
    grouped: list[_Run] = []
    held = 0
    cost = Decimal(0)
    content: dict[int, Decimal] = {}
    for run in runs:
        count = run.pieces
        if held:
            wanted = min(size - held, count)
            held += wanted
            cost += run.cost * wanted
            _add(content, run.content, wanted)
            count -= wanted
            if held < size:
                continue
            grouped.append(_Run(cost, 1, tuple(content.items())))
        whole, held = divmod(count, size)
        if whole:
            grouped.append(_Run(run.cost * size, whole, tuple([(index, one * size) for index, one in run.content])))
        cost = run.cost * held
        content = {}
        _add(content, run.content, held)
    return grouped


def _add(content: dict[int, Decimal], more: _Content, times: int) -> None:
    if times:
        for index, amount in more:
            content[index] = content.get(index, Decimal(0)) + amount * times


def _common_multiple(left: Decimal, right: Decimal) -> Decimal:
    """Return the least common multiple of two lots."""
    if right % left == 0:
        return right
    places = max(0, -min(_exponent(left), _exponent(right)))
    scale = Decimal(10) ** places
    return Decimal(math.lcm(int(left * scale), int(right * scale))) / scale


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)
