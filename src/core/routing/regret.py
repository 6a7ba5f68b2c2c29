"""Whether a route was right: what was paid, beside the best split of a later look at the market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from core.routing.decision import NoRouteFound
from core.routing.estimates import bps_of, to_usd, valuing
from core.routing.offers import OrderToRoute, RoutingRules, VenueOffer
from core.routing.policies import Cheapest
from core.routing.router import decide
from ports.records import record
from ports.values import ZERO, AccountId, Quantity, Side


@record
class RoutedFill:
    """What one account filled of a routed order. A negative fee is a rebate."""

    account: AccountId
    quantity: Decimal
    price: Decimal
    usd_per_quote: Decimal  # of what its price is counted in: the base of an option that settles in it
    fee_usd: Decimal


@record
class Regret:
    """How much cheaper the other venues would have been, in USD and in basis points; negative where ours was cheaper.

    Both are costs in cash, prices and fees alone, against one reference: waits, odds and preferences are forecasts, and
    a forecast is no excuse afterwards.
    """

    paid_usd: Decimal
    best_usd: Decimal
    regret_usd: Decimal
    regret_bps: Decimal
    best_at: tuple[AccountId, ...]


def regret(
    side: Side, fills: Sequence[RoutedFill], later: Sequence[VenueOffer], rules: RoutingRules
) -> Regret | NoRouteFound:
    """Return the regret over what was filled, against what `later` offered to an order of that quantity.

    NoRouteFound where what was offered then could not have taken it: then there is nothing to regret or to praise.
    """
    with valuing():
        quantity = sum([fill.quantity for fill in fills], ZERO)
        order = OrderToRoute(side=side, quantity=Quantity(quantity), max_venues=len(later))
        best = decide(order, [_in_cash(offer) for offer in later], rules, Cheapest())
        if isinstance(best, NoRouteFound):
            return best
        is_inverse = later[0].kind.is_inverse
        paid = ZERO
        for fill in fills:
            usd = fill.usd_per_quote
            value = usd - usd * best.reference_price / fill.price if is_inverse else fill.price * usd
            base = ZERO if is_inverse else best.reference_price
            paid += side.sign * fill.quantity * (value - base) + fill.fee_usd
        paid = to_usd(paid)
        return Regret(
            paid_usd=paid,
            best_usd=best.total_usd,
            regret_usd=paid - best.total_usd,
            regret_bps=bps_of(paid - best.total_usd, best.notional_usd),
            best_at=tuple([leg.account for leg in best.legs]),
        )


def _in_cash(offer: VenueOffer) -> VenueOffer:
    """Return the offer without all that is a forecast or a wish, and without what our own fills have used up."""
    return replace(
        offer,
        fee_currency=offer.kind.settlement,  # no dust
        round_trip_ns=0,
        volatility_bps=ZERO,
        takes=None,
        slippage=None,
        funding_rate=None,
        fx_cost_bps=ZERO,
        free_funds=None,
        free_quantity=None,
        requests_left=Decimal(1),
        preference_bps=ZERO,
        fixed_cost_usd=ZERO,
    )
