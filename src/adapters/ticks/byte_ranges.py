"""Many small parts of one object, asked for in few questions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from ports.errors import InvalidInputError
from ports.object_store import ObjectStore

HOLE_BYTES: Final = 12 * 1024  # bytes nobody wants that cost no more than another question
LARGEST_BYTES: Final = 8 * 1024 * 1024  # one answer

type Span = tuple[int, int]  # offset, length


def merged(spans: Iterable[Span]) -> Sequence[Span]:
    """Return spans that cover all of `spans`, joined across holes of up to `HOLE_BYTES`, sorted.

    None is longer than `LARGEST_BYTES` unless one of `spans` is.
    """
    found: list[Span] = []
    for start, length in sorted(span for span in set(spans) if span[1]):
        if found:
            first, held = found[-1]
            end = max(first + held, start + length)
            if start - (first + held) <= HOLE_BYTES and end - first <= max(LARGEST_BYTES, held):
                found[-1] = first, end - first
                continue
        found.append((start, length))
    return found


class Fetched:
    """Parts of one object, in memory."""

    def __init__(self, spans: Sequence[Span], contents: Sequence[bytes]) -> None:
        self._starts = [start for start, _ in spans]
        self._contents = [memoryview(content) for content in contents]

    def part(self, span: Span) -> memoryview:
        """Return a part that was asked for; empty where its length is 0."""
        start, length = span
        if not length:
            return memoryview(b"")
        at = bisect_right(self._starts, start) - 1
        offset = start - self._starts[at]
        return self._contents[at][offset : offset + length]


async def fetch(store: ObjectStore, path: str, generation: int, spans: Iterable[Span]) -> Fetched:
    """Read `spans` of one generation of an object.

    Raises:
        InvalidInputError: the object ends before a span does.
        ObjectMissingError, ObjectChangedError, ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    wanted = merged(spans)
    contents = await store.read_ranges(path, wanted, generation) if wanted else []
    for (start, length), content in zip(wanted, contents, strict=True):
        if len(content) != length:
            raise InvalidInputError(path, f"{len(content)} of {length} bytes at {start}", "the file is cut short")
    return Fetched(wanted, contents)
