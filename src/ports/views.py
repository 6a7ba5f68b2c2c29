"""Orders, fills and positions as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    DecisionId,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    OrderType,
    Price,
    Quantity,
    Side,
    StrategyId,
    TimeInForce,
    TradeId,
    VenueId,
    VenueOrderId,
)


@record
class FillView:
    """One trade of an order."""

    trade_id: TradeId
    quantity: Quantity
    price: Price
    fee: Money
    liquidity: Liquidity | None
    venue: VenueId
    venue_order_id: VenueOrderId | None
    venue_time_ns: int


@record
class OrderView:
    """One order, whole, as of the sequence at which it was read.

    `venue` and `account` are None until it is routed; `average_price` is None until it is filled; `reason_code`
    is empty where nothing was refused.
    """

    operation_id: OperationId
    order_id: OrderId
    strategy_id: StrategyId
    instrument: InstrumentKey  # of the venue it was routed to; as asked until then
    venue: VenueId | None
    account: AccountId | None
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    quantity: Quantity
    price: Price | None
    status: OrderStatus
    filled_quantity: Decimal
    average_price: Decimal | None
    fills: Sequence[FillView]
    reason_code: str
    reason: str
    decision_id: DecisionId
    client_order_id: ClientOrderId | None
    venue_order_id: VenueOrderId | None
    exec_algorithm: str
    created_ns: int
    updated_ns: int
    tags: Mapping[str, str] = field(default_factory=dict)
    trigger_price: Price | None = None  # of a trailing stop: where it has trailed to
    trailing_offset: Price | None = None
    reduce_only: bool = False
    display_quantity: Quantity | None = None
    oco_group: str = ""
    after_operation_id: OperationId | None = None
    parent_operation_id: OperationId | None = None  # of a child


@record
class PositionView:
    """What one strategy holds of one instrument in one account; `quantity` is negative where short.

    `current_price` and `unrealized_pnl` are None where no price is known. P&L and fees are in `settlement`
    except `fees`, which keep the currency each was paid in.
    """

    account: AccountId
    strategy_id: StrategyId
    instrument: InstrumentKey
    quantity: Decimal
    average_entry_price: Decimal | None  # None where flat
    current_price: Decimal | None
    realized_pnl: Decimal
    unrealized_pnl: Decimal | None
    fees: Mapping[Currency, Decimal]
    settlement: Currency
    updated_ns: int
