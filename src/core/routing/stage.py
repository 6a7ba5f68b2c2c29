"""What a policy is shown, and what it answers."""

from __future__ import annotations

from decimal import Decimal

from core.routing.candidates import Candidate
from core.routing.offers import OrderToRoute, RoutingRules
from ports.records import record
from ports.values import ZERO


class PolicyFaultError(Exception):
    """A policy did not answer as one does; says how. Its order goes nowhere."""


@record
class Stage:
    """The venues to choose from now. `beyond_visible` permits amounts behind the visible depth of a market order."""

    candidates: tuple[Candidate, ...]
    rules: RoutingRules
    reference: Decimal
    beyond_visible: bool


@record
class Plan:
    """The part of each candidate of the stage, in their order, and what of it is expected to wait rather than to trade.

    `at_last_price` limits each part of a market order to the last visible price that it takes.
    """

    parts: tuple[Decimal, ...]
    waits: tuple[Decimal, ...]
    reason: str
    is_proven: bool
    at_last_price: bool = False


def fault_of(plan: Plan, order: OrderToRoute, stage: Stage) -> str | None:
    """Return what is wrong with a plan, in one sentence; None where it keeps every rule of the order and the venues."""
    if not len(plan.parts) == len(plan.waits) == len(stage.candidates):
        return f"it has {len(plan.parts)} parts for {len(stage.candidates)} venues"
    if sum(plan.parts, ZERO) != order.quantity:
        return f"its parts sum to {sum(plan.parts, ZERO)}, not to the order's {order.quantity}"
    used = [part for part in plan.parts if part]
    if len(used) > 1 and (order.fill_whole or not order.split_allowed):
        return f"it splits an order that permits no split over {len(used)} venues"
    if order.max_venues is not None and len(used) > order.max_venues:
        return f"it uses {len(used)} venues, the order permits {order.max_venues}"
    for each, part, wait in zip(stage.candidates, plan.parts, plan.waits, strict=True):
        account = each.offer.account
        if not part and not wait:
            continue
        if part < each.least or part > each.most or part % each.lot != 0:
            return f"{part} at {account} is not between {each.least} and {each.most} in lots of {each.lot}"
        if wait < 0 or wait > part or (wait and not each.can_wait):
            return f"{wait} of {part} cannot wait at {account}"
        if part - wait > each.visible and not (stage.beyond_visible and each.beyond is not None):
            return f"{part - wait} at {account} is more than the {each.visible} visible there"
    return None
