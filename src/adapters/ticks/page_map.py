"""Where every page of a tick file is, in one value of its footer, so that a window costs its pages and no more.

Parquet's own page index says it too, but column by column in structures that cost as many bytes as a window. All our
pages have the same number of rows in every column, so their sizes in file order and the first time of each say it
all. Other readers pass over a key that they do not know.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from adapters.ticks.thrift import Reader, Value

PAGE_MAP_KEY: Final = b"livexec.pages.1"
_HEAD: Final = struct.Struct("<IIIIq")  # rows a page, columns, row groups, pages, last time
_FIRST_BYTE: Final = 4  # behind the four that every parquet file begins with
_DATA_PAGES: Final = frozenset({0, 3})
_DICTIONARY_PAGE: Final = 2

type Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PageMap:
    """`sizes`: of each row group, of each column, its dictionary (0: none) and then its pages, in bytes."""

    rows_per_page: int
    columns: int
    last_time: int
    group_rows: Longs
    first_times: Longs  # of every page over all row groups
    sizes: Longs

    @cached_property
    def group_pages(self) -> Longs:
        """How many pages each row group has."""
        return -(-self.group_rows // self.rows_per_page)

    @cached_property
    def page_ends(self) -> Longs:
        """The number of pages before the end of each row group."""
        return np.cumsum(self.group_pages)

    @cached_property
    def _offsets(self) -> Longs:
        return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(self.sizes))) + _FIRST_BYTE

    @cached_property
    def _first_sizes(self) -> Longs:
        each = (self.group_pages + 1) * self.columns
        return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(each)))

    def dictionary(self, group: int, column: int) -> tuple[int, int]:
        """Return offset and length of a column's dictionary; length 0: there is none."""
        at = int(self._first_sizes[group]) + column * (int(self.group_pages[group]) + 1)
        return int(self._offsets[at]), int(self.sizes[at])

    def pages(self, group: int, column: int, first: int, last: int) -> tuple[int, int]:
        """Return offset and length of a column's pages from `first` to before `last`, counted in the group."""
        at = int(self._first_sizes[group]) + column * (int(self.group_pages[group]) + 1) + 1
        start = int(self._offsets[at + first])
        return start, int(self._offsets[at + last]) - start

    def rows(self, group: int, first: int, last: int) -> int:
        """Return how many rows these pages have."""
        return min(last * self.rows_per_page, int(self.group_rows[group])) - first * self.rows_per_page

    def encode(self) -> bytes:
        """Return the value that goes into the footer: text, as other readers want it."""
        head = _HEAD.pack(self.rows_per_page, self.columns, len(self.group_rows), len(self.first_times), self.last_time)
        steps = np.diff(self.first_times, prepend=0)
        parts = (self.group_rows.astype("<i4"), self.sizes.astype("<i4"), steps.astype("<i8"))
        return base64.b64encode(zlib.compress(head + b"".join(part.tobytes() for part in parts), 9))


def decode(value: bytes) -> PageMap:
    """Read what `encode` wrote.

    Raises:
        ValueError: it is no page map.
    """
    try:
        content = zlib.decompress(base64.b64decode(value, validate=True))
        rows_per_page, columns, groups, pages, last_time = _HEAD.unpack_from(content)
        numbers = np.frombuffer(content, dtype="<i4", offset=_HEAD.size, count=groups + (pages + groups) * columns)
        steps = np.frombuffer(content, dtype="<i8", offset=_HEAD.size + numbers.nbytes)
    except (binascii.Error, zlib.error, struct.error, ValueError) as wrong:
        raise ValueError(f"no page map: {wrong}") from wrong
    if len(steps) != pages or not rows_per_page:
        raise ValueError("no page map: it is too short")
    wide = numbers.astype(np.int64)
    return PageMap(rows_per_page, columns, last_time, wide[:groups], np.cumsum(steps), wide[groups:])


def page_sizes(content: bytes, columns: int, rows: int, rows_per_page: int) -> Sequence[int]:
    """Walk the pages of one row group, and return their sizes as a page map has them.

    Raises:
        ValueError: its pages are not cut alike in every column.
    """
    sizes: list[int] = []
    place = 0
    for _ in range(columns):
        dictionary, left, pages = 0, rows, []
        while left:
            reader = Reader(content, place)
            head = reader.struct()
            size = reader.place - place + cast("int", head[3])
            if head[1] == _DICTIONARY_PAGE:
                dictionary = size
            elif head[1] in _DATA_PAGES:
                held = _values(head)
                if held != min(left, rows_per_page):
                    raise ValueError(f"a page of {held} rows, where {min(left, rows_per_page)} were expected")
                left -= held
                pages.append(size)
            else:
                raise ValueError(f"a page of kind {head[1]!r}")
            place += size
        sizes += [dictionary, *pages]
    if place != len(content):
        raise ValueError(f"{len(content) - place} bytes that are no page")
    return sizes


def _values(head: dict[int, Value]) -> int:
    about = head.get(5) or head.get(8)
    return cast("int", cast("dict[int, Value]", about)[1])
