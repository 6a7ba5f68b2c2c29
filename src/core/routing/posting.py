"""Orders that wait: at which venue, at which price, and when the market has left them behind."""

from __future__ import annotations

from decimal import Decimal

from core.routing.candidates import Candidate
from core.routing.costs import posting_sheet, taking_sheet
from core.routing.decision import CostSheet
from core.routing.estimates import bps_of, valuing
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.stage import Plan, Stage
from core.routing.supply import whole_lots_down
from ports.values import ZERO, Price, Side


def waiting_price(found: Candidate) -> Price | None:
    """Return where an order waits: its limit on the venue's tick, else the best price of its own side.

    None where there is neither.
    """
    if found.price is not None:
        return found.price
    own_side = found.offer.bids if found.side is Side.BUY else found.offer.asks
    return Price(own_side[0].price) if own_side else None


def waiting_sheet(found: Candidate, order: OrderToRoute, quantity: Decimal, stage: Stage) -> CostSheet | None:
    """Return what it is expected to cost to wait there with `quantity`; None where there is no price to wait at."""
    price = waiting_price(found)
    if price is None:
        return None
    return posting_sheet(found, order, quantity, price, stage.rules, stage.reference)


def take_and_wait(order: OrderToRoute, stage: Stage, max_venues: int) -> Plan | None:
    """Take what is there within the limit, and wait with all the rest at one venue: the one where both cost least.

    Where nothing is there, or nothing is to be taken, the whole order waits at one venue.
    """
    best: tuple[Decimal, Plan] | None = None
    for home in range(len(stage.candidates)):
        plan = _with_home(order, stage, home, max_venues)
        if plan is None:
            continue
        cost = _cost(order, stage, plan)
        if cost is not None and (best is None or cost < best[0]):
            best = (cost, plan)
    return None if best is None else best[1]


def has_left(side: Side, price: Decimal, offer: VenueOffer, rules: RoutingRules) -> bool:
    """Say whether the market of its venue has left a waiting order behind by more than `rules.leave_bps`.

    Measured from its price to the best price of its own side; an empty side has not left. What to do is the caller's:
    cancel, and route what is left again once the venue has confirmed the cancel, never before.
    """
    own_side = offer.bids if side is Side.BUY else offer.asks
    if not own_side:
        return False
    with valuing():
        return bps_of((own_side[0].price - price) * side.sign, price) > rules.leave_bps


def _with_home(order: OrderToRoute, stage: Stage, home: int, max_venues: int) -> Plan | None:
    takes = [_takes(order, each) for each in stage.candidates]
    others = sorted([at for at in range(len(takes)) if at != home and takes[at]], key=lambda at: (-takes[at], at))
    parts = [ZERO] * len(takes)
    for at in others[: max_venues - 1]:
        parts[at] = takes[at]
    found = stage.candidates[home]
    rest = order.quantity - sum(parts, ZERO)
    if not found.least <= rest <= found.most or rest % found.lot != 0:
        return None
    parts[home] = rest
    waits = [ZERO] * len(takes)
    waits[home] = rest - min(rest, takes[home])
    used = sum(1 for part in parts if part)
    reason = f"takes what is there at {used} of {len(parts)} venues, and waits" if any(takes) else "waits"
    return Plan(
        parts=tuple(parts),
        waits=tuple(waits),
        reason=f"{reason} at {found.offer.account}, where that is expected to cost least",
        is_proven=False,
    )


def _takes(order: OrderToRoute, found: Candidate) -> Decimal:
    if order.waits:
        return ZERO
    amount = whole_lots_down(min(found.visible, found.most), found.lot)
    return amount if amount >= found.least else ZERO


def _cost(order: OrderToRoute, stage: Stage, plan: Plan) -> Decimal | None:
    total = ZERO
    for each, part, wait in zip(stage.candidates, plan.parts, plan.waits, strict=True):
        if part > wait:
            total += taking_sheet(each, part - wait, stage.reference).total_usd
        if wait:
            sheet = waiting_sheet(each, order, wait, stage)
            if sheet is None:
                return None
            total += sheet.total_usd
    return total
