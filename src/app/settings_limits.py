"""From `risk_engine` to the limits that the book enforces."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from app.settings import Settings
from ports.commands import Limits

# One each: a coin that leaves its peg is valued by the user's own `usd_per`.
DOLLARS: Final = ("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI")


def risk_limits(settings: Settings) -> Limits:
    """Return the limits that a configuration sets; one it leaves out is not set."""
    risk = settings.risk_engine
    return Limits(
        enabled=risk.enabled,
        max_orders_per_second=risk.max_orders_per_second,
        max_orders_per_minute=risk.max_orders_per_minute,
        max_orders_per_second_per_strategy=risk.max_orders_per_second_per_strategy,
        max_orders_per_minute_per_strategy=risk.max_orders_per_minute_per_strategy,
        max_order_quantity=dict(risk.max_order_quantity),
        max_order_value_usd=risk.max_order_value,
        max_position_per_instrument=dict(risk.max_position_per_instrument),
        max_position_per_strategy_usd=dict(risk.max_position_per_strategy),
        max_position_global_usd=risk.max_position_global,
        max_total_notional_usd=risk.max_total_notional,
        usd_per={**dict.fromkeys(DOLLARS, Decimal(1)), **{key.upper(): rate for key, rate in risk.usd_per.items()}},
    )
