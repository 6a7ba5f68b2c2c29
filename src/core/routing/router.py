"""From an order and what venues offer to a decision with all its sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from typing import Final

from core.routing.amounts import NoRoom
from core.routing.candidates import Candidate
from core.routing.costs import expected_price, taking_sheet
from core.routing.decision import CostSheet, Exclusion, Leg, NoRouteFound, RouteDecision
from core.routing.estimates import valuing
from core.routing.offers import Health, OrderToRoute, RoutingRules, VenueOffer
from core.routing.policies import Policy, policy_for
from core.routing.posting import waiting_price, waiting_sheet
from core.routing.screen import Field, exclusion, screen
from core.routing.stage import Plan, PolicyFaultError, Stage, fault_of
from core.routing.supply import whole_lots_down
from ports.records import maker
from ports.values import Liquidity, Price, Quantity, Side, plain

_TOTAL: Final = attrgetter("total_usd")
_QUANTITY: Final = attrgetter("quantity")
_new_leg: Final = maker(Leg)


def decide(
    order: OrderToRoute, offers: Sequence[VenueOffer], rules: RoutingRules, policy: Policy | None = None
) -> RouteDecision | NoRouteFound:
    """Return where the order goes, or why nowhere. The same for the same offers, in whatever order they come.

    `offers` are of equivalent instruments, one an account. Without a `policy` the order's own wishes choose one. A
    plan that breaks a rule of the order or of a venue is not carried out, whoever made it.
    """
    with valuing():
        field = screen(order, offers, rules)
        if field.reference is None or not field.candidates:
            return NoRouteFound(
                code="NO_ROUTE", reason="no venue could take any part of it now", excluded=field.excluded
            )
        chosen = policy or policy_for(order)
        try:
            for stage in _stages(order, field, field.reference, rules):
                plan = chosen.plan(order, stage)
                if plan is not None:
                    _check(plan, order, stage)
                    return _decision(order, field, stage, plan, chosen)
        except PolicyFaultError as fault:
            return NoRouteFound(
                code="POLICY_FAULT", reason=f"the policy {chosen.name}: {fault}", excluded=field.excluded
            )
        return NoRouteFound(
            code="NOT_ENOUGH",
            reason="the venues cannot take exactly this amount between them",
            excluded=(*field.excluded, *[exclusion(each.offer, _too_little(each)) for each in field.candidates]),
        )


def _check(plan: Plan, order: OrderToRoute, stage: Stage) -> None:
    fault = fault_of(plan, order, stage)
    if fault is not None:
        raise PolicyFaultError(fault)


def _stages(order: OrderToRoute, field: Field, reference: Decimal, rules: RoutingRules) -> Iterator[Stage]:
    sound = field.sound
    is_mixed = len(sound) < len(field.candidates)
    for beyond_visible in (False, True) if order.limit_price is None else (False,):
        if sound:
            yield Stage(candidates=sound, rules=rules, reference=reference, beyond_visible=beyond_visible)
        if is_mixed:
            yield Stage(candidates=field.candidates, rules=rules, reference=reference, beyond_visible=beyond_visible)


def _decision(order: OrderToRoute, field: Field, stage: Stage, plan: Plan, policy: Policy) -> RouteDecision:
    alone = {each.offer.account: _alone(order, each, stage) for each in field.candidates}
    legs = tuple(
        [
            _leg(order, each, part, wait, stage, alone[each.offer.account])
            for each, part, wait in zip(stage.candidates, plan.parts, plan.waits, strict=True)
            if part
        ]
    )
    if plan.at_last_price:
        legs = tuple([_at_last_price(leg, stage) for leg in legs])
    sheets = [sheet for sheet in alone.values() if sheet is not None]
    sheets.sort(key=_TOTAL)
    sheets.sort(key=_QUANTITY, reverse=True)
    used = {leg.account for leg in legs}
    fallbacks = [sheet.account for sheet in sheets if sheet.account not in used]
    second = {each.offer.account for each in field.candidates if not each.is_sound}
    if second:
        fallbacks.sort(key=lambda at: at in second)
    return RouteDecision(
        policy=policy.name,
        reason=plan.reason,
        side=order.side,
        reference_price=stage.reference,
        legs=legs,
        candidates=tuple(sheets),
        excluded=(*field.excluded, *_passed_over(field, stage)) if second else field.excluded,
        fallbacks=tuple(fallbacks),
        is_proven=plan.is_proven,
    )


def _leg(
    order: OrderToRoute, found: Candidate, part: Decimal, wait: Decimal, stage: Stage, alone: CostSheet | None
) -> Leg:
    costs: list[CostSheet] = []
    if alone is not None and alone.quantity == part and (alone.liquidity is Liquidity.MAKER) == bool(wait):
        costs.append(alone)  # its sums are made already
    else:
        if part > wait:
            costs.append(taking_sheet(found, part - wait, stage.reference))
        sheet = waiting_sheet(found, order, wait, stage) if wait else None
        if sheet is not None:
            costs.append(sheet)
    return _new_leg(
        account=found.offer.account,
        instrument=found.offer.instrument.key,
        quantity=Quantity(part),
        price=waiting_price(found) if wait else found.price,
        waits=wait,
        expected_price=None if wait else expected_price(found, part, stage.reference),
        costs=tuple(costs),
    )


def _at_last_price(leg: Leg, stage: Stage) -> Leg:
    """Return a leg of a market order limited to the last visible price that it takes."""
    if leg.price is not None:
        return leg
    offer = next(each.offer for each in stage.candidates if each.offer.account == leg.account)
    side = stage.candidates[0].side
    left: Decimal = leg.quantity
    price = None
    for at, size in offer.asks if side is Side.BUY else offer.bids:
        price = Price(at)
        left -= size
        if left <= 0:
            break
    return replace(leg, price=price)


def _alone(order: OrderToRoute, found: Candidate, stage: Stage) -> CostSheet | None:
    """Return the sums of as much of the order as this venue could have alone; None where it has no price to wait at."""
    if not order.waits:
        most = found.most
        if found.beyond is None:
            most = whole_lots_down(min(most, found.visible), found.lot)
        if most > 0:
            return taking_sheet(found, most, stage.reference)
    return waiting_sheet(found, order, found.most, stage)


def _too_little(found: Candidate) -> NoRoom:
    shown = "" if found.visible >= found.most else f", and shows {plain(found.visible)}"
    return NoRoom("NOT_ENOUGH", f"it can take {plain(found.least)} to {plain(found.most)}{shown}")


def _passed_over(field: Field, stage: Stage) -> Iterator[Exclusion]:
    shown = {each.offer.account for each in stage.candidates}
    for each in field.candidates:
        offer = each.offer
        if offer.account in shown:
            continue
        if offer.health is Health.HEALTHY:
            why = NoRoom("STALE", f"its book is {offer.age_ns} ns old, and others can fill the order")
        else:
            why = NoRoom(str(offer.health), "others can fill the order")
        yield exclusion(offer, why)
