"""An object store in memory, which can be told to stop answering."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

from adapters.storage.paths import check_listing, check_path, check_range, check_ranges
from ports.errors import ObjectChangedError, ObjectExistsError, ObjectMissingError, ObjectStoreUnavailableError
from ports.object_store import LISTED, ObjectInfo, ObjectTail


class MemoryObjectStore:
    """A bucket in memory. While `away` is true, it answers nothing and takes nothing."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[tuple[str, int, int]] = []  # path, first byte, bytes given
        self.away = False
        self._generations: dict[str, int] = {}
        self._next = itertools.count(1)

    async def info(self, path: str) -> ObjectInfo:
        return self._found(path)[0]

    async def read(self, path: str, start: int = 0, length: int | None = None, generation: int | None = None) -> bytes:
        check_range(start, length)
        info, content = self._found(path)
        if generation is not None and generation != info.generation:
            raise ObjectChangedError(f"{path}: generation {info.generation}, not {generation}")
        given = content[start : len(content) if length is None else start + length]
        self.reads.append((path, start, len(given)))
        return given

    async def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        check_ranges(ranges)
        if not ranges and self._found(path)[0].generation != generation:
            raise ObjectChangedError(f"{path}: another generation than {generation}")
        return [await self.read(path, start, length, generation) for start, length in ranges]

    async def read_tail(self, path: str, length: int) -> ObjectTail:
        check_range(0, length)
        info, content = self._found(path)
        given = content[max(len(content) - length, 0) :]
        self.reads.append((path, len(content) - len(given), len(given)))
        return ObjectTail(path=path, generation=info.generation, content=given)

    async def download(self, path: str, target: Path) -> ObjectInfo:
        info, content = self._found(path)
        await asyncio.to_thread(_put, target, content)
        return info

    async def write(self, path: str, content: bytes, replacing: int | None = None) -> ObjectInfo:
        check_path(path)
        self._answer(path)
        generation = self._generations.get(path, 0)
        if generation == 0 or self.objects[path] != content:
            if replacing is None and generation:
                raise ObjectExistsError(f"{path}: it is already there with other content")
            if replacing is not None and replacing != generation:
                raise ObjectChangedError(f"{path}: generation {generation}, not {replacing}")
            self.objects[path], self._generations[path] = content, next(self._next)
        return self._found(path)[0]

    async def upload(self, path: str, source: Path, replacing: int | None = None) -> ObjectInfo:
        return await self.write(path, await asyncio.to_thread(source.read_bytes), replacing)

    async def delete(self, path: str, generation: int) -> None:
        check_path(path)
        self._answer(path)
        if path not in self.objects:
            return
        if self._generations[path] != generation:
            raise ObjectChangedError(f"{path}: another generation than {generation}")
        del self.objects[path], self._generations[path]

    async def list(self, prefix: str, after: str = "", limit: int = LISTED) -> Sequence[ObjectInfo]:
        check_listing(limit)
        self._answer(prefix)
        paths = sorted(path for path in self.objects if path.startswith(prefix) and path > after)
        return [self._found(path)[0] for path in paths[:limit]]

    def _found(self, path: str) -> tuple[ObjectInfo, bytes]:
        check_path(path)
        self._answer(path)
        if path not in self.objects:
            raise ObjectMissingError(f"{path}: there is no such object")
        content = self.objects[path]
        return ObjectInfo(path=path, size=len(content), generation=self._generations[path]), content

    def _answer(self, path: str) -> None:
        if self.away:
            raise ObjectStoreUnavailableError(f"{path}: the store does not answer")


def _put(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
