"""Ways to read windows of a day file from a bucket: ours, the whole file, and two libraries at their best settings."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from adapters.storage.gcs import GcsObjectStore
from adapters.ticks import Kind, WindowReader
from app.bench.replay_day import INSTRUMENT, PATH

BUCKET: Final = "replay-bench"
COLUMNS: Final = ("local_timestamp", "side", "price", "amount")
_NS_PER_US: Final = 1_000

type Windows = Sequence[tuple[int, int]]
type Read = Callable[[Windows], int]  # returns how many rows the windows have; each call begins from nothing


def ours(store: GcsObjectStore, runner: asyncio.Runner) -> Read:
    """The window reader, without a remembered footer."""

    def read(windows: Windows) -> int:
        found = runner.run(WindowReader(store).read_windows(Kind.TRADES, INSTRUMENT, windows, COLUMNS))
        return sum(table.num_rows for table in found)

    return read


def whole_file(store: GcsObjectStore, runner: asyncio.Runner) -> Read:
    """The whole file, of which the same columns are decoded."""

    def read(windows: Windows) -> int:
        content = runner.run(store.read(PATH))
        return _cut(pq.read_table(pa.BufferReader(content), columns=list(COLUMNS)), windows)

    return read


def arrow_ways(address: str) -> Mapping[str, Read]:
    """Arrow's own file system."""
    system = pafs.GcsFileSystem(anonymous=True, scheme="http", endpoint_override=address)
    opened = {"buffered": True, "unbuffered": False}
    return {
        f"pyarrow {name}": _by_row_groups(lambda: system.open_input_file(f"{BUCKET}/{PATH}"), pre_buffer=pre_buffer)
        for name, pre_buffer in opened.items()
    }


def gcsfs_ways(endpoint: str) -> Mapping[str, Read] | None:
    """The ways of gcsfs with every cache that fits; None where it is not installed."""
    try:
        gcsfs: Any = importlib.import_module("gcsfs")
    except ModuleNotFoundError:
        return None
    system = gcsfs.GCSFileSystem(token="anon", endpoint_url=endpoint, project="none")  # noqa: S106 - no secret

    def opening(cache: str) -> Callable[[], Any]:
        def opened() -> Any:
            system.invalidate_cache()
            return system.open(f"{BUCKET}/{PATH}", "rb", cache_type=cache)

        return opened

    return {
        f"gcsfs {cache} {'buffered' if pre_buffer else 'unbuffered'}": _by_row_groups(
            opening(cache), pre_buffer=pre_buffer
        )
        for cache in ("readahead", "bytes", "none")
        for pre_buffer in (True, False)
    }


def _by_row_groups(opened: Callable[[], Any], *, pre_buffer: bool) -> Read:
    """Read as one does who knows parquet: only the row groups that overlap, only the columns wanted, in one call."""

    def read(windows: Windows) -> int:
        file = pq.ParquetFile(opened(), pre_buffer=pre_buffer)
        groups = _overlapping(file.metadata, windows)
        rows = _cut(file.read_row_groups(groups, columns=list(COLUMNS)), windows)
        file.close(force=True)
        return rows

    return read


def _overlapping(metadata: Any, windows: Windows) -> list[int]:
    at = metadata.schema.names.index(COLUMNS[0])
    found = []
    for group in range(metadata.num_row_groups):
        said = metadata.row_group(group).column(at).statistics
        first, last = said.min * _NS_PER_US, said.max * _NS_PER_US
        if any(start <= last and first < end for start, end in windows):
            found.append(group)
    return found


def _cut(table: pa.Table, windows: Windows) -> int:
    stamps = table.column(COLUMNS[0]).to_numpy()
    rows = 0
    for start, end in windows:
        first, last = np.searchsorted(stamps, [start // _NS_PER_US, end // _NS_PER_US]).tolist()
        rows += table.slice(first, last - first).num_rows
    return rows
