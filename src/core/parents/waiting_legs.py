"""Legs that wait in a book: looked at now and then, and taken back where another venue has become the better place."""

from __future__ import annotations

from dataclasses import replace

from core.cancelling import take_back
from core.orders.order import Order
from core.parents.legs import GOES_ON, tied_to
from core.reconciliation.patience import Patience, plan_due
from core.routing.offers import Health, VenueOffer
from core.routing.posting import has_left
from core.routing.smart import offers_to
from core.turn import Turn
from ports.values import SYSTEM, OrderStatus, Price

_AT_REST = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})


def watch_legs(turn: Turn, parent: Order) -> None:
    """Ask to look at a split order's waiting legs when the time of the rules is over; one look is due at most."""
    due_ns = turn.book.desk.legs_due(parent.terms.operation_id)
    if any(_waits(leg) for leg in parent.children) and (due_ns is None or due_ns <= turn.now_ns):
        due_ns = turn.now_ns + turn.book.routing_rules.posting_ns
        turn.book.desk.look_at_legs(parent.terms.operation_id, due_ns)
        turn.request(plan_due(parent.terms.operation_id, due_ns))


def look_at_legs(turn: Turn, parent: Order, at_ns: int, patience: Patience) -> None:
    """Take back each leg that has waited its time, and that would be better off elsewhere now.

    Better: another sound venue would trade at its price; or its market has left it behind, and another one has not.
    What it leaves is routed again when its venue has confirmed the cancel, never before.
    """
    if turn.book.desk.legs_due(parent.terms.operation_id) != at_ns:
        return
    turn.book.desk.look_at_legs(parent.terms.operation_id, None)
    terms = replace(parent.terms, account=tied_to(turn, parent))
    offers = offers_to(turn.book, terms, turn.now_ns)
    refused = {leg.account for leg in parent.children if leg.status is OrderStatus.REJECTED}
    for leg in parent.children:
        if not _waits(leg) or leg.price is None:
            continue
        others = [one for one in offers if one.account != leg.account and one.account not in refused]
        here = next((one for one in offers if one.account == leg.account), None)
        if here is not None and _is_better_off(turn, leg, leg.price, here, others):
            take_back(turn, leg, SYSTEM, GOES_ON, patience)
    watch_legs(turn, parent)


def _waits(leg: Order) -> bool:
    return leg.status in _AT_REST and leg.price is not None


def _is_better_off(turn: Turn, leg: Order, price: Price, here: VenueOffer, others: list[VenueOffer]) -> bool:
    rules, side = turn.book.routing_rules, leg.terms.side
    sound = [one for one in others if one.health is Health.HEALTHY and one.age_ns <= rules.max_age_ns]
    if not leg.terms.post_only and any(_trades(one, side.sign, price) for one in sound):
        return True
    stays = [one for one in sound if (one.bids and one.asks) and not has_left(side, price, one, rules)]
    return bool(stays) and has_left(side, price, here, rules)


def _trades(offer: VenueOffer, sign: int, price: Price) -> bool:
    touches = offer.asks if sign > 0 else offer.bids
    return bool(touches) and touches[0].size > 0 and (price - touches[0].price) * sign >= 0
