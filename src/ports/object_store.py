"""Objects in buckets: a local directory or a cloud's, one promise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from ports.records import record

LISTED: Final = 1_000  # objects in one answer of a listing, unless fewer are asked for


@record
class ObjectInfo:
    """What a store says of an object. `generation` is above zero and another one after every write."""

    path: str
    size: int
    generation: int
    written_ns: int = 0  # when it was written; 0: the store does not say


@record
class ObjectTail:
    """The last bytes of an object, and which generation of it they are of."""

    path: str
    generation: int
    content: bytes


class ObjectStore(Protocol):
    """Whole objects, byte ranges and listings, by path (`a/b/c.parquet`) inside one bucket.

    Every call ends in bounded time. What it raises tells four things apart: ObjectMissingError, the store answered
    that there is no such object; ObjectStoreRefusedError, it answered that we may not, or that the bucket is not
    there; ObjectChangedError, another generation is there than was named; ObjectStoreUnavailableError, it did not
    answer, nothing was learnt, and asking again is safe. A path or range that means nothing is InvalidInputError.
    """

    async def info(self, path: str) -> ObjectInfo:
        """Return what the store says of the object.

        Raises:
            ObjectMissingError, ObjectStoreRefusedError, ObjectStoreUnavailableError: as the class says.
        """

    async def read(self, path: str, start: int = 0, length: int | None = None, generation: int | None = None) -> bytes:
        """Return `length` bytes from `start`, or all that follow; fewer where the object ends before.

        With a `generation`, these bytes are of that one and no other.

        Raises:
            ObjectMissingError, ObjectChangedError, ObjectStoreRefusedError, ObjectStoreUnavailableError.
        """

    async def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        """Do what `read` does for many ranges (start, length) of one generation, as many at a time as serves.

        Raises:
            As `read`: one range that cannot be read, and none is returned.
        """

    async def read_tail(self, path: str, length: int) -> ObjectTail:
        """Return the last `length` bytes (all, where it has fewer) in one question, with its generation.

        Raises:
            ObjectMissingError, ObjectStoreRefusedError, ObjectStoreUnavailableError.
        """

    async def download(self, path: str, target: Path) -> ObjectInfo:
        """Copy the object into the file `target`, which appears whole or not at all; memory stays bounded.

        A file that is there is replaced.

        Raises:
            ObjectMissingError, ObjectChangedError (it was replaced meanwhile), ObjectStoreRefusedError,
            ObjectStoreUnavailableError.
        """

    async def write(self, path: str, content: bytes, replacing: int | None = None) -> ObjectInfo:
        """Create the object, whole or not at all; or replace the generation `replacing`, and that one alone.

        Harmless to repeat: where the object already has this content, it stays as it is.

        Raises:
            ObjectExistsError: it is already there with other content, and nothing was to be replaced.
            ObjectChangedError: it has other content, and its generation is not `replacing`, or it is gone.
            ObjectStoreRefusedError: as the class says.
            ObjectStoreUnavailableError: not confirmed; harmless to repeat.
        """

    async def upload(self, path: str, source: Path, replacing: int | None = None) -> ObjectInfo:
        """Do what `write` does with the content of the file `source`; memory stays bounded.

        Raises:
            As `write`.
            OSError: the file cannot be read.
        """

    async def delete(self, path: str, generation: int) -> None:
        """Remove that generation of the object; one that is gone already is harmless.

        Raises:
            ObjectChangedError: another generation is there, and stays.
            ObjectStoreRefusedError, ObjectStoreUnavailableError: as the class says.
        """

    async def list(self, prefix: str, after: str = "", limit: int = LISTED) -> Sequence[ObjectInfo]:
        """Return the objects whose paths begin with `prefix` and come after `after`, sorted by path.

        Fewer than `limit` means that there are no more; none means that the store answered "none".

        Raises:
            ObjectStoreRefusedError, ObjectStoreUnavailableError.
        """
