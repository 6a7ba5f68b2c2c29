"""What limits there are: the name, kind and meaning of each, for whoever reads or shows a document of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ANY_KEY: Final = "*"
SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
LONGEST_VOLUME_MS: Final = 5 * MINUTE_MS
DAY_MS: Final = 24 * 60 * MINUTE_MS


class SelfTrade(StrEnum):
    """What becomes of an order that would meet an open order of ours in the same account."""

    ALLOW = "ALLOW"  # nobody asks
    REFUSE = "REFUSE"
    CANCEL_RESTING = "CANCEL_RESTING"  # it goes, and cancels of what it would meet go before it


class LimitKind(StrEnum):
    """How a limit is written and read."""

    SWITCH = "SWITCH"
    COUNT = "COUNT"  # a whole number, at least 1
    WINDOW_MS = "WINDOW_MS"  # milliseconds, at most a minute
    VOLUME_MS = "VOLUME_MS"  # milliseconds, at most five minutes
    DAY_MS = "DAY_MS"  # milliseconds, at most a day
    AMOUNT = "AMOUNT"  # a decimal, not below zero
    AMOUNT_BY_INSTRUMENT = "AMOUNT_BY_INSTRUMENT"
    AMOUNT_BY_STRATEGY = "AMOUNT_BY_STRATEGY"
    AMOUNT_BY_VENUE = "AMOUNT_BY_VENUE"
    AMOUNT_BY_CURRENCY = "AMOUNT_BY_CURRENCY"
    COUNT_BY_VENUE = "COUNT_BY_VENUE"
    RATE_BY_CURRENCY = "RATE_BY_CURRENCY"  # above zero, and no default
    SELF_TRADE = "SELF_TRADE"
    INSTRUMENTS = "INSTRUMENTS"  # a list of names
    CURRENCIES = "CURRENCIES"
    STRATEGIES = "STRATEGIES"
    VENUES = "VENUES"
    HOURS = "HOURS"  # weekly windows by instrument key or venue


@dataclass(frozen=True, slots=True)
class LimitField:
    """One limit: its name in documents and configurations, and its attribute in `Limits` where that is another."""

    name: str
    kind: LimitKind
    says: str
    held_as: str = ""

    @property
    def attribute(self) -> str:
        """The attribute of `ports.commands.Limits`, whose name ends in its unit."""
        return self.held_as or self.name


_K = LimitKind
LIMIT_FIELDS: Final = (
    LimitField("enabled", _K.SWITCH, "false switches every limit off; halts are always asked"),
    LimitField("max_orders_per_second", _K.COUNT, "released over all strategies"),
    LimitField("max_orders_per_minute", _K.COUNT, "released over all strategies"),
    LimitField("max_orders_per_second_per_strategy", _K.COUNT, "released by each strategy"),
    LimitField("max_orders_per_minute_per_strategy", _K.COUNT, "released by each strategy"),
    LimitField("max_orders_per_second_per_venue", _K.COUNT_BY_VENUE, "released to a venue"),
    LimitField("max_orders_per_minute_per_venue", _K.COUNT_BY_VENUE, "released to a venue"),
    LimitField("max_orders_per_day", _K.COUNT, "released since 00:00 UTC over all strategies"),
    LimitField("max_orders_per_day_per_strategy", _K.COUNT, "released since 00:00 UTC by each strategy"),
    LimitField("max_orders_per_day_per_venue", _K.COUNT_BY_VENUE, "released since 00:00 UTC to a venue"),
    LimitField(
        "max_messages_per_second",
        _K.COUNT,
        "orders, amends and cancels over all strategies; a cancel counts and is never refused",
    ),
    LimitField("max_messages_per_minute", _K.COUNT, "orders, amends and cancels over all strategies"),
    LimitField("max_messages_per_second_per_strategy", _K.COUNT, "orders, amends and cancels of each strategy"),
    LimitField("max_messages_per_minute_per_strategy", _K.COUNT, "orders, amends and cancels of each strategy"),
    LimitField("max_messages_per_second_per_venue", _K.COUNT_BY_VENUE, "orders, amends and cancels to a venue"),
    LimitField("max_messages_per_minute_per_venue", _K.COUNT_BY_VENUE, "orders, amends and cancels to a venue"),
    LimitField("max_messages_per_day", _K.COUNT, "orders, amends and cancels since 00:00 UTC over all strategies"),
    LimitField(
        "max_messages_per_day_per_strategy", _K.COUNT, "orders, amends and cancels since 00:00 UTC of each strategy"
    ),
    LimitField(
        "max_messages_per_day_per_venue", _K.COUNT_BY_VENUE, "orders, amends and cancels since 00:00 UTC to a venue"
    ),
    LimitField("runaway_max_orders", _K.COUNT, "recorded of each strategy in `runaway_window_ms`, refused ones too"),
    LimitField("runaway_window_ms", _K.WINDOW_MS, "1000 where not set"),
    LimitField("max_messages_per_trade", _K.AMOUNT_BY_STRATEGY, "amends and cancels for each trade since 00:00 UTC"),
    LimitField(
        "messages_per_trade_from",
        _K.COUNT,
        "amends and cancels of a day from which the ratio is judged; 100 where not set",
    ),
    LimitField("min_order_quantity", _K.AMOUNT_BY_INSTRUMENT, "of one order"),
    LimitField("max_order_quantity", _K.AMOUNT_BY_INSTRUMENT, "of one order"),
    LimitField("min_order_value", _K.AMOUNT, "of one order, USD", "min_order_value_usd"),
    LimitField(
        "max_order_value", _K.AMOUNT, "of one order, USD; one that cannot be valued is refused", "max_order_value_usd"
    ),
    LimitField(
        "max_order_value_in_quote", _K.AMOUNT_BY_CURRENCY, "of one order, in the quote currency that is the key"
    ),
    LimitField(
        "max_share_of_volume_bps",
        _K.AMOUNT_BY_INSTRUMENT,
        "of one order in what was traded publicly in `volume_window_ms`",
    ),
    LimitField("volume_window_ms", _K.VOLUME_MS, "60000 where not set"),
    LimitField(
        "max_position_per_instrument", _K.AMOUNT_BY_INSTRUMENT, "net over all strategies, in the instrument's unit"
    ),
    LimitField(
        "max_position_per_strategy",
        _K.AMOUNT_BY_STRATEGY,
        "all its instruments added up, USD",
        "max_position_per_strategy_usd",
    ),
    LimitField(
        "max_position_per_venue", _K.AMOUNT_BY_VENUE, "all its instruments added up, USD", "max_position_per_venue_usd"
    ),
    LimitField(
        "max_position_per_base",
        _K.AMOUNT_BY_CURRENCY,
        "net over all instruments of a base asset, USD",
        "max_position_per_base_usd",
    ),
    LimitField("max_position_global", _K.AMOUNT, "all net positions added up, USD", "max_position_global_usd"),
    LimitField(
        "max_total_notional", _K.AMOUNT, "positions and open orders, nothing netted, USD", "max_total_notional_usd"
    ),
    LimitField(
        "max_gross_by_base",
        _K.AMOUNT,
        "net positions of base assets added up, long or short, USD",
        "max_gross_by_base_usd",
    ),
    LimitField("max_net_exposure", _K.AMOUNT, "long less short over everything, USD", "max_net_exposure_usd"),
    LimitField("max_concentration_bps", _K.AMOUNT_BY_CURRENCY, "share of a base asset in the gross by base"),
    LimitField(
        "concentration_from",
        _K.AMOUNT,
        "gross by base from which shares are judged, USD; 0 where not set",
        "concentration_from_usd",
    ),
    LimitField(
        "price_collar_bps", _K.AMOUNT_BY_INSTRUMENT, "how far through the mid a limit may buy above or sell below"
    ),
    LimitField(
        "passive_price_collar_bps", _K.AMOUNT_BY_INSTRUMENT, "how far from the mid a limit may rest on its own side"
    ),
    LimitField(
        "reference_max_age_ms", _K.DAY_MS, "how old the quote of collar and slippage guard may be; 5000 where not set"
    ),
    LimitField(
        "max_market_slippage_bps",
        _K.AMOUNT_BY_INSTRUMENT,
        "how far from the mid a market order may be expected to reach",
    ),
    LimitField(
        "max_price_move_bps",
        _K.AMOUNT_BY_INSTRUMENT,
        "how far the mid may move, or a limit would carry it, within `price_move_window_ms`",
    ),
    LimitField("price_move_window_ms", _K.VOLUME_MS, "60000 where not set"),
    LimitField("max_quote_age_ms", _K.DAY_MS, "how old the newest quote of an order's instrument may be"),
    LimitField("max_clock_skew_ms", _K.DAY_MS, "how far the venue's time of the newest quote may be from ours"),
    LimitField("check_funds_at", _K.VENUES, "venues (`*`: all) whose stated balances have to cover an order"),
    LimitField("leverage", _K.AMOUNT_BY_INSTRUMENT, "notional that one unit of margin carries; 1 where not set"),
    LimitField("max_daily_loss", _K.AMOUNT, "all P&L since 00:00 UTC, USD", "max_daily_loss_usd"),
    LimitField(
        "max_daily_loss_per_strategy",
        _K.AMOUNT_BY_STRATEGY,
        "its P&L since 00:00 UTC, USD",
        "max_daily_loss_per_strategy_usd",
    ),
    LimitField("max_drawdown", _K.AMOUNT, "all P&L from its highest since 00:00 UTC, USD", "max_drawdown_usd"),
    LimitField(
        "max_drawdown_per_strategy",
        _K.AMOUNT_BY_STRATEGY,
        "its P&L from its highest since 00:00 UTC, USD",
        "max_drawdown_per_strategy_usd",
    ),
    LimitField(
        "max_closing_slippage_bps",
        _K.AMOUNT_BY_INSTRUMENT,
        "how far through the touch an order of a flatten may reach; a market order where not set",
    ),
    LimitField("duplicate_window_ms", _K.WINDOW_MS, "within which the same order of a strategy again is refused"),
    LimitField(
        "self_trade",
        _K.SELF_TRADE,
        "`REFUSE`, `CANCEL_RESTING` or `ALLOW` an order that would meet ours of the account",
    ),
    LimitField("restricted_instruments", _K.INSTRUMENTS, "not to be traded"),
    LimitField("restricted_bases", _K.CURRENCIES, "base assets not to be traded"),
    LimitField("restricted_strategies", _K.STRATEGIES, "which may not trade"),
    LimitField(
        "trading_hours", _K.HOURS, "weekly windows in UTC by instrument key or venue, such as `MON-FRI 13:30-20:00`"
    ),
    LimitField("usd_per", _K.RATE_BY_CURRENCY, "USD for one unit of a currency that no quote values"),
)
