"""What a venue would take of an order, and at what cost: steps of rising cost, in lots, between a least and a most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ports.records import record

type Step = tuple[Decimal, Decimal]  # cost of a unit, and how much there is of it at that cost


@record
class Supply:
    """One venue's part in a split: nothing, or from `least` to `most` in whole `lot`s, along steps of rising cost.

    `most` is a multiple of `lot`; `fixed` is paid once where the part is not nothing. Costs of one unit, any unit.
    """

    steps: Sequence[Step]
    lot: Decimal
    least: Decimal
    most: Decimal
    fixed: Decimal = Decimal(0)


def capped(steps: Iterable[Step], most: Decimal) -> tuple[Step, ...]:
    """Return the first `most` of `steps`."""
    kept: list[Step] = []
    left = most
    for unit_cost, size in steps:
        if size >= left:
            if left > 0:
                kept.append((unit_cost, left))
            break
        kept.append((unit_cost, size))
        left -= size
    return tuple(kept)


def cost_of(steps: Iterable[Step], quantity: Decimal) -> Decimal | None:
    """Return what the first `quantity` of `steps` costs; None where they are not that much."""
    cost = Decimal(0)
    left = quantity
    for unit_cost, size in steps:
        if size >= left:
            return cost + unit_cost * left
        cost += unit_cost * size
        left -= size
    return None if left > 0 else cost


def whole_lots_up(quantity: Decimal, lot: Decimal) -> Decimal:
    """Return the smallest multiple of `lot` that is not below `quantity`, exactly."""
    count = quantity // lot
    return (count if count * lot == quantity else count + 1) * lot


def whole_lots_down(quantity: Decimal, lot: Decimal) -> Decimal:
    """Return the largest multiple of `lot` that is not above `quantity` (>= 0), exactly."""
    return quantity // lot * lot
