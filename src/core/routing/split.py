"""The cheapest split of an order over venues: exact, by branch and bound over who takes part.

For a given set of venues the cheapest steps first is optimal, because each venue's cost rises with its part. What makes
it hard is what a venue costs or wants as soon as it takes part: a fixed cost, a least amount, whole lots, a place among
`max_venues`. So sets of venues are tried, and a set is given up as soon as its bound, which ignores all that for venues
not yet decided on, is no better than the best split found.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Final

from core.routing.lots import in_lots
from core.routing.supply import Supply, cost_of
from ports.records import record

_MOST_LOOKS: Final = 128  # sets of venues that are looked at; six venues have needed 36, at some 5 to 100 us each
_ZERO: Final = Decimal(0)

type _Filled = tuple[Decimal, list[Decimal]]  # cost without what is fixed, and the part of each venue


@record
class Split:
    """The part of each supply in their order, the cost with all that is fixed, and whether no cheaper one exists.

    `is_proven` is False where the search was cut short, or lots that do not divide one another took part.
    """

    parts: tuple[Decimal, ...]
    cost: Decimal
    is_proven: bool


def cheapest_split(supplies: Sequence[Supply], quantity: Decimal, max_venues: int) -> Split | None:
    """Return the cheapest way to place exactly `quantity` at no more than `max_venues`; None where there is none.

    Of equally cheap ones it is always the same one for the same supplies in the same order.
    """
    search = _Search(supplies, quantity, max_venues)
    search.visit(0, (1 << len(supplies)) - 1)
    if search.parts is None:
        return None
    is_proven = search.looks <= _MOST_LOOKS and _lots_divide(supplies)
    return Split(parts=tuple(search.parts), cost=search.cost, is_proven=is_proven)


def _lots_divide(supplies: Sequence[Supply]) -> bool:
    first = supplies[0].lot
    if all(supply.lot == first for supply in supplies):
        return True
    lots = sorted({supply.lot for supply in supplies})
    return all(coarse % fine == 0 for fine, coarse in pairwise(lots))


class _Search:
    """One search. Sets of venues are bits of a number."""

    def __init__(self, supplies: Sequence[Supply], quantity: Decimal, max_venues: int) -> None:
        self._supplies = supplies
        self._quantity = quantity
        self._max_venues = max_venues
        self._steps = sorted(
            [(unit_cost, size, index) for index, supply in enumerate(supplies) for unit_cost, size in supply.steps],
            key=itemgetter(0),
        )
        self.parts: list[Decimal] | None = None
        self.cost = _ZERO
        self.looks = 0

    def visit(self, chosen: int, undecided: int, filled: _Filled | None = None) -> None:
        """Look for a better split in which all `chosen` take part, and any `undecided` may.

        `filled` is the cheapest fill of just these, where it is known already.
        """
        self.looks += 1
        if self.looks > _MOST_LOOKS and self.parts is not None:
            return
        if chosen.bit_count() >= self._max_venues and undecided:
            undecided, filled = 0, None
        if filled is None:
            filled = self._fill(chosen | undecided, chosen)
        if filled is None:
            return
        cost, parts = filled
        fixed = self._fixed_of(chosen)
        if self.parts is not None and cost + fixed >= self.cost:
            return
        used = [index for index, part in enumerate(parts) if part and undecided >> index & 1]
        if not used and self._is_whole(parts):
            self._keep(cost + fixed, parts)
            return
        if used:
            largest = used[0] if len(used) == 1 else max(used, key=lambda index: (parts[index], -index))
            bit = 1 << largest
            same = filled if parts[largest] >= self._supplies[largest].least else None
            self.visit(chosen | bit, undecided & ~bit, same)
            self.visit(chosen, undecided & ~bit)
            return
        self._keep_in_lots(chosen, fixed)
        for index in range(len(self._supplies)):  # one whose finer lots take the remainder better
            bit = 1 << index
            if undecided & bit:
                undecided &= ~bit
                self.visit(chosen | bit, undecided)

    def _fill(self, members: int, forced: int) -> _Filled | None:
        """Return the cheapest fill by `members` in any fraction, with at least its least from each of `forced`.

        A forced venue whose share of the cheapest steps is below its least has exactly its least in the optimum, so
        it is set to that and the rest is filled anew.
        """
        supplies = self._supplies
        left = self._quantity
        pinned_cost = _ZERO
        pinned = 0
        while True:
            parts = [_ZERO] * len(supplies)
            if pinned:
                parts = [supply.least if pinned >> index & 1 else _ZERO for index, supply in enumerate(supplies)]
            open_members = members & ~pinned
            cost = self._cheapest(open_members, left, parts)
            if cost is None:
                return None
            may_be_below = forced & open_members
            below = [index for index in _members(may_be_below) if parts[index] < supplies[index].least]
            if not below:
                return cost + pinned_cost, parts
            for index in below:
                at_least = cost_of(supplies[index].steps, supplies[index].least)
                left -= supplies[index].least
                if at_least is None or left < 0:
                    return None
                pinned_cost += at_least
                pinned |= 1 << index

    def _cheapest(self, members: int, left: Decimal, parts: list[Decimal]) -> Decimal | None:
        cost = _ZERO
        if left == 0:
            return cost
        for unit_cost, size, index in self._steps:
            if not members >> index & 1:
                continue
            if size >= left:
                parts[index] += left
                return cost + unit_cost * left
            parts[index] += size
            cost += unit_cost * size
            left -= size
        return None

    def _fixed_of(self, chosen: int) -> Decimal:
        fixed = _ZERO
        for index in _members(chosen):
            fixed += self._supplies[index].fixed
        return fixed

    def _is_whole(self, parts: Sequence[Decimal]) -> bool:
        return not any(part and part % self._supplies[index].lot for index, part in enumerate(parts))

    def _keep_in_lots(self, chosen: int, fixed: Decimal) -> None:
        members = {index: self._supplies[index] for index in _members(chosen)}
        found = in_lots(members, self._quantity) if members else None
        if found is None:
            return
        cost, parts = found
        self._keep(cost + fixed, [parts.get(index, _ZERO) for index in range(len(self._supplies))])

    def _keep(self, cost: Decimal, parts: list[Decimal]) -> None:
        if self.parts is None or cost < self.cost:
            self.cost = cost
            self.parts = parts


@lru_cache(maxsize=4_096)
def _members(venues: int) -> tuple[int, ...]:
    """Return which bits of a set are set."""
    return tuple([index for index in range(venues.bit_length()) if venues >> index & 1])
