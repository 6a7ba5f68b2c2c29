"""From rows of the projections to what doors read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Row

from adapters.sql.valuation import Valuation
from ports.facts import InstrumentDefined, decode_fact, upcast
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote
from ports.projections import TimelineEvent
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
from ports.views import FillView, OrderView, PositionView


def order_view(row: Row[Any]) -> OrderView:
    """Return a row of `unified_orders` as an order."""
    return OrderView(
        operation_id=OperationId(row.operation_id),
        order_id=OrderId(row.order_id),
        strategy_id=StrategyId(row.strategy_id),
        instrument=InstrumentKey(row.canonical_id),
        venue=None if row.venue is None else VenueId(row.venue),
        account=None if row.account is None else AccountId(row.account),
        side=Side(row.side),
        order_type=OrderType(row.order_type),
        time_in_force=TimeInForce(row.time_in_force),
        quantity=Quantity(row.quantity),
        price=None if row.price is None else Price(row.price),
        status=OrderStatus(row.status),
        filled_quantity=row.filled_quantity,
        average_price=row.average_price,
        fills=_fills(row.fills),
        reason_code=row.reason_code,
        reason=row.reason,
        decision_id=DecisionId(row.decision_id),
        client_order_id=None if row.client_order_id is None else ClientOrderId(row.client_order_id),
        venue_order_id=None if row.venue_order_id is None else VenueOrderId(row.venue_order_id),
        exec_algorithm=row.exec_algorithm,
        created_ns=row.created_at,
        updated_ns=row.updated_at,
        tags=orjson.loads(row.tags),
        trigger_price=None if row.trigger_price is None else Price(row.trigger_price),
        trailing_offset=None if row.trailing_offset is None else Price(row.trailing_offset),
        reduce_only=bool(row.reduce_only),
        display_quantity=None if row.display_quantity is None else Quantity(row.display_quantity),
        oco_group=row.oco_group,
        after_operation_id=None if row.after_operation_id is None else OperationId(row.after_operation_id),
        parent_operation_id=None if row.parent_operation_id is None else OperationId(row.parent_operation_id),
    )


def _fills(text: str) -> Sequence[FillView]:
    return tuple(
        [
            FillView(
                trade_id=TradeId(fill["fill_id"]),
                quantity=Quantity(Decimal(fill["quantity"])),
                price=Price(Decimal(fill["price"])),
                fee=Money(Decimal(fill["fee"]), Currency(fill["fee_currency"])),
                liquidity=None if fill["liquidity"] is None else Liquidity(fill["liquidity"]),
                venue=VenueId(fill["venue"]),
                venue_order_id=None if fill["venue_order_id"] is None else VenueOrderId(fill["venue_order_id"]),
                venue_time_ns=fill["timestamp_ns"],
            )
            for fill in orjson.loads(text)
        ]
    )


def timeline_event(row: Row[Any]) -> TimelineEvent:
    """Return a row of `order_events` as an event."""
    return TimelineEvent(
        seq=row.seq, ts_ns=row.ts_ns, kind=row.kind, body=upcast(row.kind, row.version, orjson.loads(row.body))
    )


def position_view(row: Row[Any], quote: Quote | None, valuation: Valuation) -> PositionView:
    """Return a row of `positions`, valued at the middle of `quote`. Runs inside `ports.values.exact()`."""
    instrument = InstrumentKey(row.canonical_id)
    mark = None if quote is None else quote.mid
    return PositionView(
        account=AccountId(row.account),
        strategy_id=StrategyId(row.strategy_id),
        instrument=instrument,
        quantity=row.quantity,
        average_entry_price=row.average_entry_price,
        current_price=mark,
        realized_pnl=row.realized_pnl,
        unrealized_pnl=None if mark is None else valuation.unrealized(instrument, row.quantity, row.open_cash, mark),
        fees={Currency(currency): Decimal(amount) for currency, amount in orjson.loads(row.fees).items()},
        settlement=Currency(row.settlement),
        updated_ns=row.updated_at,
    )


def listed_instrument(row: Row[Any]) -> Instrument:
    """Return the instrument that a row of `instruments` holds."""
    fact = decode_fact(InstrumentDefined.__name__, row.version, orjson.loads(row.body))
    if not isinstance(fact, InstrumentDefined):
        raise TypeError(f"{row.canonical_id} is no instrument")
    return fact.instrument
