"""Objects in buckets: a local directory or a cloud's, one promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class ObjectStore(Protocol):
    """Whole objects and byte ranges, by path (`a/b/c.parquet`) inside one bucket."""

    async def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return `length` bytes from `start`, or all that follow.

        Raises:
            ObjectMissingError: the store answered that there is no such object.
            ObjectStoreUnavailableError: the store did not answer.
        """

    async def write(self, path: str, content: bytes) -> None:
        """Create the object, whole or not at all.

        Raises:
            ObjectExistsError: it is already there with other content (the same content is harmless).
            ObjectStoreUnavailableError: not confirmed; harmless to repeat.
        """

    async def list(self, prefix: str) -> Sequence[str]:
        """Return the paths that begin with `prefix`, sorted; empty means the store answered "none".

        Raises:
            ObjectStoreUnavailableError: the store did not answer.
        """
