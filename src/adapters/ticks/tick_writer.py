"""Tick files laid out for windows: small row groups by time, pages cut alike in every column, and a map of them.

Any reader of parquet reads them. Stamps and ids are stored as differences, so a file is also a third of its usual size.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks.kinds import STAMPS, TIME
from adapters.ticks.page_map import PAGE_MAP_KEY, PageMap, page_sizes
from ports.errors import InvalidInputError

GROUP_ROWS: Final = 50_000
PAGE_ROWS: Final = 2_500
_DICTIONARY_BYTES: Final = 16_384  # a window pays for the whole dictionary; beyond this, values stand for themselves
_UNIQUE: Final = "id"


class TickWriter:
    """Writes rows in order of `local_timestamp` into a new file; a context, at whose end the file is whole."""

    def __init__(self, path: Path, schema: pa.Schema, group_rows: int = GROUP_ROWS) -> None:
        self._path = path
        self._schema = plain_schema(schema)
        self._group_rows = group_rows
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._last = -1
        self._group_row_counts: list[int] = []
        self._sizes: list[int] = []
        self._first_times: list[int] = []

    def __enter__(self) -> Self:
        """Begin the file."""
        self._file: IO[bytes] = self._path.open("x+b")
        self._writer = pq.ParquetWriter(self._file, self._schema, **_options(self._schema))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file: its last rows, its map, and all of it on the disk."""
        try:
            if kind is None:
                self._write_groups(least=1)
                if self._sizes:
                    self._writer.add_key_value_metadata({PAGE_MAP_KEY.decode(): self._map().encode().decode()})
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def add(self, table: pa.Table) -> None:
        """Take rows; they are written when a row group is full.

        Raises:
            InvalidInputError: a row lies before the row above it.
        """
        if not table.num_rows:
            return
        table = table.cast(self._schema)
        times = table.column(TIME).to_numpy()
        if times[0] < self._last or (np.diff(times) < 0).any():
            raise InvalidInputError(TIME, "rows", "it must not decrease: sort the rows by it")
        self._last = int(times[-1])
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self._write_groups(least=self._group_rows)

    def _write_groups(self, least: int) -> None:
        while self._waiting_rows >= least:
            rows = pa.concat_tables(self._waiting).combine_chunks()
            self._write_group(rows.slice(0, self._group_rows))
            rest = rows.slice(self._group_rows)
            self._waiting, self._waiting_rows = [rest], rest.num_rows

    def _write_group(self, rows: pa.Table) -> None:
        begin = self._end()
        self._writer.write_table(rows, row_group_size=self._group_rows)
        end = self._end()
        content = os.pread(self._file.fileno(), end - begin, begin)
        self._sizes += page_sizes(content, rows.num_columns, rows.num_rows, PAGE_ROWS)
        self._group_row_counts.append(rows.num_rows)
        self._first_times += rows.column(TIME).to_numpy()[::PAGE_ROWS].tolist()

    def _end(self) -> int:
        self._file.flush()
        return self._file.tell()

    def _map(self) -> PageMap:
        return PageMap(
            rows_per_page=PAGE_ROWS,
            columns=len(self._schema.names),
            last_time=self._last,
            group_rows=np.asarray(self._group_row_counts, dtype=np.int64),
            first_times=np.asarray(self._first_times, dtype=np.int64),
            sizes=np.asarray(self._sizes, dtype=np.int64),
        )


def write_ticks(path: Path, rows: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write a new tick file whole, from rows in order of `local_timestamp`.

    Raises:
        FileExistsError: the file is there.
        InvalidInputError: the rows are out of order.
    """
    with TickWriter(path, schema) as writer:
        for table in rows:
            writer.add(table)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the columns with the plain types that tick files have, and without what another program noted."""
    return pa.schema([field.with_type(_plain(field.type)).remove_metadata() for field in schema])


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if pa.types.is_large_string(kind) else kind


def _options(schema: pa.Schema) -> dict[str, Any]:
    longs = [field.name for field in schema if pa.types.is_int64(field.type)]
    encodings = dict.fromkeys(longs, "DELTA_BINARY_PACKED")
    if _UNIQUE in schema.names and pa.types.is_string(schema.field(_UNIQUE).type):
        encodings[_UNIQUE] = "DELTA_BYTE_ARRAY"
    return {
        "compression": "zstd",
        "column_encoding": encodings,
        "use_dictionary": [name for name in schema.names if name not in encodings],
        "dictionary_pagesize_limit": _DICTIONARY_BYTES,
        "write_statistics": [name for name in STAMPS if name in schema.names],
        "max_rows_per_page": PAGE_ROWS,
        "write_batch_size": PAGE_ROWS,  # a dictionary that grows too large ends at the end of a page
        "data_page_size": 2**30,  # rows cut the pages, not bytes
        "store_schema": False,
    }
