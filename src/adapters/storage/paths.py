"""What a path inside a bucket may look like, so that it means the same in every store and never leaves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ports.errors import InvalidInputError

PARTIAL: Final = ".partial"  # where a local store keeps what is not whole yet
_MAX_BYTES: Final = 1024  # a Google Cloud Storage object name; each part must fit a file name as well
_MAX_PART: Final = 255


def check_path(path: str) -> str:
    """Return `path` as it stands.

    Raises:
        InvalidInputError: empty, absolute, with an empty, `.` or `..` part, a backslash or a control character,
            too long, or in the folder that is kept for unfinished writes.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or parts[0] == PARTIAL:
        raise InvalidInputError("path", path, "write parts between single slashes, such as a/b/c.parquet")
    if "\\" in path or not path.isprintable():
        raise InvalidInputError("path", path, "leave out backslashes and control characters")
    if len(path.encode()) > _MAX_BYTES or any(len(part.encode()) > _MAX_PART for part in parts):
        raise InvalidInputError("path", path, f"at most {_MAX_BYTES} bytes, and {_MAX_PART} between slashes")
    return path


def check_range(start: int, length: int | None) -> None:
    """Refuse a byte range that runs backwards.

    Raises:
        InvalidInputError: `start` or `length` is below zero.
    """
    if start < 0:
        raise InvalidInputError("start", start, "must not be below zero")
    if length is not None and length < 0:
        raise InvalidInputError("length", length, "must not be below zero")


def check_ranges(ranges: Iterable[tuple[int, int]]) -> None:
    """Refuse ranges of which one runs backwards.

    Raises:
        InvalidInputError: as `check_range`.
    """
    for start, length in ranges:
        check_range(start, length)


def check_listing(limit: int) -> None:
    """Refuse a listing of nothing.

    Raises:
        InvalidInputError: `limit` is below 1.
    """
    if limit < 1:
        raise InvalidInputError("limit", limit, "ask for at least 1 object")
