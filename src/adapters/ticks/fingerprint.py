"""One number for a set of rows, whatever their order: that two files hold the same rows is two numbers compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_ODD: Final = 0x9E37_79B9_7F4A_7C15
_PRIME: Final = 0xBF58_476D_1CE4_E5B9
_NULL: Final = 0x94D0_49BB_1331_11EB

type Numbers = NDArray[np.uint64]


def fingerprint(tables: Iterable[pa.Table]) -> tuple[int, int]:
    """Return the number of rows, and the sum of a 64-bit mixture of each row's values by column name.

    Texts are mixed as this process hashes them, so fingerprints of two processes cannot be compared.
    """
    rows, total = 0, 0
    for table in tables:
        rows += table.num_rows
        total += int(_rows(table).sum(dtype=np.uint64))
    return rows, total % 2**64


def _rows(table: pa.Table) -> Numbers:
    mixed = np.zeros(table.num_rows, dtype=np.uint64)
    for name in sorted(table.column_names):
        mixed = _mix(mixed ^ _mix(_values(table.column(name)) + np.uint64(hash(name) % 2**64)))
    return mixed


def _values(column: Any) -> Numbers:
    column = column.combine_chunks()
    nulls = column.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_int64(column.type) or pa.types.is_float64(column.type):
        values = column.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
    else:
        hashes = (hash(value) % 2**64 for value in column.to_pylist())
        values = np.fromiter(hashes, dtype=np.uint64, count=len(column))
    return np.where(nulls, np.uint64(_NULL), values)


def _mix(numbers: Numbers) -> Numbers:
    """Spread every bit over all of them (the finaliser of splitmix64); overflow is meant."""
    with np.errstate(over="ignore"):
        mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_PRIME)
        return (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_ODD)
