"""Windows of recorded ticks out of an object store: only the bytes that hold them are asked for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from adapters.ticks.byte_ranges import fetch
from adapters.ticks.exact_rows import ticks_of
from adapters.ticks.file_index import FileIndex, Times, read_index
from adapters.ticks.kinds import COLUMNS, STAMPS, TEXTS, TICK_COLUMNS, TIME, Kind, days_between, tick_paths
from adapters.ticks.mini_parquet import Pages, Stretch, decode
from adapters.ticks.stamps import ns_per_unit
from ports.errors import InvalidInputError, ObjectChangedError, ObjectMissingError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Tick
from ports.object_store import ObjectStore

TAIL_BYTES: Final = 128 * 1024  # holds the footer of a day in small row groups
_FOOTER_END: Final = 8  # its length and four letters
_MAGIC: Final = b"PAR1"
_REMEMBERED: Final = 64  # files

_EVER: Final = (-(2**63), 2**63 - 1)

type Window = tuple[int, int]  # start, end: UTC nanoseconds, the end is not part of it


class WindowReader:
    """Reads windows of an instrument's day files, by when the recorder received the rows.

    The bytes that come are those of the row groups that overlap a window, or of the pages that do where the file has
    a map of them (`livexec ticks optimise`), of the columns asked for alone. Footers are remembered; a file that is
    replaced is noticed and read again.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._indexes: OrderedDict[str, FileIndex] = OrderedDict()

    async def read_window(
        self,
        kind: Kind,
        instrument: InstrumentKey,
        start_ns: int,
        end_ns: int,
        columns: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return the rows received in `[start_ns, end_ns)`, by the files' own column names; no rows: none came.

        Without `columns`, those that ticks are made of. The stamps are as the file has them.

        Raises:
            ObjectMissingError: a day of the window is not there.
            InvalidInputError: a file is torn, empty, out of order or lacks a column; names file, column and row.
            ObjectChangedError: the file is being replaced again and again.
            ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
        """
        return (await self.read_windows(kind, instrument, [(start_ns, end_ns)], columns))[0]

    async def read_ticks(self, kind: Kind, instrument: Instrument, start_ns: int, end_ns: int) -> Sequence[Tick]:
        """Return the ticks received in `[start_ns, end_ns)`, exact; none: none came.

        Raises:
            InvalidInputError: also where a value is no multiple of the instrument's tick or lot.
            ObjectMissingError and the others: as `read_window`.
        """
        table = await self.read_window(kind, instrument.key, start_ns, end_ns)
        return ticks_of(f"{kind} of {instrument.key}, from {start_ns}", kind, instrument, table)

    async def read_windows(
        self,
        kind: Kind,
        instrument: InstrumentKey,
        windows: Sequence[Window],
        columns: Sequence[str] | None = None,
    ) -> Sequence[pa.Table]:
        """Return what `read_window` does for each window; what they share is read once. All of it is in memory.

        Raises:
            As `read_window`.
        """
        names = _names(kind, columns)
        days: dict[str, list[tuple[int, Window]]] = {}
        for at, (start_ns, end_ns) in enumerate(windows):
            if start_ns >= end_ns:
                raise InvalidInputError("window", f"{start_ns} to {end_ns}", "it ends after it begins")
            for day, first_ns, until_ns in days_between(start_ns, end_ns):
                days.setdefault(day, []).append((at, (first_ns, until_ns)))
        parts: list[list[pa.Table]] = [[] for _ in windows]
        for day, asked in days.items():
            found = await self._of_day(kind, tick_paths(kind, instrument, day), [each for _, each in asked], names)
            for (at, _), table in zip(asked, found, strict=True):
                parts[at].append(table)
        return [each[0] if len(each) == 1 else pa.concat_tables(each) for each in parts]

    async def _of_day(
        self, kind: Kind, paths: Sequence[str], windows: Sequence[Window], names: Sequence[str]
    ) -> Sequence[pa.Table]:
        for path in paths:
            try:
                return await self._of_file(kind, path, windows, names)
            except ObjectMissingError:
                continue
        raise ObjectMissingError(f"{' or '.join(paths)}: there is no such object")

    async def _of_file(
        self, kind: Kind, path: str, windows: Sequence[Window], names: Sequence[str]
    ) -> Sequence[pa.Table]:
        index = self._indexes.get(path)
        if index is not None:
            try:
                return await self._rows(index, windows, names)
            except ObjectChangedError:
                del self._indexes[path]
        index = await self._index(kind, path)
        self._indexes[path] = index
        self._indexes.move_to_end(path)
        while len(self._indexes) > _REMEMBERED:
            self._indexes.popitem(last=False)
        return await self._rows(index, windows, names)

    async def _index(self, kind: Kind, path: str) -> FileIndex:
        tail = await self._store.read_tail(path, TAIL_BYTES)
        if tail.content[-4:] != _MAGIC or len(tail.content) < _FOOTER_END:
            raise InvalidInputError(path, "its end", "it is no whole parquet file; mend or remove it")
        footer = int.from_bytes(tail.content[-_FOOTER_END:-4], "little") + _FOOTER_END
        if footer > len(tail.content):
            generation = tail.generation
            tail = await self._store.read_tail(path, footer)
            if tail.generation != generation:
                raise ObjectChangedError(f"{path}: it was replaced while its footer was read")
        return read_index(path, tail.generation, tail.content, _types(kind), TIME)

    async def _rows(self, index: FileIndex, windows: Sequence[Window], names: Sequence[str]) -> Sequence[pa.Table]:
        unit = index.ns_per_unit
        times = [_EVER] if unit is None else [_in_units(unit, window) for window in windows]
        asked = names if TIME in names else (TIME, *names)
        pieces = list(index.pieces(asked, times))
        spans = [span for piece in pieces for pair in piece.columns for span in pair]
        fetched = await fetch(self._store, index.path, index.generation, spans)
        columns = [index.columns[name] for name in asked]
        stretches = [
            Stretch(piece.rows, [Pages(*map(fetched.part, pair)) for pair in piece.columns]) for piece in pieces
        ]
        try:
            table = await asyncio.to_thread(decode, columns, stretches)
        except (pa.ArrowException, OSError) as torn:
            raise InvalidInputError(index.path, str(torn), "its data cannot be read; mend or remove it") from torn
        return [each.select(list(names)) for each in _cut(index.path, table, windows)]


def _cut(path: str, table: pa.Table, windows: Sequence[Window]) -> Sequence[pa.Table]:
    column = table.column(TIME)
    if column.null_count:
        raise InvalidInputError(f"{path}: column {TIME}", None, "every row needs a value")
    stamps = column.to_numpy()
    if not len(stamps):
        return [table for _ in windows]
    if (np.diff(stamps) < 0).any():
        at = int((np.diff(stamps) < 0).argmax()) + 1
        raise InvalidInputError(
            f"{path}: column {TIME}",
            int(stamps[at]),
            "it lies before the row above; sort the file: `livexec ticks optimise` does",
        )
    unit = ns_per_unit(int(stamps[0]))
    if unit is None or unit != ns_per_unit(int(stamps[-1])):
        raise InvalidInputError(
            f"{path}: column {TIME}", int(stamps[0]), "write all stamps in milli-, micro- or nanoseconds"
        )
    edges = [np.searchsorted(stamps, _in_units(unit, window)).tolist() for window in windows]
    return [table.slice(first, last - first) for first, last in edges]


def _in_units(unit: int, window: Window) -> Times:
    """Return a window in the file's unit; an instant between two units belongs to the later one."""
    return -(-window[0] // unit), -(-window[1] // unit)


def _names(kind: Kind, columns: Sequence[str] | None) -> Sequence[str]:
    if columns is None:
        return TICK_COLUMNS[kind]
    for name in columns:
        if name not in COLUMNS[kind]:
            raise InvalidInputError("columns", name, f"a {kind} file has {', '.join(COLUMNS[kind])}")
    return columns


def _types(kind: Kind) -> dict[str, str]:
    return {name: "int64" if name in STAMPS else "string" if name in TEXTS else "double" for name in TICK_COLUMNS[kind]}
