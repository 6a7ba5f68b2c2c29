"""A parquet file in memory, made of pages of another one: what lets Arrow decode a window and nothing around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks.thrift import Field, several, struct, text, whole

_MAGIC: Final = b"PAR1"
# parquet.thrift: Type, CompressionCodec, Encoding, ConvertedType
_TYPES: Final = {"INT64": 2, "DOUBLE": 5, "BYTE_ARRAY": 6}
_CODECS: Final = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "BROTLI": 4, "ZSTD": 6, "LZ4": 7}
_UTF8: Final = 0
_PLAIN: Final = 0
_REQUIRED, _OPTIONAL = 0, 1
_FEW_WORDS: Final = frozenset({"exchange", "symbol", "side"})

type Content = bytes | memoryview


class Column(NamedTuple):
    """A column as its file declares it."""

    name: str
    type: str
    is_optional: bool
    codec: str


class Pages(NamedTuple):
    """A column's part of a stretch of rows: its dictionary (empty: none), and its pages one after the other."""

    dictionary: Content
    data: Content


class Stretch(NamedTuple):
    """Some rows, and of each column what holds them."""

    rows: int
    columns: Sequence[Pages]


def can_hold(column: Column) -> bool:
    """Whether a column is of a type and compression that this knows."""
    return column.type in _TYPES and column.codec in _CODECS


def decode(columns: Sequence[Column], stretches: Sequence[Stretch]) -> pa.Table:
    """Return the rows of all stretches, decoded by Arrow.

    Raises:
        pa.ArrowException: the pages are torn.
        OSError: the pages are torn.
    """
    parts: list[Content] = [_MAGIC]
    place = len(_MAGIC)
    groups: list[Field] = []
    for stretch in stretches:
        chunks = []
        for column, pages in zip(columns, stretch.columns, strict=True):
            chunks.append(_chunk(column, stretch.rows, pages, place))
            parts += pages
            place += len(pages.dictionary) + len(pages.data)
        groups.append(struct({1: several(chunks), 2: whole(place, wide=True), 3: whole(stretch.rows, wide=True)}))
    footer = _footer(columns, groups, sum(stretch.rows for stretch in stretches))
    content = b"".join([*parts, footer, len(footer).to_bytes(4, "little"), _MAGIC])
    return pq.ParquetFile(pa.BufferReader(content), read_dictionary=_few_words(columns)).read(use_threads=False)


def _few_words(columns: Sequence[Column]) -> list[str]:
    """Name the columns whose few words stay numbers and a list of words: it takes a quarter of the time."""
    return [column.name for column in columns if column.type == "BYTE_ARRAY" and column.name in _FEW_WORDS]


def _footer(columns: Sequence[Column], groups: list[Field], rows: int) -> bytes:
    schema = [struct({4: text(b"schema"), 5: whole(len(columns))})]
    schema += [_declaration(column) for column in columns]
    return struct({1: whole(2), 2: several(schema), 3: whole(rows, wide=True), 4: several(groups)})[1]


def _declaration(column: Column) -> Field:
    fields = {
        1: whole(_TYPES[column.type]),
        3: whole(_OPTIONAL if column.is_optional else _REQUIRED),
        4: text(column.name.encode()),
    }
    if column.type == "BYTE_ARRAY":
        fields[6] = whole(_UTF8)
    return struct(fields)


def _chunk(column: Column, rows: int, pages: Pages, place: int) -> Field:
    size = len(pages.dictionary) + len(pages.data)
    fields = {
        1: whole(_TYPES[column.type]),
        2: several([whole(_PLAIN)]),  # each page says itself how it is encoded
        3: several([text(column.name.encode())]),
        4: whole(_CODECS[column.codec]),
        5: whole(rows, wide=True),
        6: whole(size, wide=True),
        7: whole(size, wide=True),
        9: whole(place + len(pages.dictionary), wide=True),
    }
    if len(pages.dictionary):
        fields[11] = whole(place, wide=True)
    return struct({2: whole(place, wide=True), 3: struct(fields)})
