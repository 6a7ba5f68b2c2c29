"""The keys of `router`: which venues the smart router may choose, and what an operator knows of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pydantic import Field, field_validator

from app.settings_types import Amount, CurrencyName, Flag, Section, Signed, Text, VenueName
from core.routing.fee_tiers import FeeTier, read_tiers
from core.routing.offers import FxCost, RoutingRules, StrategyVenues, VenueTerms
from ports.errors import InvalidInputError
from ports.values import Currency, StrategyId, VenueId

_FREE: Final = Decimal(0)


class RouterFeeTier(Section):
    """What an account pays from a volume of 30 days on, as fractions of the notional; negative is a rebate."""

    from_volume_usd: Amount
    maker_rate: Signed
    taker_rate: Signed


class RouterVenue(Section):
    """What an operator says of one venue."""

    venue: VenueName
    fee_tiers: tuple[RouterFeeTier, ...] = ()
    fee_currency: CurrencyName | None = None
    preference_bps: Signed = _FREE
    fixed_cost_usd: Amount = _FREE

    @field_validator("fee_tiers")
    @classmethod
    def _tiers_rise(cls, tiers: tuple[RouterFeeTier, ...]) -> tuple[RouterFeeTier, ...]:
        if tiers:
            try:
                read_tiers("fee_tiers", [_tier(one) for one in tiers])
            except InvalidInputError as wrong:
                raise ValueError(wrong.remedy) from None
        return tiers


class Router(Section):
    """Which venues the router may choose, and what an order costs there beside prices."""

    smart_execution_enabled: Flag = True
    deribit_routing_enabled: Flag = True
    nautilus_routing_enabled: Flag = True
    policy: Text | None = None  # of a plugin; None: ours
    allowed_venues: tuple[VenueName, ...] = ()
    strategy_venues: dict[Text, tuple[VenueName, ...]] = Field(default_factory=dict)
    fx_cost_bps: dict[CurrencyName, Amount] = Field(default_factory=dict)
    venues: tuple[RouterVenue, ...] = ()

    @field_validator("venues")
    @classmethod
    def _each_once(cls, venues: tuple[RouterVenue, ...]) -> tuple[RouterVenue, ...]:
        if len({one.venue for one in venues}) < len(venues):
            raise ValueError("write each venue once")
        return venues


def routing_rules(router: Router, off: tuple[VenueId, ...]) -> RoutingRules:
    """Return what the router may do (nothing at the venues that are `off`), and what it is told of venues."""
    return RoutingRules(
        enabled=router.smart_execution_enabled,
        venues_off=off,
        allowed_venues=_venues(router.allowed_venues),
        strategy_venues=tuple(
            [
                StrategyVenues(strategy_id=StrategyId(name), venues=_venues(venues))
                for name, venues in router.strategy_venues.items()
            ]
        ),
        fx_costs=tuple([FxCost(currency=Currency(name), cost_bps=bps) for name, bps in router.fx_cost_bps.items()]),
        venue_terms=tuple(
            [
                VenueTerms(
                    venue=VenueId(one.venue),
                    fee_tiers=tuple([_tier(tier) for tier in one.fee_tiers]),
                    fee_currency=None if one.fee_currency is None else Currency(one.fee_currency),
                    preference_bps=one.preference_bps,
                    fixed_cost_usd=one.fixed_cost_usd,
                )
                for one in router.venues
            ]
        ),
    )


def _venues(names: tuple[str, ...]) -> tuple[VenueId, ...]:
    return tuple([VenueId(name) for name in names])


def _tier(one: RouterFeeTier) -> FeeTier:
    return FeeTier(from_volume_usd=one.from_volume_usd, maker_rate=one.maker_rate, taker_rate=one.taker_rate)
