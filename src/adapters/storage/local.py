"""A bucket in a folder of this machine: the embedded default and the fallback."""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.storage.paths import PARTIAL, check_path, check_range
from ports.errors import InvalidInputError, ObjectExistsError, ObjectMissingError, ObjectStoreUnavailableError

_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_NOTHING_THERE: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalObjectStore:
    """Objects as files under `root`, which is made when the first one is written.

    An object appears whole or not at all, also over a power loss: it is written beside, flushed to the disk, and
    then linked to its name, which fails where the name is taken. On a file system without hard links (FUSE mounts)
    it is renamed instead: still whole, but of two writers at the same instant the later one wins unnoticed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return `length` bytes from `start`, or all that follow; fewer where the object ends before.

        Raises:
            ObjectMissingError: there is no such object.
            ObjectStoreUnavailableError: the disk did not answer.
            InvalidInputError: no usable path or range.
        """
        check_range(start, length)
        return await asyncio.to_thread(self._read, self._place(path), path, start, length)

    async def write(self, path: str, content: bytes) -> None:
        """Create the object, whole or not at all; the same content again is harmless.

        Raises:
            ObjectExistsError: it is there with other content.
            ObjectStoreUnavailableError: the disk did not take it; harmless to repeat.
            InvalidInputError: no usable path.
        """
        await asyncio.to_thread(self._write, self._place(path), path, content)

    async def list(self, prefix: str) -> Sequence[str]:
        """Return the paths that begin with `prefix`, sorted; empty means there are none.

        Raises:
            ObjectStoreUnavailableError: the disk did not answer.
        """
        return await asyncio.to_thread(self._list, prefix)

    def _place(self, path: str) -> Path:
        place = self._root / check_path(path)
        # A link inside the folder must not lead out of it.
        if not place.parent.resolve().is_relative_to(self._root.resolve()):
            raise InvalidInputError("path", path, "it leads out of the store")
        return place

    def _read(self, place: Path, path: str, start: int, length: int | None) -> bytes:
        with _answering(path):
            try:
                with place.open("rb") as file:
                    file.seek(start)
                    return file.read(-1 if length is None else length)
            except _NOTHING_THERE:
                raise ObjectMissingError(f"{path}: there is no such object under {self._root}") from None

    def _write(self, place: Path, path: str, content: bytes) -> None:
        with _answering(path):
            if self._already_there(place, path, content):
                return
            partial = self._root / PARTIAL / secrets.token_hex(8)
            partial.parent.mkdir(parents=True, exist_ok=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_through(partial, content)
                _link(partial, place)
            except FileExistsError:
                if not self._already_there(place, path, content):
                    raise
            finally:
                partial.unlink(missing_ok=True)
            self._flush_folders(place.parent)

    def _already_there(self, place: Path, path: str, content: bytes) -> bool:
        try:
            same = place.read_bytes() == content
        except (FileNotFoundError, NotADirectoryError):
            return False
        except IsADirectoryError:
            same = False
        if not same:
            raise ObjectExistsError(f"{path}: it is already there with other content, under {self._root}")
        return True

    def _flush_folders(self, folder: Path) -> None:
        """Make the names durable, up to the root: a new folder is a name in the one above."""
        while folder != self._root.parent:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            folder = folder.parent

    def _list(self, prefix: str) -> Sequence[str]:
        found: list[str] = []
        with _answering(prefix):
            for where, folders, names in self._root.walk(on_error=_unless_gone):
                if where == self._root and PARTIAL in folders:
                    folders.remove(PARTIAL)  # `walk` enters what stays in its list
                found += [(where / name).relative_to(self._root).as_posix() for name in names]
        return sorted(path for path in found if path.startswith(prefix))


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _write_through(partial: Path, content: bytes) -> None:
    with partial.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _link(partial: Path, place: Path) -> None:
    try:
        place.hardlink_to(partial)
    except OSError as refused:
        if refused.errno not in _NO_LINKS:
            raise
        if place.exists():
            raise FileExistsError(place) from None
        partial.replace(place)


@contextmanager
def _answering(path: str) -> Iterator[None]:
    """Turn the disk's failures into ours."""
    try:
        yield
    except OSError as failure:
        raise ObjectStoreUnavailableError(f"{path}: {failure.strerror or failure}") from failure
