"""The result files of a run, as rows (contracts.md, Result columns)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from ports.facts import QuoteUsed
from ports.instruments import InstrumentKey
from ports.values import (
    Currency,
    Liquidity,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    Price,
    Quantity,
    Side,
    StrategyId,
    TradeId,
    VenueId,
)
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
class VolumeRow:
    """What traded publicly of one instrument in `width_ns` from `timestamp_ns` on; nothing traded where none is.

    `value` is what it came to in the settlement currency.
    """

    timestamp_ns: int
    width_ns: int
    instrument: InstrumentKey
    quantity: Decimal
    value: Decimal
    trades: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Markout:
    """How far the mid had moved in an order's favour so many seconds after each of its trades (docs/tca.md).

    `amount` is in the settlement currency, of `quantity`: as much as was traded early enough for that mid to be known.
    """

    seconds: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TcaRow:
    """What one order cost beside the market it met (docs/tca.md); costs in `currency`, negative where it gained.

    None, everywhere: the market that it is measured by was not seen, which `unmeasured` says. `notional` is the whole
    order at its arrival price; `usd_rate` what a unit of `currency` was worth then.
    """

    timestamp_ns: int
    operation_id: OperationId
    parent_operation_id: OperationId | None
    strategy_id: StrategyId
    instrument: InstrumentKey
    venue: VenueId | None
    side: Side
    exec_algorithm: str
    status: OrderStatus
    is_parent: bool
    quantity: Decimal
    filled_quantity: Decimal
    fills: int
    average_price: Decimal | None
    released_ns: int | None
    ended_ns: int
    arrival_price: Decimal | None
    release_price: Decimal | None
    end_price: Decimal | None
    currency: Currency
    usd_rate: Decimal | None
    notional: Decimal | None
    delay: Decimal | None
    timing: Decimal | None
    spread: Decimal | None
    impact: Decimal | None
    fees: Decimal | None
    opportunity: Decimal | None
    shortfall: Decimal | None
    shortfall_bps: Decimal | None
    interval_vwap: Decimal | None
    interval_twap: Decimal | None
    vwap_slippage_bps: Decimal | None
    twap_slippage_bps: Decimal | None
    market_quantity: Decimal | None
    participation_pct: Decimal | None
    markouts: tuple[Markout, ...]
    unmeasured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tca:
    """The cost analysis of a run, and the market that it was made of; `quotes` and `volumes` by time."""

    rows: Sequence[TcaRow] = ()
    quotes: Sequence[QuoteUsed] = ()
    volumes: Sequence[VolumeRow] = ()


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
    tca: Tca | None = None  # None: its market was not kept


class ResultsWriter(Protocol):
    """Writes the result files of a run where others read them."""

    async def write(self, results: RunResults) -> str:
        """Write every file of `results` and return where they are; harmless to repeat with the same content.

        Raises:
            ObjectExistsError: other results are there under this run id.
            ObjectStoreUnavailableError: not confirmed.
        """
