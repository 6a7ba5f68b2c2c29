"""The keys of `risk_engine`: one for each limit there is (`ports.limits.LIMIT_FIELDS`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.settings_types import (
    Amount,
    CurrencyName,
    CurrencyOrAny,
    Flag,
    Hours,
    Key,
    KeyOrAny,
    Milliseconds,
    Positive,
    Section,
    Text,
    VenueOrAny,
    VenueOrKey,
    VolumeMs,
    WindowMs,
)


class RiskEngine(Section):
    """Pre-trade limits; one left out is not set. Values are in USD, quantities in the instrument's unit."""

    enabled: Flag = True
    max_orders_per_second: Positive | None = None
    max_orders_per_minute: Positive | None = None
    max_orders_per_second_per_strategy: Positive | None = None
    max_orders_per_minute_per_strategy: Positive | None = None
    max_orders_per_second_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    max_orders_per_minute_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    max_orders_per_day: Positive | None = None
    max_orders_per_day_per_strategy: Positive | None = None
    max_orders_per_day_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    max_messages_per_second: Positive | None = None
    max_messages_per_minute: Positive | None = None
    max_messages_per_second_per_strategy: Positive | None = None
    max_messages_per_minute_per_strategy: Positive | None = None
    max_messages_per_second_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    max_messages_per_minute_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    max_messages_per_day: Positive | None = None
    max_messages_per_day_per_strategy: Positive | None = None
    max_messages_per_day_per_venue: dict[VenueOrAny, Positive] = Field(default_factory=dict)
    runaway_max_orders: Positive | None = None
    runaway_window_ms: WindowMs | None = None
    max_messages_per_trade: dict[Text, Amount] = Field(default_factory=dict)
    messages_per_trade_from: Positive | None = None
    min_order_quantity: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    max_order_quantity: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    min_order_value: Amount | None = None
    max_order_value: Amount | None = None
    max_order_value_in_quote: dict[CurrencyOrAny, Amount] = Field(default_factory=dict)
    max_share_of_volume_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    volume_window_ms: VolumeMs | None = None
    max_position_per_instrument: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    max_position_per_strategy: dict[Text, Amount] = Field(default_factory=dict)
    max_position_per_venue: dict[VenueOrAny, Amount] = Field(default_factory=dict)
    max_position_per_base: dict[CurrencyOrAny, Amount] = Field(default_factory=dict)
    max_position_global: Amount | None = None
    max_total_notional: Amount | None = None
    max_gross_by_base: Amount | None = None
    max_net_exposure: Amount | None = None
    max_concentration_bps: dict[CurrencyOrAny, Amount] = Field(default_factory=dict)
    concentration_from: Amount | None = None
    price_collar_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    passive_price_collar_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    reference_max_age_ms: Milliseconds | None = None
    max_market_slippage_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    max_price_move_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    price_move_window_ms: VolumeMs | None = None
    max_quote_age_ms: Milliseconds | None = None
    max_clock_skew_ms: Milliseconds | None = None
    check_funds_at: tuple[VenueOrAny, ...] = ()
    leverage: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    max_daily_loss: Amount | None = None
    max_daily_loss_per_strategy: dict[Text, Amount] = Field(default_factory=dict)
    max_drawdown: Amount | None = None
    max_drawdown_per_strategy: dict[Text, Amount] = Field(default_factory=dict)
    max_closing_slippage_bps: dict[KeyOrAny, Amount] = Field(default_factory=dict)
    duplicate_window_ms: WindowMs | None = None
    self_trade: Literal["ALLOW", "REFUSE", "CANCEL_RESTING"] = "ALLOW"
    restricted_instruments: tuple[Key, ...] = ()
    restricted_bases: tuple[CurrencyName, ...] = ()
    restricted_strategies: tuple[Text, ...] = ()
    trading_hours: dict[VenueOrKey, Hours] = Field(default_factory=dict)
    usd_per: dict[Text, Amount] = Field(default_factory=dict)  # beside the dollar coins, which count as 1
