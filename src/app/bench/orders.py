"""The orders that benchmarks submit, and the limits they pass."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Final

from app.bench.null_venue import INSTRUMENTS
from ports.commands import Limits, OrderTerms, SubmitOrder
from ports.values import OperationId, OrderType, Price, Principal, Quantity, Side, StrategyId

_PRICE: Final = Price(Decimal("59999.9"))
_QUANTITY: Final = Quantity(Decimal("0.001"))
_MUCH: Final = Decimal(10) ** 12
EVERY_FIRST_RULE: Final = Limits(
    max_orders_per_second=1_000_000,
    max_orders_per_minute=60_000_000,
    max_orders_per_second_per_strategy=1_000_000,
    max_orders_per_minute_per_strategy=60_000_000,
    max_order_quantity={"*": Decimal(10)},
    max_order_value_usd=Decimal(10_000_000),
    max_position_per_instrument={"*": _MUCH},
    max_position_per_strategy_usd={"*": _MUCH},
    max_position_global_usd=_MUCH,
    max_total_notional_usd=_MUCH,
    usd_per={"USDT": Decimal(1)},
)


STRATEGIES: Final = 50
PRINCIPAL: Final = Principal("bench")


def order(number: int, prefix: str) -> SubmitOrder:
    """Return a resting limit order; numbers go over four instruments and fifty strategies."""
    return SubmitOrder(
        terms=OrderTerms(
            operation_id=OperationId(f"{prefix}-{number}"),
            strategy_id=StrategyId(f"bench-{number % STRATEGIES}"),
            instrument=INSTRUMENTS[number // 4 % len(INSTRUMENTS)].key,
            side=Side.BUY if number % 2 else Side.SELL,
            quantity=_QUANTITY,
            order_type=OrderType.LIMIT,
            price=_PRICE,
        ),
        principal=PRINCIPAL,
        received_ns=time.time_ns(),
    )
