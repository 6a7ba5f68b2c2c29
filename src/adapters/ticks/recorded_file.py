"""One recorded file: rows of floats and stamps in, exact quotes or trades out, or what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adapters.ticks.kinds import Kind
from adapters.ticks.stamps import MICRO_BELOW, MILLI_BELOW, OLDEST
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import Instrument
from ports.market_data import Quote, Trade
from ports.values import Price, Side

_ROWS: Final = 512  # rows turned into ticks at a time: bounds memory and the stretch of the loop that it takes
_ULPS: Final = 4.0  # how far a float may be from a multiple of the tick and still be taken for it
_MAX_STEPS: Final = 2.0**53
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL, "unknown": None, "": None}
_REMEDY: Final = "mend or remove the file"


_COLUMNS: Final = {
    Kind.QUOTES: ("timestamp", "local_timestamp", "bid_price", "ask_price", "bid_amount", "ask_amount"),
    Kind.TRADES: ("timestamp", "local_timestamp", "price", "amount", "side", "id"),
}
_STAMPS: Final = ("timestamp", "local_timestamp")
_TEXTS: Final = ("side", "id")

type Ints = NDArray[np.int64]


def read_ticks(path: Path, kind: Kind, instrument: Instrument, not_before_ns: int = 0) -> Iterator[Quote | Trade]:
    """Yield the ticks of one file in its order, which must be that of `local_timestamp`.

    Raises:
        ObjectMissingError: no such file.
        InvalidInputError: empty, torn, out of order, before `not_before_ns`, or a value that is no multiple of the
            instrument's tick or lot; names file, column and row.
    """
    make = _quotes if kind is Kind.QUOTES else _trades
    row = 0
    with _open(path) as file:
        _check_columns(path, kind, file.schema_arrow)
        if file.metadata.num_rows == 0:
            raise InvalidInputError(str(path), "0 rows", f"the file is empty; {_REMEDY}")
        for batch in _batches(path, file, _COLUMNS[kind]):
            rows = _Rows(path, row, batch)
            received_ns = rows.received_ns(not_before_ns)
            yield from make(rows, instrument, received_ns)
            not_before_ns = int(received_ns[-1])
            row += batch.num_rows


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise ObjectMissingError(f"{path}: the recording has no such file") from None
    except (pa.ArrowException, OSError) as torn:
        raise InvalidInputError(str(path), str(torn), f"it is no whole parquet file; {_REMEDY}") from torn


def _check_columns(path: Path, kind: Kind, schema: pa.Schema) -> None:
    for name in _COLUMNS[kind]:
        if name not in schema.names:
            raise InvalidInputError(f"{path}: column {name}", "missing", f"a {kind} file has {_COLUMNS[kind]}")
        type_ = schema.field(name).type
        if name in _STAMPS:
            good, wanted = pa.types.is_int64(type_), "int64"
        elif name in _TEXTS:
            good, wanted = pa.types.is_string(type_) or pa.types.is_large_string(type_), "string"
        else:
            good, wanted = pa.types.is_float64(type_), "float64"
        if not good:
            raise InvalidInputError(f"{path}: column {name}", str(type_), f"this column is {wanted}")


def _batches(path: Path, file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    batches = file.iter_batches(batch_size=_ROWS, columns=list(columns), use_threads=False)
    while True:
        try:
            batch = next(batches)
        except StopIteration:
            return
        except (pa.ArrowException, OSError) as torn:
            raise InvalidInputError(str(path), str(torn), f"its data cannot be read; {_REMEDY}") from torn
        if batch.num_rows:
            yield batch


class _Rows:
    """A stretch of rows; knows where it is, so that every complaint names file, column and row."""

    def __init__(self, path: Path, first_row: int, batch: pa.RecordBatch) -> None:
        self._path = path
        self._first_row = first_row
        self._batch = batch

    def received_ns(self, not_before_ns: int) -> Ints:
        stamps = self.stamps_ns("local_timestamp")
        before = np.concatenate((np.asarray([not_before_ns], dtype=np.int64), stamps[:-1]))
        self._refuse("local_timestamp", stamps < before, "it lies before the row above; sort the file by this column")
        return stamps

    def stamps_ns(self, name: str) -> Ints:
        raw = self._column(name, np.int64)
        self._refuse(name, raw < OLDEST, "it is no time in milli-, micro- or nanoseconds")
        scale = np.where(raw < MILLI_BELOW, 1_000_000, np.where(raw < MICRO_BELOW, 1_000, 1))
        return raw * scale

    def steps(self, name: str, step: Decimal, *, least: int) -> list[int]:
        """Return a column as whole multiples of `step`, undoing what storing decimals as floats did to them."""
        raw = self._column(name, np.float64)
        self._refuse(name, ~np.isfinite(raw), "write a finite number")
        width = float(step)
        counts = np.rint(raw / width)
        off = np.abs(counts * width - raw) > _ULPS * np.spacing(np.abs(raw))
        self._refuse(name, (np.abs(counts) > _MAX_STEPS) | off, f"it is no multiple of the instrument's step of {step}")
        self._refuse(name, counts < least, f"it must be at least {least * step}")
        return [int(count) for count in counts.tolist()]

    def texts(self, name: str) -> list[str]:
        return [str(text or "") for text in self._batch.column(name).to_pylist()]

    def sides(self) -> list[Side | None]:
        texts = self.texts("side")
        self._refuse(
            "side", np.asarray([text not in _SIDES for text in texts], dtype=np.bool_), "write buy, sell or unknown"
        )
        return [_SIDES[text] for text in texts]

    def _column[Value: (np.int64, np.float64)](self, name: str, value: type[Value]) -> NDArray[Value]:
        column = self._batch.column(name)
        if column.null_count:
            empty = [each is None for each in column.to_pylist()]
            self._refuse(name, np.asarray(empty, dtype=np.bool_), "every row needs a value")
        # The column's own memory: Arrow's conversion would first import pandas, a quarter of a second of the loop.
        stored = np.frombuffer(column.buffers()[1] or b"", dtype=value)
        return stored[column.offset : column.offset + len(column)]

    def _refuse(self, name: str, bad: NDArray[np.bool_], remedy: str) -> None:
        if bad.any():
            at = int(bad.argmax())
            value = self._batch.column(name)[at].as_py()
            raise InvalidInputError(f"{self._path}: column {name}, row {self._first_row + at}", value, remedy)


def _quotes(rows: _Rows, instrument: Instrument, received_ns: Ints) -> Iterator[Quote]:
    tick, lot = instrument.tick_size, instrument.lot_size
    for event_ns, local_ns, bid, ask, bid_lots, ask_lots in zip(
        rows.stamps_ns("timestamp").tolist(),
        received_ns.tolist(),
        rows.steps("bid_price", tick, least=1),
        rows.steps("ask_price", tick, least=1),
        rows.steps("bid_amount", lot, least=0),
        rows.steps("ask_amount", lot, least=0),
        strict=True,
    ):
        yield Quote(
            instrument=instrument.key,
            bid=Price(bid * tick),
            ask=Price(ask * tick),
            bid_size=bid_lots * lot,
            ask_size=ask_lots * lot,
            event_time_ns=event_ns,
            received_ns=local_ns,
        )


def _trades(rows: _Rows, instrument: Instrument, received_ns: Ints) -> Iterator[Trade]:
    tick, lot = instrument.tick_size, instrument.lot_size
    for event_ns, local_ns, price, lots, side, trade_id in zip(
        rows.stamps_ns("timestamp").tolist(),
        received_ns.tolist(),
        rows.steps("price", tick, least=1),
        rows.steps("amount", lot, least=0),
        rows.sides(),
        rows.texts("id"),
        strict=True,
    ):
        yield Trade(
            instrument=instrument.key,
            price=Price(price * tick),
            quantity=lots * lot,
            aggressor=side,
            trade_id=trade_id,
            event_time_ns=event_ns,
            received_ns=local_ns,
        )
