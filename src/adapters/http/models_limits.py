"""The shape of the document of limits."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from adapters.http.models import Exact
from ports.limits import LIMIT_FIELDS

_SAYS: Final = {field.name: field.says for field in LIMIT_FIELDS}


def _limit(name: str) -> Any:
    return Field(description=_SAYS[name])


class LimitsDocument(Exact):
    """Every limit there is; null or empty: not set. In maps `*` is the default for keys that are not named."""

    enabled: bool = _limit("enabled")
    max_orders_per_second: int | None = _limit("max_orders_per_second")
    max_orders_per_minute: int | None = _limit("max_orders_per_minute")
    max_orders_per_second_per_strategy: int | None = _limit("max_orders_per_second_per_strategy")
    max_orders_per_minute_per_strategy: int | None = _limit("max_orders_per_minute_per_strategy")
    max_orders_per_second_per_venue: dict[str, str] = _limit("max_orders_per_second_per_venue")
    max_orders_per_minute_per_venue: dict[str, str] = _limit("max_orders_per_minute_per_venue")
    max_orders_per_day: int | None = _limit("max_orders_per_day")
    max_orders_per_day_per_strategy: int | None = _limit("max_orders_per_day_per_strategy")
    max_orders_per_day_per_venue: dict[str, str] = _limit("max_orders_per_day_per_venue")
    max_messages_per_second: int | None = _limit("max_messages_per_second")
    max_messages_per_minute: int | None = _limit("max_messages_per_minute")
    max_messages_per_second_per_strategy: int | None = _limit("max_messages_per_second_per_strategy")
    max_messages_per_minute_per_strategy: int | None = _limit("max_messages_per_minute_per_strategy")
    max_messages_per_second_per_venue: dict[str, str] = _limit("max_messages_per_second_per_venue")
    max_messages_per_minute_per_venue: dict[str, str] = _limit("max_messages_per_minute_per_venue")
    max_messages_per_day: int | None = _limit("max_messages_per_day")
    max_messages_per_day_per_strategy: int | None = _limit("max_messages_per_day_per_strategy")
    max_messages_per_day_per_venue: dict[str, str] = _limit("max_messages_per_day_per_venue")
    runaway_max_orders: int | None = _limit("runaway_max_orders")
    runaway_window_ms: int | None = _limit("runaway_window_ms")
    max_messages_per_trade: dict[str, str] = _limit("max_messages_per_trade")
    messages_per_trade_from: int | None = _limit("messages_per_trade_from")
    min_order_quantity: dict[str, str] = _limit("min_order_quantity")
    max_order_quantity: dict[str, str] = _limit("max_order_quantity")
    min_order_value: str | None = _limit("min_order_value")
    max_order_value: str | None = _limit("max_order_value")
    max_order_value_in_quote: dict[str, str] = _limit("max_order_value_in_quote")
    max_share_of_volume_bps: dict[str, str] = _limit("max_share_of_volume_bps")
    volume_window_ms: int | None = _limit("volume_window_ms")
    max_position_per_instrument: dict[str, str] = _limit("max_position_per_instrument")
    max_position_per_strategy: dict[str, str] = _limit("max_position_per_strategy")
    max_position_per_venue: dict[str, str] = _limit("max_position_per_venue")
    max_position_per_base: dict[str, str] = _limit("max_position_per_base")
    max_position_global: str | None = _limit("max_position_global")
    max_total_notional: str | None = _limit("max_total_notional")
    max_gross_by_base: str | None = _limit("max_gross_by_base")
    max_net_exposure: str | None = _limit("max_net_exposure")
    max_concentration_bps: dict[str, str] = _limit("max_concentration_bps")
    concentration_from: str | None = _limit("concentration_from")
    price_collar_bps: dict[str, str] = _limit("price_collar_bps")
    passive_price_collar_bps: dict[str, str] = _limit("passive_price_collar_bps")
    reference_max_age_ms: int | None = _limit("reference_max_age_ms")
    max_market_slippage_bps: dict[str, str] = _limit("max_market_slippage_bps")
    max_price_move_bps: dict[str, str] = _limit("max_price_move_bps")
    price_move_window_ms: int | None = _limit("price_move_window_ms")
    max_quote_age_ms: int | None = _limit("max_quote_age_ms")
    max_clock_skew_ms: int | None = _limit("max_clock_skew_ms")
    check_funds_at: list[str] = _limit("check_funds_at")
    leverage: dict[str, str] = _limit("leverage")
    max_daily_loss: str | None = _limit("max_daily_loss")
    max_daily_loss_per_strategy: dict[str, str] = _limit("max_daily_loss_per_strategy")
    max_drawdown: str | None = _limit("max_drawdown")
    max_drawdown_per_strategy: dict[str, str] = _limit("max_drawdown_per_strategy")
    max_closing_slippage_bps: dict[str, str] = _limit("max_closing_slippage_bps")
    duplicate_window_ms: int | None = _limit("duplicate_window_ms")
    self_trade: Literal["ALLOW", "REFUSE", "CANCEL_RESTING"] = _limit("self_trade")
    restricted_instruments: list[str] = _limit("restricted_instruments")
    restricted_bases: list[str] = _limit("restricted_bases")
    restricted_strategies: list[str] = _limit("restricted_strategies")
    trading_hours: dict[str, str] = _limit("trading_hours")
    usd_per: dict[str, str] = _limit("usd_per")
