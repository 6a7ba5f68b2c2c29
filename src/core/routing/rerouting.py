"""Going on where a leg came to nothing: never while anybody may still fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from core.routing.decision import NoRouteFound, RouteDecision
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.policies import Policy
from core.routing.router import decide
from ports.records import record
from ports.values import AccountId, Quantity


class LegEnd(StrEnum):
    """What is known of a leg. Only the first three prove that no more of it can fill."""

    REFUSED = "REFUSED"  # the venue's definitive answer
    NOT_SENT = "NOT_SENT"  # nothing was transmitted
    CANCELED = "CANCELED"  # taken back, by the venue's word
    WORKING = "WORKING"  # it may fill
    UNCONFIRMED = "UNCONFIRMED"  # nobody knows


@record
class AwaitEvidence:
    """Nothing may go elsewhere yet: what these accounts have may still fill."""

    accounts: tuple[AccountId, ...]


def route_again(
    order: OrderToRoute,
    unfilled: Decimal,
    ends: Mapping[AccountId, LegEnd],
    offers: Sequence[VenueOffer],
    rules: RoutingRules,
    policy: Policy | None = None,
) -> RouteDecision | NoRouteFound | AwaitEvidence:
    """Return where the `unfilled` rest of an order goes now that its legs have ended so.

    A session that went away leaves its legs UNCONFIRMED, whatever it seemed to say: they are awaited, not replaced. A
    venue that refused, or that could not be sent to, is not tried again; one where the leg was taken back may be.

    Raises:
        ValueError: nothing is unfilled.
    """
    if unfilled <= 0:
        raise ValueError(f"{unfilled} is no rest to route again")
    open_yet = [account for account, end in ends.items() if end in (LegEnd.WORKING, LegEnd.UNCONFIRMED)]
    if open_yet:
        return AwaitEvidence(accounts=tuple(sorted(open_yet)))
    gone = [account for account, end in ends.items() if end in (LegEnd.REFUSED, LegEnd.NOT_SENT)]
    rest = replace(order, quantity=Quantity(unfilled), not_at=tuple(sorted({*order.not_at, *gone})))
    return decide(rest, offers, rules, policy)
