"""What a tick file's footer says: its columns, and which bytes hold which stretch of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adapters.ticks.byte_ranges import Span
from adapters.ticks.mini_parquet import Column, can_hold
from adapters.ticks.page_map import PAGE_MAP_KEY, PageMap, decode
from adapters.ticks.stamps import ns_per_unit
from ports.errors import InvalidInputError

_NOTHING: Final = (0, 0)
_TYPES: Final = {"int64": "INT64", "double": "DOUBLE", "string": "BYTE_ARRAY"}
_SORT: Final = "sort it: `livexec ticks optimise` does"

type Longs = NDArray[np.int64]
type Times = tuple[int, int]  # from, until before; in the file's unit


class Piece(NamedTuple):
    """Rows that stand together in one row group, and of each column asked for where its dictionary and pages are."""

    rows: int
    columns: Sequence[tuple[Span, Span]]


@dataclass(frozen=True, eq=False)
class FileIndex:
    """A generation of one file: its columns by name, and how to find the rows of a time."""

    path: str
    generation: int
    rows: int
    columns: Mapping[str, Column]
    ns_per_unit: int | None  # None: the footer does not say
    _metadata: Any
    _bounds: tuple[Longs, Longs]  # first and last time of each row group
    _pages: PageMap | None

    def pieces(self, names: Sequence[str], windows: Sequence[Times]) -> Iterator[Piece]:
        """Yield what holds the rows of all windows, in file order, none twice; some rows around them come along."""
        if self._pages is not None:
            yield from self._of_pages(self._pages, names, windows)
            return
        firsts, lasts = self._bounds
        wanted = np.zeros(len(firsts), dtype=np.bool_)
        for start, end in windows:
            wanted |= (firsts < end) & (lasts >= start)
        for group in np.flatnonzero(wanted).tolist():
            about = self._metadata.row_group(group)
            places = {about.column(at).path_in_schema: at for at in range(about.num_columns)}
            yield Piece(about.num_rows, [_chunk(about.column(places[name])) for name in names])

    def _of_pages(self, pages: PageMap, names: Sequence[str], windows: Sequence[Times]) -> Iterator[Piece]:
        places = {name: at for at, name in enumerate(self.columns)}
        columns = [places[name] for name in names]
        wanted = np.zeros(len(pages.first_times), dtype=np.bool_)
        for start, end in windows:
            # The page before the first that begins at `start` may end with it.
            first = max(int(np.searchsorted(pages.first_times, start, side="left")) - 1, 0)
            wanted[first : int(np.searchsorted(pages.first_times, end, side="left"))] = start <= pages.last_time
        group_first = 0
        for group, group_end in enumerate(pages.page_ends.tolist()):
            for first, last in _runs(wanted[group_first:group_end]):
                spans = [(pages.dictionary(group, at), pages.pages(group, at, first, last)) for at in columns]
                yield Piece(pages.rows(group, first, last), spans)
            group_first = group_end


def read_index(path: str, generation: int, tail: bytes, expected: Mapping[str, str], time: str) -> FileIndex:
    """Read the footer at the end of `tail`; `expected` are the columns that must be there, by their type.

    Raises:
        InvalidInputError: it is no parquet file, not one of ticks, or its row groups are out of order.
    """
    try:
        metadata = pq.ParquetFile(pa.BufferReader(tail)).metadata
    except (pa.ArrowException, OSError) as torn:
        raise InvalidInputError(path, str(torn), "it is no whole parquet file; mend or remove it") from torn
    if metadata.num_rows == 0 or metadata.num_row_groups == 0:
        raise InvalidInputError(path, "0 rows", "the file is empty; mend or remove it")
    columns = _columns(path, metadata, expected)
    pages = _page_map(path, metadata, len(columns))
    bounds = _bounds(path, metadata, time) if pages is None else _of_map(path, time, pages)
    return FileIndex(
        path=path,
        generation=generation,
        rows=metadata.num_rows,
        columns=columns,
        ns_per_unit=_unit(path, time, bounds),
        _metadata=metadata,
        _bounds=bounds,
        _pages=pages,
    )


def _columns(path: str, metadata: Any, expected: Mapping[str, str]) -> Mapping[str, Column]:
    about = metadata.row_group(0)
    found = {}
    for at in range(about.num_columns):
        column, declared = about.column(at), metadata.schema.column(at)
        name = column.path_in_schema
        optional = declared.max_definition_level == 1
        found[name] = Column(name, column.physical_type, optional, column.compression)
    for name, wanted in expected.items():
        if name not in found:
            raise InvalidInputError(f"{path}: column {name}", "missing", f"such a file has {', '.join(expected)}")
        if found[name].type != _TYPES[wanted]:
            raise InvalidInputError(f"{path}: column {name}", found[name].type, f"this column is {wanted}")
        if not can_hold(found[name]):
            raise InvalidInputError(f"{path}: column {name}", found[name].codec, "compress it with zstd or snappy")
    return found


def _bounds(path: str, metadata: Any, time: str) -> tuple[Longs, Longs]:
    """Return the first and last time of each row group: everything, where the file does not say."""
    names = metadata.schema.names
    at = names.index(time)
    limits = np.iinfo(np.int64)
    firsts, lasts = [], []
    for group in range(metadata.num_row_groups):
        said = metadata.row_group(group).column(at).statistics
        known = said is not None and said.has_min_max
        firsts.append(int(said.min_raw) if known else limits.min)
        lasts.append(int(said.max_raw) if known else limits.max)
    firsts_, lasts_ = np.asarray(firsts, dtype=np.int64), np.asarray(lasts, dtype=np.int64)
    known_ = firsts_ != limits.min
    both = known_[1:] & known_[:-1]
    early = both & (firsts_[1:] < lasts_[:-1])
    if early.any():
        group = int(early.argmax()) + 1
        raise InvalidInputError(
            f"{path}: column {time}, row group {group}",
            int(firsts_[group]),
            f"it begins before the row group above it ends; {_SORT}",
        )
    return firsts_, lasts_


def _of_map(path: str, time: str, pages: PageMap) -> tuple[Longs, Longs]:
    """Return the first and last time of the file, as its map says."""
    if (np.diff(pages.first_times) < 0).any() or pages.last_time < pages.first_times[-1]:
        raise InvalidInputError(f"{path}: column {time}", "page map", f"its times decrease; {_SORT}")
    return pages.first_times[:1], np.asarray([pages.last_time], dtype=np.int64)


def _unit(path: str, time: str, bounds: tuple[Longs, Longs]) -> int | None:
    limits = np.iinfo(np.int64)
    known = [int(each) for edge in bounds for each in (edge[0], edge[-1]) if each not in (limits.min, limits.max)]
    if not known:
        return None
    units = {ns_per_unit(stamp) for stamp in known}
    unit = units.pop()
    if units or unit is None:
        raise InvalidInputError(f"{path}: column {time}", known[0], "write all stamps in milli-, micro- or nanoseconds")
    return unit


def _page_map(path: str, metadata: Any, columns: int) -> PageMap | None:
    value = (metadata.metadata or {}).get(PAGE_MAP_KEY)
    if value is None:
        return None
    try:
        found = decode(value)
    except ValueError as wrong:
        raise InvalidInputError(path, str(wrong), "write the file again: `livexec ticks optimise`") from wrong
    if found.columns != columns or int(found.group_rows.sum()) != metadata.num_rows:
        raise InvalidInputError(
            path, "page map", "it is of another file; write the file again: `livexec ticks optimise`"
        )
    return found


def _chunk(column: Any) -> tuple[Span, Span]:
    data, size = column.data_page_offset, column.total_compressed_size
    if not column.has_dictionary_page:
        return _NOTHING, (data, size)
    start = column.dictionary_page_offset
    return (start, data - start), (data, size - (data - start))


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield each stretch of true flags: its first, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
