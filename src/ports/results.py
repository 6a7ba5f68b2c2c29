"""The result files of a run, as rows (contracts.md, Result columns)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from ports.instruments import InstrumentKey
from ports.values import Liquidity, Money, OperationId, OrderId, Price, Quantity, Side, StrategyId, TradeId, VenueId
from ports.views import OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One trade; `order_id` and `operation_id` are empty where no order of ours explains it."""

    timestamp_ns: int
    order_id: OrderId
    operation_id: OperationId
    trade_id: TradeId
    strategy_id: StrategyId
    instrument: InstrumentKey
    venue: VenueId
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    liquidity: Liquidity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """A position as it was after one change. P&L in the settlement currency; `notional` in the quote's."""

    timestamp_ns: int
    instrument: InstrumentKey
    strategy_id: StrategyId
    venue: VenueId
    quantity: Decimal
    avg_entry_price: Decimal | None
    current_price: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal
    fees: Decimal
    notional: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityRow:
    """The whole portfolio at one moment, in the reporting currency."""

    timestamp_ns: int
    portfolio_value: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    position: Decimal
    price: Decimal | None
    exposure_gross: Decimal
    exposure_net: Decimal
    fees: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResults:
    """Everything one run leaves behind; `summary` is the JSON document of the contract, ready to write."""

    run_id: str
    summary: Mapping[str, Any]
    config: Mapping[str, Any]
    log: str
    orders: Sequence[OrderView]
    fills: Sequence[FillRow]
    positions: Sequence[PositionRow]
    equity: Sequence[EquityRow]


class ResultsWriter(Protocol):
    """Writes the result files of a run where others read them."""

    async def write(self, results: RunResults) -> str:
        """Write every file of `results` and return where they are; harmless to repeat with the same content.

        Raises:
            ObjectExistsError: other results are there under this run id.
            ObjectStoreUnavailableError: not confirmed.
        """
