"""One recorded file: rows of floats and stamps in, exact ticks out, or what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks.exact_rows import MAKERS, Rows
from adapters.ticks.kinds import STAMPS, TEXTS, TICK_COLUMNS, Kind
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import Instrument
from ports.market_data import Tick

_ROWS: Final = 512  # rows turned into ticks at a time: bounds memory and the stretch of the loop that it takes
_REMEDY: Final = "mend or remove the file"


def read_ticks(path: Path, kind: Kind, instrument: Instrument, not_before_ns: int = 0) -> Iterator[Tick]:
    """Yield the ticks of one file in its order, which must be that of `local_timestamp`.

    Raises:
        ObjectMissingError: no such file.
        InvalidInputError: empty, torn, out of order, before `not_before_ns`, or a value that is no multiple of the
            instrument's tick or lot; names file, column and row.
    """
    make = MAKERS[kind]
    row = 0
    with _open(path) as file:
        _check_columns(path, kind, file.schema_arrow)
        if file.metadata.num_rows == 0:
            raise InvalidInputError(str(path), "0 rows", f"the file is empty; {_REMEDY}")
        for batch in _batches(path, file, TICK_COLUMNS[kind]):
            rows = Rows(str(path), row, batch)
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
    for name in TICK_COLUMNS[kind]:
        if name not in schema.names:
            raise InvalidInputError(f"{path}: column {name}", "missing", f"a {kind} file has {TICK_COLUMNS[kind]}")
        type_ = schema.field(name).type
        if name in STAMPS:
            good, wanted = pa.types.is_int64(type_), "int64"
        elif name in TEXTS:
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
