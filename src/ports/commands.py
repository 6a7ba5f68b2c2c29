"""What people and strategies ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from enum import StrEnum

from ports.instruments import InstrumentKey
from ports.limits import SelfTrade
from ports.records import record
from ports.values import (
    AccountId,
    AmendId,
    OperationId,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
    TradeId,
    VenueId,
)

NORMAL = "NORMAL"  # the execution algorithm that is none: the order goes out as it is


@record
class OrderTerms:
    """The content of an order: what makes two submits with one operation id the same or not.

    `price` is set exactly for the types that have a limit, `trigger_price` for stops and if-touched orders,
    `trailing_offset` (in the quote currency) for a trailing stop, `expire_time_ns` for GTD.
    """

    operation_id: OperationId
    strategy_id: StrategyId
    instrument: InstrumentKey
    side: Side
    quantity: Quantity
    order_type: OrderType
    price: Price | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_time_ns: int | None = None
    post_only: bool = False
    trigger_price: Price | None = None
    trailing_offset: Price | None = None
    reduce_only: bool = False  # only what closes the strategy's own position; judged on our ledger, not the venue's
    display_quantity: Quantity | None = None  # what the book shows of it; None: all
    oco_group: str = ""  # of the strategy: a fill of one order of a group takes the others back
    after_operation_id: OperationId | None = None  # held until that order has filled (one triggers the other)
    parent_operation_id: OperationId | None = None  # of a child: the order that an algorithm works by it
    batch: int = 0  # of a child: the number of the first child that was placed in the same step
    account: AccountId | None = None
    venues: tuple[VenueId, ...] = ()  # where it may go; empty: anywhere the instrument is listed
    split_allowed: bool = False  # of a SMART order: over several venues at once, not one after another
    exec_algorithm: str = NORMAL
    exec_algorithm_params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@record
class SubmitOrder:
    """Place an order, once for ever by its operation id."""

    terms: OrderTerms
    principal: Principal
    received_ns: int  # when the door had it whole
    max_age_ns: int | None = None  # refuse it where it waited longer than this before its turn


@record
class CheckOrder:
    """Say what risk and routing would make of an order now; nothing is recorded, reserved or sent."""

    terms: OrderTerms
    principal: Principal


@record
class CancelOrder:
    """Take one order back. Harmless to repeat; one that overtakes its submit makes that submit refused."""

    operation_id: OperationId
    principal: Principal
    reason: str = ""


@record
class AmendOrder:
    """Change the whole quantity, the limit or the trigger of an order that works or is held; None leaves it as it is.

    `quantity` counts what is filled already. Harmless to repeat with the same `amend_id`, which stands for these values
    for ever. `is_named_by_values`: the caller gave none, so whether it is a repeat or a new wish cannot be known; it
    counts as a repeat while the order is as it asks, and is refused afterwards.
    """

    operation_id: OperationId
    amend_id: AmendId
    quantity: Quantity | None
    price: Price | None
    principal: Principal
    reason: str = ""
    trigger_price: Price | None = None
    is_named_by_values: bool = False


@record
class CancelAll:
    """Take back every open or held order that matches all the filters given; none given: every one."""

    principal: Principal
    strategy_id: StrategyId | None = None
    venue: VenueId | None = None
    instrument: InstrumentKey | None = None
    account: AccountId | None = None
    side: Side | None = None
    reason: str = ""


class AdjustmentKind(StrEnum):
    """Why a position changed without a trade."""

    OPENING = "OPENING"  # it was there before we were
    TRANSFER = "TRANSFER"  # from one strategy to another of the same account
    BUST = "BUST"  # the venue took a trade back
    CORRECTION = "CORRECTION"  # a person put right what evidence outside of us shows, or the venue corrected a trade


class HaltScope(StrEnum):
    """How much a halt covers."""

    ORDER = "order"
    STRATEGY = "strategy"
    INSTRUMENT = "instrument"
    ACCOUNT = "account"
    VENUE = "venue"
    GLOBAL = "global"


class HaltMode(StrEnum):
    """What a halt does, each more than the one before; cancels and reduce-only orders pass them all.

    `halt`: no other order goes out. `reduce`: those that shrink their strategy's position do. `cancel`: a halt, and
    what works or is held is taken back. `flatten`: that, and positions are closed, until there are none.
    """

    HALT = "halt"
    REDUCE = "reduce"
    CANCEL = "cancel"
    FLATTEN = "flatten"


@record
class RaiseHalt:
    """Stop new risk in a scope until somebody resumes it; survives restarts; never blocks a cancel."""

    scope: HaltScope
    value: str  # the order (by operation id), strategy, instrument, account or venue; empty for global
    mode: HaltMode
    principal: Principal
    reason: str


@record
class LiftHalt:
    """Resume a scope that was halted; lifting what is not halted changes nothing."""

    scope: HaltScope
    value: str
    principal: Principal
    reason: str


@record
class Limits:
    """Pre-trade limits. None, an empty collection or a missing key means: that limit is not set.

    `*` is the default for a key. What each is and how it is read: `ports.limits.LIMIT_FIELDS`. Maps hold counts as
    whole decimals. `usd_per` values currencies that no quote values (contracts.md, reporting currency USD).
    """

    enabled: bool = True
    max_orders_per_second: int | None = None
    max_orders_per_minute: int | None = None
    max_orders_per_second_per_strategy: int | None = None
    max_orders_per_minute_per_strategy: int | None = None
    max_orders_per_second_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    max_orders_per_minute_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    max_orders_per_day: int | None = None
    max_orders_per_day_per_strategy: int | None = None
    max_orders_per_day_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    max_messages_per_second: int | None = None
    max_messages_per_minute: int | None = None
    max_messages_per_second_per_strategy: int | None = None
    max_messages_per_minute_per_strategy: int | None = None
    max_messages_per_second_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    max_messages_per_minute_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    max_messages_per_day: int | None = None
    max_messages_per_day_per_strategy: int | None = None
    max_messages_per_day_per_venue: Mapping[str, Decimal] = field(default_factory=dict)
    runaway_max_orders: int | None = None
    runaway_window_ms: int | None = None
    max_messages_per_trade: Mapping[str, Decimal] = field(default_factory=dict)  # by strategy
    messages_per_trade_from: int | None = None
    min_order_quantity: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    max_order_quantity: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    min_order_value_usd: Decimal | None = None
    max_order_value_usd: Decimal | None = None
    max_order_value_in_quote: Mapping[str, Decimal] = field(default_factory=dict)  # by quote currency
    max_share_of_volume_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    volume_window_ms: int | None = None
    max_position_per_instrument: Mapping[str, Decimal] = field(default_factory=dict)  # instrument units
    max_position_per_strategy_usd: Mapping[str, Decimal] = field(default_factory=dict)
    max_position_per_venue_usd: Mapping[str, Decimal] = field(default_factory=dict)
    max_position_per_base_usd: Mapping[str, Decimal] = field(default_factory=dict)
    max_position_global_usd: Decimal | None = None
    max_total_notional_usd: Decimal | None = None
    max_gross_by_base_usd: Decimal | None = None
    max_net_exposure_usd: Decimal | None = None
    max_concentration_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by base asset
    concentration_from_usd: Decimal | None = None
    price_collar_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    passive_price_collar_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    reference_max_age_ms: int | None = None
    max_market_slippage_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    max_price_move_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    price_move_window_ms: int | None = None
    max_quote_age_ms: int | None = None
    max_clock_skew_ms: int | None = None
    check_funds_at: tuple[str, ...] = ()  # venues
    leverage: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    max_daily_loss_usd: Decimal | None = None
    max_daily_loss_per_strategy_usd: Mapping[str, Decimal] = field(default_factory=dict)
    max_drawdown_usd: Decimal | None = None
    max_drawdown_per_strategy_usd: Mapping[str, Decimal] = field(default_factory=dict)
    max_closing_slippage_bps: Mapping[str, Decimal] = field(default_factory=dict)  # by instrument key
    duplicate_window_ms: int | None = None
    self_trade: SelfTrade = SelfTrade.ALLOW
    restricted_instruments: tuple[str, ...] = ()
    restricted_bases: tuple[str, ...] = ()
    restricted_strategies: tuple[str, ...] = ()
    trading_hours: Mapping[str, str] = field(default_factory=dict)  # by instrument key or venue
    usd_per: Mapping[str, Decimal] = field(default_factory=dict)


@record
class SetLimits:
    """Put new limits in force from the next order on; what lets more through may have to wait for a second person.

    `approved_by`: who the second one was, where another process of ours has asked already.
    """

    limits: Limits
    principal: Principal
    reason: str
    approved_by: Principal | None = None


@record
class ApproveLimits:
    """A second person's word on limits that wait for it: in force at once, or (`approve` False) never."""

    proposal_id: str
    approve: bool
    principal: Principal
    reason: str


@record
class AdjustPosition:
    """Put a position right that no trade of ours explains: one that was there before, or a correction.

    `quantity` is what is added (negative: taken away), as if traded at `price`. Once for ever by `adjustment_id`.
    """

    adjustment_id: TradeId
    kind: AdjustmentKind
    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    quantity: Decimal
    price: Price
    principal: Principal
    reason: str


@record
class TransferPosition:
    """Move `quantity` (> 0 long, < 0 short) between two strategies of one account at `price`; once by its id."""

    transfer_id: TradeId
    account: AccountId
    from_strategy: StrategyId
    to_strategy: StrategyId
    instrument: InstrumentKey
    quantity: Decimal
    price: Price
    principal: Principal
    reason: str


@record
class BustTrade:
    """Take a trade back that its venue has annulled: position and fee are reversed, the order stays as it ended."""

    account: AccountId
    instrument: InstrumentKey
    trade_id: TradeId
    principal: Principal
    reason: str


@record
class OpenStream:
    """A strategy has opened a stream on whose loss its orders are to be cancelled. Harmless to repeat.

    `grace_ns`: how long after the loss, unless it opens another such stream meanwhile. `stream_id` is once for ever.
    """

    strategy_id: StrategyId
    stream_id: str
    grace_ns: int
    principal: Principal


@record
class CloseStream:
    """A strategy's stream is gone, however it ended; one that is not open changes nothing."""

    strategy_id: StrategyId
    stream_id: str
    principal: Principal


class BreakReason(StrEnum):
    """What moved a balance that no trade explains: a person's answer to a break of kind BALANCE_DIFFERS."""

    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    TRANSFER = "TRANSFER"  # between accounts of the same owner
    FEE = "FEE"  # that no trade carried
    INTEREST = "INTEREST"  # paid or received: borrowing, lending, staking
    CONVERSION = "CONVERSION"  # into another currency, dust included
    MISSING_TRADE = "MISSING_TRADE"  # it was found, and put right
    OTHER = "OTHER"  # `how` says what


@record
class ResolveBreak:
    """Close a break by a person's word; what they found out is kept with it, and of a balance what moved it."""

    break_id: str
    principal: Principal
    how: str
    reason: BreakReason | None = None
