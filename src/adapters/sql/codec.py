"""Entries as rows: facts as orjson bytes, and a checksum that chains every row to all before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

import orjson

from adapters.sql.plain_data import maker_of
from ports.errors import JournalCorruptError
from ports.facts import FACTS, Fact, decode_fact
from ports.journal import Entry
from ports.records import maker
from ports.values import plain

# seq, ts_ns, epoch, actor, kind, version, cause, body, checksum: the columns of the journal, in their order. The
# content of a row is all but the last.
type Content = tuple[int, int, int, str, str, int, str, bytes]
type Row = tuple[int, int, int, str, str, int, str, bytes, int]

NO_CHECKSUM: Final = 0  # what the first row is chained to


_KINDS: Final[Mapping[Any, int]] = FACTS
_entry: Final = maker(Entry)
# What makes plain data of a kind of fact, its name and its version.
_SHAPES: Final = {kind: (maker_of(kind), kind.__name__, version) for kind, version in _KINDS.items()}


def encode_fact(fact: object) -> bytes:
    """Return a fact (or a part of one) as JSON with decimals as plain text.

    Raises:
        ValueError: it holds something that JSON cannot carry exactly (NaN, an object that is no plain data).
    """
    kind = type(fact)
    try:
        return _json(maker_of(kind)(fact) if is_dataclass(kind) else fact)
    except (TypeError, AttributeError) as refusal:  # a JSONEncodeError is a TypeError
        raise ValueError(f"a {kind.__name__} cannot be written: {refusal}") from refusal


def _json(data: object) -> bytes:
    try:
        return orjson.dumps(data, default=_plain_data)
    except orjson.JSONEncodeError:  # some keys are only nearly texts, as an instrument's is: a third slower
        return orjson.dumps(data, default=_plain_data, option=orjson.OPT_NON_STR_KEYS)


def _plain_data(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no amount")
        return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def checksum_of(previous: int, content: Content) -> int:
    """Return the checksum of a row that follows one with the checksum `previous`."""
    seq, ts_ns, epoch, actor, kind, version, cause, body = content
    # The lengths keep neighbouring texts apart; bytes that are no text (damage) count as they are.
    head = f"{previous} {seq} {ts_ns} {epoch} {version} {len(actor)} {len(kind)} {len(cause)} {actor}{kind}{cause}"
    try:
        return crc32(body, crc32(head.encode()))
    except UnicodeEncodeError:
        return crc32(body, crc32(head.encode("utf-8", "surrogateescape")))


def encode_entries(entries: Iterable[Entry], previous: int) -> list[Row]:
    """Return `entries` as rows of a journal whose last checksum is `previous`.

    Raises:
        ValueError: a fact cannot be written; none of them should be.
    """
    rows: list[Row] = []
    for entry in entries:  # a budget watches this loop: what is asked once per kind is not asked for each
        fact = entry.fact
        make, kind, version = _SHAPES[type(fact)]
        try:
            body = _json(make(fact))
        except (TypeError, AttributeError) as refusal:
            raise ValueError(f"a {kind} cannot be written: {refusal}") from refusal
        content = (entry.seq, entry.ts_ns, entry.epoch, entry.actor, kind, version, entry.cause, body)
        previous = checksum_of(previous, content)
        rows.append((*content, previous))
    return rows


def refuse_holes(entries: Sequence[Entry], seq: int) -> None:
    """Refuse entries that do not continue a journal whose last sequence is `seq`.

    Raises:
        ValueError: there are none, one is missing, or one is there already; names what would be next.
    """
    if not entries:
        raise ValueError("there is nothing to append")
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            raise ValueError(f"seq {entry.seq} cannot be appended: {seq} is next")


def decode_row(row: Row) -> Entry:
    """Return the entry that a row holds; its checksum is not looked at.

    Raises:
        JournalCorruptError: names the sequence, and the kind where it is one this program does not know.
    """
    seq, ts_ns, epoch, actor, kind, version, cause, body, _ = row
    try:
        fact: Fact = decode_fact(kind, version, orjson.loads(body))
    except orjson.JSONDecodeError as unreadable:
        raise JournalCorruptError(f"seq {seq}: the body of a {kind} is torn") from unreadable
    except JournalCorruptError as unreadable:
        raise JournalCorruptError(f"seq {seq}: {unreadable}") from unreadable
    return _entry(seq=seq, ts_ns=ts_ns, epoch=epoch, actor=actor, cause=cause, fact=fact)


def decode_rows(rows: Iterable[Row], after_seq: int, previous: int) -> list[Entry]:
    """Return rows as entries, holding them to the sequence after `after_seq` and to the chain after `previous`.

    Raises:
        JournalCorruptError: names the first sequence that is missing, altered, torn or unknown.
    """
    entries: list[Entry] = []
    for row in rows:
        seq, checksum = row[0], row[8]
        if seq != after_seq + 1:
            raise JournalCorruptError(f"seq {after_seq + 1} is missing: {seq} comes after {after_seq}")
        if checksum_of(previous, row[:8]) != checksum:
            raise JournalCorruptError(f"seq {seq} was altered or torn: its checksum does not fit")
        entries.append(decode_row(row))
        after_seq, previous = seq, checksum
    return entries


def decode_following(rows: Sequence[Row], after_seq: int, limit: int) -> list[Entry]:
    """Return up to `limit` entries after `after_seq`; `rows` begin one earlier, for the chain hangs from that one.

    Raises:
        JournalCorruptError: as `decode_rows`; also where rows follow one that is missing.
    """
    if after_seq == 0:
        return decode_rows(rows[:limit], 0, NO_CHECKSUM)
    if rows and rows[0][0] == after_seq:
        return decode_rows(rows[1:], after_seq, rows[0][8])
    return decode_rows(rows, after_seq - 1, NO_CHECKSUM)  # empty, or raises
