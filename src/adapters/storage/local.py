"""A bucket in a folder of this machine: the embedded default and the fallback."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from adapters.storage.files import Fill, answering, fill_from, fill_with, flush, link, same_content, unfinished
from adapters.storage.paths import PARTIAL, check_listing, check_path, check_range, check_ranges
from ports.errors import InvalidInputError, ObjectChangedError, ObjectExistsError, ObjectMissingError
from ports.object_store import LISTED, ObjectInfo, ObjectTail

_NOTHING_THERE: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


class LocalObjectStore:
    """Objects as files under `root`, which is made when the first one is written.

    An object appears whole or not at all, also over a power loss: it is written beside, flushed to the disk, and
    then linked to its name, which fails where the name is taken. On a file system without hard links (FUSE mounts)
    it is renamed instead: still whole, but of two writers at the same instant the later one wins unnoticed. So it is
    with two writers that replace the same generation at the same instant. A generation is the file's time of change
    in nanoseconds; a file that another program writes in place changes it as it likes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def info(self, path: str) -> ObjectInfo:
        """Return the size and generation of the object (see the port for what is raised)."""
        return await asyncio.to_thread(self._info, self._place(path), path)

    async def read(self, path: str, start: int = 0, length: int | None = None, generation: int | None = None) -> bytes:
        """Return `length` bytes from `start`, or all that follow (see the port for what is raised)."""
        check_range(start, length)
        return await asyncio.to_thread(self._read, self._place(path), path, start, length, generation)

    async def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        """Return these ranges of one generation (see the port for what is raised)."""
        check_ranges(ranges)
        return await asyncio.to_thread(self._read_ranges, self._place(path), path, ranges, generation)

    async def read_tail(self, path: str, length: int) -> ObjectTail:
        """Return the last `length` bytes and what they are of (see the port for what is raised)."""
        check_range(0, length)
        return await asyncio.to_thread(self._tail, self._place(path), path, length)

    async def download(self, path: str, target: Path) -> ObjectInfo:
        """Copy the object into the file `target` (see the port for what is raised)."""
        return await asyncio.to_thread(self._download, self._place(path), path, target)

    async def write(self, path: str, content: bytes, replacing: int | None = None) -> ObjectInfo:
        """Create the object, or replace that generation (see the port for what is raised)."""
        return await asyncio.to_thread(self._write, self._place(path), path, fill_with(content), replacing)

    async def upload(self, path: str, source: Path, replacing: int | None = None) -> ObjectInfo:
        """Create the object from a file, or replace that generation (see the port for what is raised)."""
        await asyncio.to_thread(_check_readable, source)
        return await asyncio.to_thread(self._write, self._place(path), path, fill_from(source), replacing)

    async def delete(self, path: str, generation: int) -> None:
        """Remove that generation of the object (see the port for what is raised)."""
        await asyncio.to_thread(self._delete, self._place(path), path, generation)

    async def list(self, prefix: str, after: str = "", limit: int = LISTED) -> Sequence[ObjectInfo]:
        """Return the objects that begin with `prefix`, after `after` (see the port for what is raised)."""
        check_listing(limit)
        return await asyncio.to_thread(self._list, prefix, after, limit)

    def _place(self, path: str) -> Path:
        place = self._root / check_path(path)
        # A link inside the folder must not lead out of it.
        if not place.parent.resolve().is_relative_to(self._root.resolve()):
            raise InvalidInputError("path", path, "it leads out of the store")
        return place

    def _open(self, place: Path, path: str) -> tuple[BinaryIO, ObjectInfo]:
        try:
            file = place.open("rb")
        except _NOTHING_THERE:
            raise ObjectMissingError(f"{path}: there is no such object under {self._root}") from None
        return file, _info_of(path, os.fstat(file.fileno()))

    def _info(self, place: Path, path: str) -> ObjectInfo:
        with answering(path):
            file, info = self._open(place, path)
            file.close()
            return info

    def _read(self, place: Path, path: str, start: int, length: int | None, generation: int | None) -> bytes:
        with answering(path):
            file, info = self._open(place, path)
            with file:
                if generation is not None and generation != info.generation:
                    raise _changed(path, generation, info)
                file.seek(start)
                return file.read(-1 if length is None else length)

    def _read_ranges(
        self, place: Path, path: str, ranges: Sequence[tuple[int, int]], generation: int
    ) -> Sequence[bytes]:
        with answering(path):
            file, info = self._open(place, path)
            with file:
                if generation != info.generation:
                    raise _changed(path, generation, info)
                return [os.pread(file.fileno(), length, start) for start, length in ranges]

    def _tail(self, place: Path, path: str, length: int) -> ObjectTail:
        with answering(path):
            file, info = self._open(place, path)
            with file:
                file.seek(max(info.size - length, 0))
                return ObjectTail(path=path, generation=info.generation, content=file.read(length))

    def _download(self, place: Path, path: str, target: Path) -> ObjectInfo:
        with answering(path):
            info = self._info(place, path)
            with unfinished(target.parent) as partial:
                fill_from(place)(partial)
                flush(partial)
                partial.replace(target)
            return info

    def _write(self, place: Path, path: str, fill: Fill, replacing: int | None) -> ObjectInfo:
        with answering(path), unfinished(self._root / PARTIAL) as partial:
            fill(partial)
            there = self._there(place, path)
            if there is not None and same_content(place, partial):
                return there
            _refuse_unless_meant(path, there, replacing)
            # Later than what it replaces, whatever the clock says: a generation is never used twice.
            stamp_ns = max(time.time_ns(), 0 if there is None else there.generation + 1)
            os.utime(partial, ns=(stamp_ns, stamp_ns))
            flush(partial)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                if replacing is None:
                    link(partial, place)
                else:
                    partial.replace(place)
            except FileExistsError:
                if not same_content(place, partial):
                    raise _exists(path, self._root) from None
            self._flush_folders(place.parent)
            return self._info(place, path)

    def _there(self, place: Path, path: str) -> ObjectInfo | None:
        if place.is_dir():
            raise _exists(path, self._root)
        try:
            return self._info(place, path)
        except ObjectMissingError:
            return None

    def _delete(self, place: Path, path: str, generation: int) -> None:
        with answering(path):
            try:
                info = self._info(place, path)
            except ObjectMissingError:
                return
            if info.generation != generation:
                raise _changed(path, generation, info)
            place.unlink(missing_ok=True)
            flush(place.parent)

    def _flush_folders(self, folder: Path) -> None:
        """Make the names durable, up to the root: a new folder is a name in the one above."""
        while folder != self._root.parent:
            flush(folder)
            folder = folder.parent

    def _list(self, prefix: str, after: str, limit: int) -> Sequence[ObjectInfo]:
        found: list[str] = []
        with answering(prefix):
            for where, folders, names in self._root.walk(on_error=_unless_gone):
                if where == self._root and PARTIAL in folders:
                    folders.remove(PARTIAL)  # `walk` enters what stays in its list
                found += [(where / name).relative_to(self._root).as_posix() for name in names]
            chosen = sorted(path for path in found if path.startswith(prefix) and path > after)
            return [_info_of(path, (self._root / path).stat()) for path in chosen[:limit]]


def _info_of(path: str, stat: os.stat_result) -> ObjectInfo:
    return ObjectInfo(path=path, size=stat.st_size, generation=stat.st_mtime_ns, written_ns=stat.st_mtime_ns)


def _refuse_unless_meant(path: str, there: ObjectInfo | None, replacing: int | None) -> None:
    if replacing is None and there is not None:
        raise ObjectExistsError(f"{path}: it is already there with other content")
    if replacing is not None and (there is None or there.generation != replacing):
        raise _changed(path, replacing, there)


def _exists(path: str, root: Path) -> ObjectExistsError:
    return ObjectExistsError(f"{path}: it is already there with other content, under {root}")


def _changed(path: str, wanted: int, there: ObjectInfo | None) -> ObjectChangedError:
    now = "it is gone" if there is None else f"it is {there.generation} now"
    return ObjectChangedError(f"{path}: not generation {wanted} any more, {now}")


def _check_readable(source: Path) -> None:
    with source.open("rb"):
        pass


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
