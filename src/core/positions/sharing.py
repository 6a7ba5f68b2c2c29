"""Sharing one amount out over strategies by what they hold: exact, and the sum is the whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ports.values import ZERO, StrategyId, round_down, share


def shared_out(
    amount: Decimal, held: Mapping[StrategyId, Decimal], step: Decimal | None = None
) -> dict[StrategyId, Decimal]:
    """Return each strategy's share of an amount, in proportion to what it holds; together they are the amount.

    What rounding leaves (to `step` towards zero, else to the places that are kept) is the largest holder's; of equals,
    the first by name. Empty where nothing is held.
    """
    total = sum(held.values(), ZERO)
    if not total:
        return {}
    first = min(held, key=lambda strategy: (-abs(held[strategy]), strategy))
    shares = {}
    for strategy in sorted(held.keys() - {first}):
        part = share(amount, held[strategy], total)
        shares[strategy] = part if step is None else round_down(abs(part), step).copy_sign(part)
    return {first: amount - sum(shares.values(), ZERO)} | shares
