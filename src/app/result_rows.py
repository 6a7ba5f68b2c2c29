"""From what became true in a run to the rows of its result files; live, paper and replay alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.equity import max_drawdown
from core.positions.pnl import unrealized_pnl
from ports.facts import OrderFilled, PositionChanged
from ports.journal import Entry
from ports.results import EquityRow, FillRow, PositionRow
from ports.values import ZERO, OperationId, OrderId, exact, multiply_rounded, plain
from ports.views import OrderView


def figures(
    orders: Collection[OrderView], fills: Collection[FillRow], equity: Sequence[EquityRow], value_before: Decimal
) -> dict[str, Any]:
    """Return the figures of a run's summary; amounts in USD, as text."""
    with exact():
        pnl = equity[-1].portfolio_value - value_before if equity else ZERO
    return {
        "orders": len(orders),
        "fills": len(fills),
        "trades": len(fills),
        "pnl": plain(pnl),
        "fees": plain(equity[-1].fees if equity else ZERO),
        "max_drawdown": plain(max_drawdown(equity)),
        "by_status": dict(sorted(Counter(str(order.status) for order in orders).items())),
    }


def fill_row(fill: OrderFilled, orders: Mapping[OperationId, OrderView]) -> FillRow:
    """Return a trade as a row; `orders` are those that it may be of."""
    order = None if fill.operation_id is None else orders.get(fill.operation_id)
    return FillRow(
        timestamp_ns=fill.learnt_ns,
        order_id=OrderId("") if order is None else order.order_id,
        operation_id=fill.operation_id or OperationId(""),
        trade_id=fill.trade_id,
        strategy_id=fill.strategy_id,
        instrument=fill.instrument,
        venue=fill.instrument.venue,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        liquidity=fill.liquidity,
    )


def position_rows(entries: Sequence[Entry]) -> list[PositionRow]:
    """Return a row for every changed position, marked at its trade's price (whose fact comes just before it)."""
    return [
        _position_row(now.fact, before.fact)
        for before, now in pairwise(entries)
        if isinstance(now.fact, PositionChanged) and isinstance(before.fact, OrderFilled)
    ]


def _position_row(position: PositionChanged, trade: OrderFilled) -> PositionRow:
    instrument, price = position.instrument, trade.price
    with exact():
        return PositionRow(
            timestamp_ns=position.changed_ns,
            instrument=instrument,
            strategy_id=position.strategy_id,
            venue=instrument.venue,
            quantity=position.quantity,
            avg_entry_price=position.average_entry_price,
            current_price=price,
            unrealized_pnl=unrealized_pnl(instrument, position.quantity, position.open_cash, price),
            realized_pnl=position.realized_pnl,
            fees=position.fees.get(trade.fee.currency, ZERO),
            notional=position.quantity if instrument.is_inverse else multiply_rounded(position.quantity, price),
        )
