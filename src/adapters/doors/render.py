"""Orders, trades and positions as plain data with the protocol's field names: the one source of both doors' answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from adapters.doors.service import AlgorithmView, HaltView, VenueView
from ports.facts import OrderFilled
from ports.instruments import Instrument
from ports.values import Currency, plain
from ports.views import FillView, OrderView, PositionView

type Plain = dict[str, Any]


def order_plain(order: OrderView, sequence: int) -> Plain:
    """Return an `ExecutionResult` as plain data; `sequence` is what the answer stands on."""
    price = order.price
    average = order.average_price
    return {
        "operation_id": order.operation_id,
        "status": order.status.value,
        "venue": order.venue or "",
        "fills": [fill_plain(fill) for fill in order.fills],
        "error_message": order.reason,
        "order_id": order.order_id,
        "reason_code": order.reason_code,
        "decision_id": order.decision_id,
        "sequence": sequence,
        "instrument_key": str(order.instrument),
        "side": order.side.value,
        "amount": plain(order.quantity),
        "filled_amount": plain(order.filled_quantity),
        "average_price": "" if average is None else plain(average),
        "strategy_id": order.strategy_id,
        "account": order.account or "",
        "client_order_id": order.client_order_id or "",
        "venue_order_id": order.venue_order_id or "",
        "created_at_ns": order.created_ns,
        "updated_at_ns": order.updated_ns,
        "price": "" if price is None else plain(price),
        "order_type": order.order_type.value,
        "time_in_force": order.time_in_force.value,
        "exec_algorithm": order.exec_algorithm,
        "tags": dict(order.tags),
        "trigger_price": "" if order.trigger_price is None else plain(order.trigger_price),
        "trailing_offset": "" if order.trailing_offset is None else plain(order.trailing_offset),
        "reduce_only": order.reduce_only,
        "display_amount": "" if order.display_quantity is None else plain(order.display_quantity),
        "oco_group": order.oco_group,
        "after_operation_id": order.after_operation_id or "",
        "parent_operation_id": order.parent_operation_id or "",
    }


def fill_plain(fill: FillView) -> Plain:
    """Return a `Fill` as plain data."""
    return {
        "fill_id": fill.trade_id,
        "quantity": plain(fill.quantity),
        "price": plain(fill.price),
        "fee": plain(fill.fee.amount),
        "fee_currency": fill.fee.currency,
        "timestamp_ns": fill.venue_time_ns,
        "venue": fill.venue,
        "venue_order_id": fill.venue_order_id or "",
        "liquidity": "" if fill.liquidity is None else fill.liquidity.value,
    }


def trade_plain(fact: OrderFilled) -> Plain:
    """Return the `Fill` that a fact tells of, as plain data."""
    return fill_plain(
        FillView(
            trade_id=fact.trade_id,
            quantity=fact.quantity,
            price=fact.price,
            fee=fact.fee,
            liquidity=fact.liquidity,
            venue=fact.instrument.venue,
            venue_order_id=fact.venue_order_id,
            venue_time_ns=fact.venue_time_ns,
        )
    )


def position_plain(position: PositionView, base_asset: Currency) -> Plain:
    """Return a `Position` as plain data."""
    entry, current, unrealized = position.average_entry_price, position.current_price, position.unrealized_pnl
    return {
        "instrument_key": str(position.instrument),
        "venue": position.instrument.venue,
        "account": position.account,
        "strategy_id": position.strategy_id,
        "base_asset": base_asset,
        "quantity": plain(position.quantity),
        "average_entry_price": "" if entry is None else plain(entry),
        "current_price": "" if current is None else plain(current),
        "realized_pnl": plain(position.realized_pnl),
        "unrealized_pnl": "" if unrealized is None else plain(unrealized),
        "fees": {currency: plain(amount) for currency, amount in position.fees.items()},
        "settlement_currency": position.settlement,
        "updated_at_ns": position.updated_ns,
    }


def instrument_plain(instrument: Instrument) -> Plain:
    """Return an instrument as plain data; amounts are in its own unit, fee rates are fractions of notional."""
    most, least_value = instrument.max_quantity, instrument.min_notional
    return {
        "instrument_key": str(instrument.key),
        "venue": instrument.key.venue,
        "instrument_type": instrument.key.type.value,
        "base_currency": instrument.key.base,
        "quote_currency": instrument.key.quote,
        "settlement_currency": instrument.settlement,
        "tick_size": plain(instrument.tick_size),
        "lot_size": plain(instrument.lot_size),
        "min_quantity": plain(instrument.min_quantity),
        "max_quantity": "" if most is None else plain(most),
        "min_notional": "" if least_value is None else plain(least_value),
        "maker_fee_rate": plain(instrument.maker_fee_rate),
        "taker_fee_rate": plain(instrument.taker_fee_rate),
    }


def venue_plain(venue: VenueView) -> Plain:
    """Return a `Venue` as plain data."""
    return {
        "venue": venue.venue,
        "venue_type": venue.venue_type,
        "mode": venue.mode,
        "state": venue.state,
        "detail": venue.detail,
        "accounts": list(venue.accounts),
        "last_message_ns": venue.last_message_ns,
        "round_trip_us": venue.round_trip_us,
        "orders_left": venue.orders_left,
        "dead_man_s": venue.dead_man_s,
        "open_orders": venue.open_orders,
        "unconfirmed_orders": venue.unconfirmed_orders,
        "open_breaks": venue.open_breaks,
        "instrument_types": list(venue.instrument_types),
    }


def algorithm_plain(algorithm: AlgorithmView) -> Plain:
    """Return an algorithm with its parameters as plain data."""
    return asdict(algorithm)


def halt_plain(halt: HaltView) -> Plain:
    """Return a `HaltState` as plain data."""
    return {
        "scope": halt.scope.value.upper(),
        "scope_value": halt.value,
        "mode": halt.mode.value.upper(),
        "reason": halt.reason,
        "principal": halt.principal,
        "since_ns": halt.since_ns,
        "trip": "" if halt.trip is None else str(halt.trip),
    }
