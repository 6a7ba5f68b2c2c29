"""The costs that grow with an order's value, each as a named fraction of its notional, and those that do not grow."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.routing.decision import Lines
from core.routing.estimates import adverse_move, fraction_of, rounded_fraction
from core.routing.offers import Kind, OrderToRoute, RoutingRules, VenueOffer
from ports.values import Side

_HALF: Final = Decimal("0.5")
_NO_TIME: Final = Decimal(0)
_OLDEST_NS: Final = 3_600_000_000_000  # a root of time says nothing of longer; such a book is second choice anyway


def taking_rates(order: OrderToRoute, offer: VenueOffer, rules: RoutingRules) -> Lines:
    """Return every cost of trading at once that is not zero, as fractions of the notional.

    The wait is split at the round trip: what the price may do on the way is `latency`, and what it may have done since
    the book was seen is the `staleness` beyond that.
    """
    volatility = rules.unknown_volatility_bps if offer.volatility_bps is None else offer.volatility_bps
    way_ns = rules.unknown_round_trip_ns if offer.round_trip_ns is None else offer.round_trip_ns
    latency = adverse_move(volatility, way_ns) if volatility and way_ns else _NO_TIME
    age_ns = min(offer.age_ns, _OLDEST_NS)
    staleness = adverse_move(volatility, way_ns + age_ns) - latency if volatility and age_ns else _NO_TIME
    rates = [
        ("fee" if offer.taker_rate >= 0 else "rebate", offer.taker_rate),
        ("latency", latency),
        ("staleness", staleness),
        *_common_rates(order, offer, rules),
    ]
    return tuple([(name, rate) for name, rate in rates if rate])


def posting_rates(order: OrderToRoute, offer: VenueOffer, rules: RoutingRules) -> Lines:
    """Return every cost of a passive trade that is not zero, as fractions of the notional."""
    rates = [("fee" if offer.maker_rate >= 0 else "rebate", offer.maker_rate), *_common_rates(order, offer, rules)]
    return tuple([(name, rate) for name, rate in rates if rate])


def fixed_costs(order: OrderToRoute, offer: VenueOffer, unit_usd: Decimal, kind: Kind) -> Lines:
    """Return in USD what one more order at this venue costs, however large it is; a unit is worth `unit_usd`.

    `rounding` is the dust that stays behind where a spot purchase pays its fee in what it buys: what arrives is no
    whole number of lots, and half a lot of it, on average, cannot be sold there again.
    """
    lines: list[tuple[str, Decimal]] = []
    if offer.fixed_cost_usd:
        lines.append(("fixed", offer.fixed_cost_usd))
    if kind.is_spot and order.side is Side.BUY and offer.fee_currency == kind.base:
        lines.append(("rounding", offer.instrument.lot_size * _HALF * unit_usd))
    return tuple(lines)


def _common_rates(order: OrderToRoute, offer: VenueOffer, rules: RoutingRules) -> Iterator[tuple[str, Decimal]]:
    if offer.funding_rate and offer.funding_in_ns is not None and offer.funding_in_ns <= rules.holding_ns:
        yield "funding", offer.funding_rate * order.side.sign
    if offer.fx_cost_bps:
        yield "fx", fraction_of(offer.fx_cost_bps)
    if offer.requests_left < rules.low_requests:
        scarcity = rounded_fraction(rules.low_requests - offer.requests_left, rules.low_requests)
        yield "headroom", fraction_of(rules.scarce_requests_bps * scarcity)
    if offer.preference_bps:
        yield "preference", fraction_of(offer.preference_bps)
