"""The result files of a run, as bytes: which columns, in which order, of which types (contracts.md, Result columns).

The columns of the existing files come first, as their readers know them: numbers as float64, `timestamp` as a UTC time
in nanoseconds. A float64 cannot hold every amount, so each of those numbers stands once more, exactly, as
`<column>_exact`. Our own columns are exact at once. Exact means decimal128(38, 18), which pandas reads as
`decimal.Decimal`, and polars, duckdb and Arrow as a decimal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import orjson
import pyarrow as pa

from adapters.storage.columns import EXACT, FLOAT, TIME, Column, parquet
from adapters.storage.tca_files import build_tca_files
from ports.results import EquityRow, FillRow, PositionRow, RunResults
from ports.values import plain
from ports.views import OrderView

CONFIG_FILE: Final = "config/{run_id}/backtest_config.json"
LOG_FILE: Final = "logs/{run_id}/execution.log"
SUMMARY: Final = "summary.json"
_TEXT: Final = pa.string()


# `parent_id` is the operation id of the order that an algorithm works by this one; empty: it stands alone.
ORDERS: Final[Sequence[Column[OrderView]]] = (
    Column("id", _TEXT, lambda row: row.order_id),
    Column("side", _TEXT, lambda row: row.side.value),
    Column("price", FLOAT, lambda row: row.price),
    Column("amount", FLOAT, lambda row: row.quantity),
    Column("status", _TEXT, lambda row: row.status.value),
    Column("timestamp", TIME, lambda row: row.created_ns),
    Column("operation_id", _TEXT, lambda row: row.operation_id),
    Column("parent_id", _TEXT, lambda row: row.parent_operation_id),
    Column("strategy_id", _TEXT, lambda row: row.strategy_id),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("venue", _TEXT, lambda row: row.venue),
    Column("venue_order_id", _TEXT, lambda row: row.venue_order_id),
    Column("order_type", _TEXT, lambda row: row.order_type.value),
    Column("time_in_force", _TEXT, lambda row: row.time_in_force.value),
    Column("exec_algorithm", _TEXT, lambda row: row.exec_algorithm),
    Column("filled_amount", EXACT, lambda row: row.filled_quantity),
    Column("average_price", EXACT, lambda row: row.average_price),
    Column("reason", _TEXT, lambda row: row.reason),
    Column("decision_id", _TEXT, lambda row: row.decision_id),
)
FILLS: Final[Sequence[Column[FillRow]]] = (
    Column("timestamp", TIME, lambda row: row.timestamp_ns),
    Column("order_id", _TEXT, lambda row: row.order_id),
    Column("price", FLOAT, lambda row: row.price),
    Column("quantity", FLOAT, lambda row: row.quantity),
    Column("side", _TEXT, lambda row: row.side.value),
    Column("fill_id", _TEXT, lambda row: row.trade_id),
    Column("operation_id", _TEXT, lambda row: row.operation_id),
    Column("strategy_id", _TEXT, lambda row: row.strategy_id),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("venue", _TEXT, lambda row: row.venue),
    Column("fee", EXACT, lambda row: row.fee.amount),
    Column("fee_currency", _TEXT, lambda row: row.fee.currency),
    Column("liquidity", _TEXT, lambda row: None if row.liquidity is None else row.liquidity.value),
)
POSITIONS: Final[Sequence[Column[PositionRow]]] = (
    Column("timestamp", TIME, lambda row: row.timestamp_ns),
    Column("quantity", FLOAT, lambda row: row.quantity),
    Column("avg_entry_price", FLOAT, lambda row: row.avg_entry_price),
    Column("current_price", FLOAT, lambda row: row.current_price),
    Column("unrealized_pnl", FLOAT, lambda row: row.unrealized_pnl),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("strategy_id", _TEXT, lambda row: row.strategy_id),
    Column("venue", _TEXT, lambda row: row.venue),
    Column("realized_pnl", EXACT, lambda row: row.realized_pnl),
    Column("fees", EXACT, lambda row: row.fees),
    Column("notional", EXACT, lambda row: row.notional),
)
EQUITY: Final[Sequence[Column[EquityRow]]] = (
    Column("timestamp", TIME, lambda row: row.timestamp_ns),
    Column("portfolio_value", FLOAT, lambda row: row.portfolio_value),
    Column("realized_pnl", FLOAT, lambda row: row.realized_pnl),
    Column("unrealized_pnl", FLOAT, lambda row: row.unrealized_pnl),
    Column("position", FLOAT, lambda row: row.position),
    Column("price", FLOAT, lambda row: row.price),
    Column("exposure_gross", EXACT, lambda row: row.exposure_gross),
    Column("exposure_net", EXACT, lambda row: row.exposure_net),
    Column("fees", EXACT, lambda row: row.fees),
)


def build_files(results: RunResults, prefix: str) -> Mapping[str, bytes]:
    """Return every file of a run by its path in the bucket; the same results give the same bytes.

    `summary.json` comes last: where it is, the run is whole. Works the processor, so call it where nothing waits.

    Raises:
        InvalidInputError: a number that its column cannot hold exactly; names file and column.
    """
    run = f"{prefix}/{results.run_id}"
    return {
        CONFIG_FILE.format(run_id=results.run_id): _json(results.config),
        LOG_FILE.format(run_id=results.run_id): results.log.encode(),
        f"{run}/orders.parquet": parquet("orders.parquet", ORDERS, results.orders),
        f"{run}/fills.parquet": parquet("fills.parquet", FILLS, results.fills),
        f"{run}/positions.parquet": parquet("positions.parquet", POSITIONS, results.positions),
        f"{run}/equity_curve.parquet": parquet("equity_curve.parquet", EQUITY, results.equity),
        **{f"{run}/{name}": content for name, content in _tca(results).items()},
        f"{run}/{SUMMARY}": _json(results.summary),
    }


def _tca(results: RunResults) -> Mapping[str, bytes]:
    return {} if results.tca is None else build_tca_files(results.tca)


def _json(document: Mapping[str, Any]) -> bytes:
    # An instrument key is a str of its own kind: fit for a value, and for a key with OPT_NON_STR_KEYS.
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, default=_plainly, option=options)


def _plainly(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a JSON document")
