"""From a wish in lots to children: nothing stranded, nothing above the venue's most, nothing beyond the limit."""

from __future__ import annotations

from core.algos.manner import Manner
from core.algos.situation import Situation
from ports.algorithms import ChildOrder
from ports.values import OrderType, Price, Quantity, TimeInForce


def sized(situation: Situation, manner: Manner, wish: int) -> int:
    """Return the lots to place for a wish: none below the smallest child, and no remainder below it left behind."""
    least = least_child(situation, manner)
    lots = min(wish, situation.budget)
    if lots < situation.least() or lots < min(least, situation.budget):
        return 0
    if manner.max_child is not None:
        lots = min(lots, max(situation.lots(manner.max_child), least))
    return situation.budget if situation.budget - lots < least else lots


def least_child(situation: Situation, manner: Manner) -> int:
    """Return the smallest child in lots: the venue's, or the parent's own where that is more."""
    least = situation.least()
    return least if manner.min_child is None else max(least, situation.lots(manner.min_child))


def passive(situation: Situation, lots: int) -> tuple[ChildOrder, ...]:
    """Return children that rest at the touch, and are refused by their venue rather than trade at once."""
    return _children(situation, lots, situation.passive_price(), TimeInForce.GTC, post_only=True)


def resting(situation: Situation, lots: int, price: Price) -> tuple[ChildOrder, ...]:
    """Return children that rest at a price, and may trade at once where somebody meets it."""
    return _children(situation, lots, price, TimeInForce.GTC, post_only=False)


def crossing(situation: Situation, lots: int) -> tuple[ChildOrder, ...]:
    """Return children that trade at once: at the market, or within the parent's limit and then no longer."""
    price = situation.crossing_price()
    return _children(situation, lots, price, TimeInForce.GTC if price is None else TimeInForce.IOC, post_only=False)


def _children(
    situation: Situation, lots: int, price: Price | None, time_in_force: TimeInForce, *, post_only: bool
) -> tuple[ChildOrder, ...]:
    first = len(situation.progress.children) + 1
    return tuple(
        ChildOrder(
            number=first + place,
            batch=first,
            quantity=Quantity(part * situation.parent.rules.lot_size),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=price,
            time_in_force=time_in_force,
            post_only=post_only,
        )
        for place, part in enumerate(_parts(situation, lots))
    )


def _parts(situation: Situation, lots: int) -> list[int]:
    """Split into as few parts as the venue's largest order asks for, as equal as whole lots can be."""
    largest = situation.parent.rules.max_quantity
    most = lots if largest is None else max(situation.lots(largest), 1)
    count = -(-lots // most)
    return [lots * (place + 1) // count - lots * place // count for place in range(count)]
