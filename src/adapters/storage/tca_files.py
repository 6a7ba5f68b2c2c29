"""The cost analysis of a run as files: `tca.parquet`, and the market it was made of.

Everything is exact, and an empty cell means that the market was not seen. `tca_quotes.parquet` and
`tca_volumes.parquet` hold what the figures can be made again from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.storage.columns import EXACT, TIME, Column, parquet
from ports.facts import QuoteUsed
from ports.instruments import InstrumentKey
from ports.results import Markout, Tca, TcaRow, VolumeRow
from ports.values import ZERO, Currency, OperationId, OrderStatus, Price, Side, StrategyId, VenueId

TCA_FILE: Final = "tca.parquet"
QUOTES_FILE: Final = "tca_quotes.parquet"
VOLUMES_FILE: Final = "tca_volumes.parquet"
TCA_FILES: Final = (TCA_FILE, QUOTES_FILE, VOLUMES_FILE)
_TEXT: Final = pa.string()
_COUNT: Final = pa.int64()

_IDENTITY: Final[Sequence[Column[TcaRow]]] = (
    Column("timestamp", TIME, lambda row: row.timestamp_ns),
    Column("operation_id", _TEXT, lambda row: row.operation_id),
    Column("parent_id", _TEXT, lambda row: row.parent_operation_id),
    Column("strategy_id", _TEXT, lambda row: row.strategy_id),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("venue", _TEXT, lambda row: row.venue),
    Column("side", _TEXT, lambda row: row.side.value),
    Column("exec_algorithm", _TEXT, lambda row: row.exec_algorithm),
    Column("status", _TEXT, lambda row: row.status.value),
    Column("is_parent", pa.bool_(), lambda row: row.is_parent),
    Column("released", TIME, lambda row: row.released_ns),
    Column("ended", TIME, lambda row: row.ended_ns),
    Column("fills", _COUNT, lambda row: row.fills),
    Column("currency", _TEXT, lambda row: row.currency),
)
_AMOUNTS: Final = (
    "quantity", "filled_quantity", "average_price", "arrival_price", "release_price", "end_price", "usd_rate",
    "notional", "delay", "timing", "spread", "impact", "fees", "opportunity", "shortfall", "shortfall_bps",
    "interval_vwap", "interval_twap", "vwap_slippage_bps", "twap_slippage_bps", "market_quantity",
    "participation_pct",
)  # fmt: skip
_QUOTES: Final[Sequence[Column[QuoteUsed]]] = (
    Column("timestamp", TIME, lambda row: row.received_ns),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("bid", EXACT, lambda row: row.bid),
    Column("ask", EXACT, lambda row: row.ask),
)
_VOLUMES: Final[Sequence[Column[VolumeRow]]] = (
    Column("timestamp", TIME, lambda row: row.timestamp_ns),
    Column("width_ns", _COUNT, lambda row: row.width_ns),
    Column("instrument_key", _TEXT, lambda row: str(row.instrument)),
    Column("quantity", EXACT, lambda row: row.quantity),
    Column("value", EXACT, lambda row: row.value),
    Column("trades", _COUNT, lambda row: row.trades),
)


def build_tca_files(tca: Tca) -> Mapping[str, bytes]:
    """Return the files of an analysis by name.

    Raises:
        InvalidInputError: a number that its column cannot hold exactly; names file and column.
    """
    return {
        TCA_FILE: parquet(TCA_FILE, _columns(tca.rows), tca.rows),
        QUOTES_FILE: parquet(QUOTES_FILE, _QUOTES, tca.quotes),
        VOLUMES_FILE: parquet(VOLUMES_FILE, _VOLUMES, tca.volumes),
    }


def read_tca_files(files: Mapping[str, bytes]) -> Tca:
    """Return the analysis that was written so."""
    return Tca(
        rows=[_row(row) for row in _table(files[TCA_FILE])],
        quotes=[
            QuoteUsed(
                instrument=InstrumentKey(row["instrument_key"]),
                bid=Price(row["bid"]),
                ask=Price(row["ask"]),
                received_ns=row["timestamp"],
            )
            for row in _table(files[QUOTES_FILE])
        ],
        volumes=[
            VolumeRow(
                timestamp_ns=row["timestamp"],
                width_ns=row["width_ns"],
                instrument=InstrumentKey(row["instrument_key"]),
                quantity=row["quantity"],
                value=row["value"],
                trades=row["trades"],
            )
            for row in _table(files[VOLUMES_FILE])
        ],
    )


def _columns(rows: Sequence[TcaRow]) -> Sequence[Column[TcaRow]]:
    markouts: list[Column[TcaRow]] = []
    for place, each in enumerate(rows[0].markouts if rows else ()):
        markouts += [_markout_amount(place, each.seconds), _markout_quantity(place, each.seconds)]
    amounts = [_amount(name) for name in _AMOUNTS]
    return [*_IDENTITY, *amounts, *markouts, Column("unmeasured", _TEXT, lambda row: row.unmeasured)]


def _amount(name: str) -> Column[TcaRow]:
    return Column(name, EXACT, lambda row: getattr(row, name))


def _markout_amount(place: int, seconds: int) -> Column[TcaRow]:
    """Return the column of a markout; empty where nothing was traded early enough for it to be known."""
    return Column(f"markout_{seconds}s", EXACT, lambda row: row.markouts[place].amount if _known(row, place) else None)


def _markout_quantity(place: int, seconds: int) -> Column[TcaRow]:
    return Column(f"markout_{seconds}s_quantity", EXACT, lambda row: row.markouts[place].quantity)


def _known(row: TcaRow, place: int) -> bool:
    return bool(row.markouts[place].quantity)


def _row(row: Mapping[str, Any]) -> TcaRow:
    seconds = [int(name[len("markout_") : -len("s_quantity")]) for name in row if name.endswith("s_quantity")]
    return TcaRow(
        timestamp_ns=row["timestamp"],
        operation_id=OperationId(row["operation_id"]),
        parent_operation_id=row["parent_id"],
        strategy_id=StrategyId(row["strategy_id"]),
        instrument=InstrumentKey(row["instrument_key"]),
        venue=None if row["venue"] is None else VenueId(row["venue"]),
        side=Side(row["side"]),
        exec_algorithm=row["exec_algorithm"],
        status=OrderStatus(row["status"]),
        is_parent=row["is_parent"],
        released_ns=row["released"],
        ended_ns=row["ended"],
        fills=row["fills"],
        currency=Currency(row["currency"]),
        markouts=tuple(
            Markout(
                seconds=each,
                quantity=row[f"markout_{each}s_quantity"],
                amount=ZERO if row[f"markout_{each}s"] is None else row[f"markout_{each}s"],
            )
            for each in seconds
        ),
        unmeasured=row["unmeasured"],
        **{name: row[name] for name in _AMOUNTS},
    )


def _table(content: bytes) -> list[dict[str, Any]]:
    table = pq.read_table(BytesIO(content))
    for place, column in enumerate(table.schema):
        if column.type == TIME:
            table = table.set_column(place, column.name, table.column(place).cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
