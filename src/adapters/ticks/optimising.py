"""Rewrites tick files for windows: sorted, in small row groups, with a map of their pages; same rows, counted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adapters.ticks.fingerprint import fingerprint
from adapters.ticks.kinds import TIME
from adapters.ticks.tick_writer import plain_schema, write_ticks
from ports.errors import InvalidInputError, ObjectMissingError

_ROWS: Final = 100_000  # in memory at a time
_SORTED_ROWS: Final = 1_000_000  # sorted at a time
_BINS: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimised:
    """What became of one file."""

    rows: int
    bytes_before: int
    bytes_after: int
    was_sorted: bool


@dataclass(frozen=True, slots=True)
class _Times:
    """What a file's times are like."""

    is_sorted: bool
    first: int
    last: int


def optimise(source: Path, target: Path) -> Optimised:
    """Write the rows of the tick file `source` into the new file `target`, read it back, and compare.

    Rows with equal `local_timestamp` keep their order. Memory stays bounded: a file out of order is parted by time
    on the disk, beside `target`, and sorted part by part. Where anything fails, there is no `target`.

    Raises:
        ObjectMissingError: there is no such file.
        FileExistsError: `target` is there.
        InvalidInputError: it is no tick file, torn or empty; or what was read back is not what was written.
    """
    if target.exists():
        raise FileExistsError(17, "it is already there", str(target))
    try:
        with _opened(source) as file:
            times = _times(source, file)
            with tempfile.TemporaryDirectory(prefix=".optimise-", dir=target.parent) as folder:
                made = Path(folder) / "made.parquet"
                tables = _tables(file) if times.is_sorted else _sorted(file, times, Path(folder))
                write_ticks(made, tables, file.schema_arrow)
                rows = _check(source, file, made)
                made.replace(target)
    except pa.ArrowException as torn:
        raise InvalidInputError(str(source), str(torn), "its data cannot be read; mend or remove it") from torn
    return Optimised(
        rows=rows,
        bytes_before=source.stat().st_size,
        bytes_after=target.stat().st_size,
        was_sorted=times.is_sorted,
    )


def _opened(source: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(source)
    except FileNotFoundError:
        raise ObjectMissingError(f"{source}: there is no such file") from None
    except (pa.ArrowException, OSError) as torn:
        raise InvalidInputError(str(source), str(torn), "it is no whole parquet file") from torn
    if file.metadata.num_rows == 0:
        raise InvalidInputError(str(source), "0 rows", "the file is empty")
    if TIME not in file.schema_arrow.names or not pa.types.is_int64(file.schema_arrow.field(TIME).type):
        raise InvalidInputError(f"{source}: column {TIME}", "missing or no int64", "a tick file has it")
    return file


def _tables(file: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[pa.Table]:
    schema = plain_schema(file.schema_arrow)
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns, use_threads=False):
        table = pa.Table.from_batches([batch])
        yield table if columns is not None else table.cast(schema)


def _times(source: Path, file: pq.ParquetFile) -> _Times:
    is_sorted, first, last, before = True, 2**63 - 1, -(2**63), -(2**63)
    for table in _tables(file, [TIME]):
        if table.column(TIME).null_count:
            raise InvalidInputError(f"{source}: column {TIME}", None, "every row needs a value")
        stamps = table.column(TIME).to_numpy()
        is_sorted = is_sorted and int(stamps[0]) >= before and not (np.diff(stamps) < 0).any()
        first, last, before = min(first, int(stamps.min())), max(last, int(stamps.max())), int(stamps[-1])
    return _Times(is_sorted, first, last)


def _sorted(file: pq.ParquetFile, times: _Times, folder: Path) -> Iterator[pa.Table]:
    """Yield all rows in order of time: parted on the disk by time first, so that a part can be sorted in memory."""
    edges = _edges(file, times)
    parts = [folder / f"part-{number}.parquet" for number in range(len(edges) + 1)]
    schema = plain_schema(file.schema_arrow)
    with ExitStack() as stack:
        writers = [stack.enter_context(pq.ParquetWriter(part, schema, compression="lz4")) for part in parts]
        for table in _tables(file):
            where = np.searchsorted(edges, table.column(TIME).to_numpy(), side="right")
            for number in np.unique(where).tolist():
                writers[number].write_table(table.take(np.flatnonzero(where == number)))
    for part in parts:
        table = pq.read_table(part)
        yield table.take(np.argsort(table.column(TIME).to_numpy(), kind="stable"))
        part.unlink()


def _edges(file: pq.ParquetFile, times: _Times) -> NDArray[Any]:
    """Return times that part the rows into portions of about `_SORTED_ROWS`."""
    width = max((times.last - times.first) // _BINS + 1, 1)
    counts = np.zeros(_BINS, dtype=np.int64)
    for table in _tables(file, [TIME]):
        bins = (table.column(TIME).to_numpy() - times.first) // width
        counts += np.bincount(bins, minlength=_BINS)
    portions = np.cumsum(counts) // _SORTED_ROWS
    ends = np.flatnonzero(np.diff(portions)) + 1
    return times.first + ends * width


def _check(source: Path, file: pq.ParquetFile, made: Path) -> int:
    """Read back what was written; its order was seen to while it was written."""
    before = fingerprint(_tables(file))
    with pq.ParquetFile(made) as written:
        after = fingerprint(_tables(written))
    if before != after:
        raise InvalidInputError(str(source), f"{after[0]} rows", f"its {before[0]} rows did not come back as they were")
    return before[0]
