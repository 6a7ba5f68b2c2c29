"""The costs that grow with an order's value, each as a named fraction of its notional, and those that do not grow."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.routing.decision import Lines
from core.routing.estimates import adverse_move, adverse_moves, blend, fraction_of, rounded_fraction
from core.routing.offers import Kind, OrderToRoute, RoutingRules, VenueOffer
from ports.values import Side

_ONE: Final = Decimal(1)
_ZERO: Final = Decimal(0)
_HALF: Final = Decimal("0.5")
_WORSE_ALONE: Final = Decimal(2)  # E[Z | Z > 0] = 2 E[max(Z, 0)]: what is missed has moved away
_OLDEST_NS: Final = 3_600_000_000_000  # a root of time says nothing of longer; such a book is second choice anyway


def taking_rates(order: OrderToRoute, offer: VenueOffer, rules: RoutingRules) -> Lines:
    """Return every cost of trading at once that is not zero, as fractions of the notional.

    The wait is split at the round trip: what the price may do on the way is `latency`, and what it may have done since
    the book was seen is the `staleness` beyond that. `slippage` is how far what orders paid there lately was worse than
    `latency`, or better; `missed` is what it costs to go after the share that they did not get there.
    """
    rates: list[tuple[str, Decimal]] = []
    if fee := offer.taker_rate:
        rates.append(("fee" if fee > 0 else "rebate", fee))
    volatility = rules.unknown_volatility_bps if offer.volatility_bps is None else offer.volatility_bps
    latency = _ZERO
    if volatility:
        way_ns = rules.unknown_round_trip_ns if offer.round_trip_ns is None else offer.round_trip_ns
        age_ns = min(_OLDEST_NS, offer.age_ns)
        latency, staleness = adverse_moves(volatility, way_ns, age_ns)
        if latency:
            rates.append(("latency", latency))
        if staleness:
            rates.append(("staleness", staleness))
        if offer.takes is not None:
            missing = _ONE - blend(_ONE, rules.prior_weight, offer.takes.filled, offer.takes.orders)
            if missing > 0:
                rates.append(("missed", missing * _WORSE_ALONE * adverse_move(volatility, 2 * way_ns + age_ns)))
    if offer.slippage is not None:
        seen = fraction_of(offer.slippage.total_bps)
        if slippage := blend(latency, rules.prior_weight, seen, offer.slippage.orders) - latency:
            rates.append(("slippage", slippage))
    _add_common_rates(rates, order, offer, rules)
    return tuple(rates)


def posting_rates(order: OrderToRoute, offer: VenueOffer, rules: RoutingRules) -> Lines:
    """Return every cost of a passive trade that is not zero, as fractions of the notional."""
    rates: list[tuple[str, Decimal]] = []
    if fee := offer.maker_rate:
        rates.append(("fee" if fee > 0 else "rebate", fee))
    _add_common_rates(rates, order, offer, rules)
    return tuple(rates)


def fixed_costs(order: OrderToRoute, offer: VenueOffer, unit_usd: Decimal, kind: Kind) -> Lines:
    """Return in USD what one more order at this venue costs, however large it is; a unit is worth `unit_usd`.

    `rounding` is the dust that stays behind where a spot purchase pays its fee in what it buys: what arrives is no
    whole number of lots, and half a lot of it, on average, cannot be sold there again.
    """
    fixed: Lines = (("fixed", offer.fixed_cost_usd),) if offer.fixed_cost_usd else ()
    if kind.is_spot and order.side is Side.BUY and offer.fee_currency == kind.base:
        return (*fixed, ("rounding", offer.instrument.lot_size * _HALF * unit_usd))
    return fixed


def _add_common_rates(
    rates: list[tuple[str, Decimal]], order: OrderToRoute, offer: VenueOffer, rules: RoutingRules
) -> None:
    if offer.funding_rate and offer.funding_in_ns is not None and offer.funding_in_ns <= rules.holding_ns:
        rates.append(("funding", offer.funding_rate if order.side is Side.BUY else -offer.funding_rate))
    if offer.fx_cost_bps:
        rates.append(("fx", fraction_of(offer.fx_cost_bps)))
    if offer.requests_left < rules.low_requests:
        scarcity = rounded_fraction(rules.low_requests - offer.requests_left, rules.low_requests)
        rates.append(("headroom", fraction_of(rules.scarce_requests_bps * scarcity)))
    if offer.preference_bps:
        rates.append(("preference", fraction_of(offer.preference_bps)))
