"""Segments of an archived journal as bytes: a line of JSON that says what it is, and the rows, compressed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

import orjson

from adapters.sql.codec import NO_CHECKSUM, Row, checksum_of
from ports.archive import Segment
from ports.errors import JournalCorruptError

FORMAT: Final = 1
FOLDER: Final = "journal_archive"
_BODY: Final = 7  # the column that is bytes


class SegmentDamagedError(JournalCorruptError):
    """A segment is missing from the archive, or is not what was put there."""

    def __init__(self, segment: Segment, why: str, *, is_missing: bool = False) -> None:
        super().__init__(f"seq {segment.first_seq} to {segment.last_seq}: the archive's {segment.path} {why}")
        self.first_seq, self.last_seq, self.is_missing = segment.first_seq, segment.last_seq, is_missing


def encode_segment(rows: Sequence[Row], before: Segment | None) -> tuple[Segment, bytes]:
    """Return rows that follow the segment `before` (None: they are the journal's first) as an object.

    Raises:
        JournalCorruptError: they do not follow it, or each other; nothing damaged is archived.
    """
    seq, previous = (0, NO_CHECKSUM) if before is None else (before.last_seq, before.checksum)
    first_seq, last_seq = rows[0][0], rows[-1][0]
    _follow(rows, seq, previous)
    # The first entry of all is the start of a process, with its time: what names this journal among others.
    folder = f"{FOLDER}/{rows[0][1]}-{rows[0][8]:08x}" if before is None else before.path.rpartition("/")[0]
    said: dict[str, Any] = {
        "format": FORMAT,
        "path": f"{folder}/{first_seq:012d}-{last_seq:012d}.segment",
        "first_seq": first_seq,
        "last_seq": last_seq,
        "previous": previous,
        "checksum": rows[-1][8],
    }
    lines = b"\n".join([orjson.dumps([*row[:_BODY], row[_BODY].decode(), row[8]]) for row in rows])
    packed = zlib.compress(lines)
    digest = digest_of(said, packed)
    fields = {name: said[name] for name in said if name != "format"}
    return Segment(**fields, digest=digest), orjson.dumps(said | {"digest": digest}) + b"\n" + packed


def said_of(content: bytes, segment: Segment) -> Segment:
    """Return `segment` with the digest that an object itself names.

    Raises:
        SegmentDamagedError: the object is no segment.
    """
    try:
        return replace(segment, digest=orjson.loads(content.partition(b"\n")[0])["digest"])
    except (ValueError, KeyError, TypeError) as unfit:
        raise SegmentDamagedError(segment, "is no segment") from unfit


def decode_segment(content: bytes, segment: Segment) -> list[Row]:
    """Return the rows of a segment, every one checked.

    Raises:
        SegmentDamagedError: the object is another one, or damaged.
    """
    line, _, packed = content.partition(b"\n")
    try:
        said = orjson.loads(line)
        digest = said.pop("digest")
        if digest != segment.digest or digest != digest_of(said, packed):
            raise SegmentDamagedError(segment, "is not what was put there: its digest does not fit")
        if said["format"] != FORMAT:
            raise SegmentDamagedError(segment, "was written by a newer livexec")
        rows: list[Row] = []
        for each in zlib.decompress(packed).split(b"\n"):
            row = orjson.loads(each)
            row[_BODY] = row[_BODY].encode()
            rows.append(tuple(row))
        _follow(rows, segment.first_seq - 1, segment.previous)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, JournalCorruptError) as unfit:
        if isinstance(unfit, SegmentDamagedError):
            raise
        raise SegmentDamagedError(segment, f"is damaged: {unfit}") from unfit
    if rows[-1][0] != segment.last_seq or rows[-1][8] != segment.checksum:
        raise SegmentDamagedError(segment, "ends elsewhere than it says")
    return rows


def _follow(rows: Sequence[Row], seq: int, previous: int) -> None:
    for row in rows:
        seq += 1
        if row[0] != seq:
            raise JournalCorruptError(f"seq {seq} is missing: {row[0]} comes in its place")
        if checksum_of(previous, row[:8]) != row[8]:
            raise JournalCorruptError(f"seq {seq} was altered or torn: its checksum does not fit")
        previous = row[8]


def digest_of(said: dict[str, Any], packed: bytes) -> str:
    """Return the digest of an object: of what it says of itself, and of its rows as they are compressed."""
    digest = blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=32)
    digest.update(packed)
    return digest.hexdigest()
