"""The columns of result files: their types, where a value is in a row, and rows made into parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ports.errors import InvalidInputError

EXACT: Final = pa.decimal128(38, 18)
TIME: Final = pa.timestamp("ns", tz="UTC")
FLOAT: Final = pa.float64()
EXACT_SUFFIX: Final = "_exact"


class Column[Row](NamedTuple):
    """One column: its name, its type in the file, and where its value is in a row."""

    name: str
    type: pa.DataType
    value: Callable[[Row], Any]


def parquet[Row](file: str, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> bytes:
    """Return rows as a parquet file; the same rows give the same bytes.

    Raises:
        InvalidInputError: a number that its column cannot hold exactly; names file and column.
    """
    made: dict[str, pa.Array[Any]] = {}
    exact: dict[str, pa.Array[Any]] = {}
    for column in columns:
        values = [column.value(row) for row in rows]
        if column.type == FLOAT:
            exact[column.name + EXACT_SUFFIX] = _exactly(file, column.name, values)
            values = [None if value is None else float(value) for value in values]
        made[column.name] = (
            _exactly(file, column.name, values) if column.type == EXACT else pa.array(values, column.type)
        )
    sink = BytesIO()
    pq.write_table(pa.table({**made, **exact}), sink, compression="zstd")
    return sink.getvalue()


def _exactly(file: str, column: str, values: Iterable[Decimal | None]) -> pa.Array[Any]:
    kept = list(values)
    try:
        return pa.array(kept, EXACT)
    except pa.ArrowInvalid:
        odd = next(value for value in kept if value is not None and not _holds(value))
        raise InvalidInputError(f"{file}: {column}", odd, "the column holds 20 digits before and 18 after") from None


def _holds(value: Decimal) -> bool:
    try:
        pa.scalar(value, EXACT)
    except pa.ArrowInvalid:
        return False
    return True
