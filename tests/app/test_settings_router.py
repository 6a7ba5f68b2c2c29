"""What an operator says of routing reaches the core as it is written, or is refused by name."""

import json
from decimal import Decimal
from typing import Any

import pytest

from app.recording import read_routing, rules_text
from app.settings import parse_settings
from app.settings_problems import SettingsError
from app.settings_router import routing_rules
from core.routing.fee_tiers import FeeTier
from core.routing.offers import FxCost, RoutingRules, StrategyVenues, VenueTerms
from ports.values import Currency, StrategyId, VenueId

BYBIT = VenueId("BYBIT")
TIER = {"from_volume_usd": 0, "maker_rate": "-0.0001", "taker_rate": "0.0005"}
SAID = {
    "allowed_venues": ["BYBIT", "DERIBIT"],
    "strategy_venues": {"s-1": ["BYBIT"]},
    "fx_cost_bps": {"EUR": "1.5"},
    "venues": [{"venue": "BYBIT", "fee_tiers": [TIER], "fee_currency": "BIT", "preference_bps": -1}],
}


def rules_of(**router: Any) -> RoutingRules:
    return routing_rules(parse_settings(json.dumps({"router": router}), {}).router, ())


def test_what_is_said_of_routing_reaches_the_core_and_a_recording_keeps_it() -> None:
    rules = rules_of(**SAID)
    tier = FeeTier(from_volume_usd=Decimal(0), maker_rate=Decimal("-0.0001"), taker_rate=Decimal("0.0005"))
    assert rules == RoutingRules(
        allowed_venues=(BYBIT, VenueId("DERIBIT")),
        strategy_venues=(StrategyVenues(strategy_id=StrategyId("s-1"), venues=(BYBIT,)),),
        fx_costs=(FxCost(currency=Currency("EUR"), cost_bps=Decimal("1.5")),),
        venue_terms=(
            VenueTerms(venue=BYBIT, fee_tiers=(tier,), fee_currency=Currency("BIT"), preference_bps=Decimal(-1)),
        ),
    )
    assert read_routing(rules_text(rules)) == rules


@pytest.mark.parametrize(
    ("router", "field"),
    [
        ({"allowed_venues": ["bybit"]}, "router.allowed_venues"),
        ({"venues": [{"venue": "BYBIT"}, {"venue": "BYBIT"}]}, "router.venues"),
        ({"venues": [{"venue": "BYBIT", "fee_tiers": [TIER | {"from_volume_usd": 5}]}]}, "fee_tiers"),
        ({"fx_cost_bps": {"EUR": -1}}, "router.fx_cost_bps"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(router: Any, field: str) -> None:
    with pytest.raises(SettingsError, match=field.replace(".", r"\.")):
        rules_of(**router)
