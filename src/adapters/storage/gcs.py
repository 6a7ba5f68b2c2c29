"""Objects in Google Cloud Storage: its synchronous client in threads of its own, each question bounded."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any, Final

from adapters.storage.files import BLOCK, answering, flush, unfinished
from adapters.storage.gcs_client import GcsClient, Waiting, asking
from adapters.storage.gcs_ranges import Range
from adapters.storage.paths import check_listing, check_path, check_range, check_ranges
from ports.errors import ObjectChangedError, ObjectExistsError, ObjectMissingError, ObjectStoreUnavailableError
from ports.object_store import LISTED, ObjectInfo, ObjectTail

_THREADS: Final = 24  # questions at the same time
_CHUNK: Final = 8 * 1024 * 1024  # of a download or upload; a download has `_ABREAST` of them in memory
_ABREAST: Final = 4
_SLOWEST: Final = 256 * 1024  # bytes a second: an upload is given this long beyond the usual
_GRACE_S: Final = 5.0  # for the thread to say itself that its time is over

type Call[Found] = Callable[[Any], Found]


class GcsObjectStore:
    """Objects in `bucket`. Every write names the generation it expects (0: none), so a repeat can do no harm.

    A write whose answer was lost is found by its repeat: the generation is another one then, and the content the
    same. Answers that take too long are no answers; the thread that waits for one ends on its own.
    """

    def __init__(self, client: GcsClient, bucket: str, waiting: Waiting | None = None) -> None:
        self._client = client
        self._bucket = bucket
        self._waiting = waiting or Waiting()
        self._closed = False
        self._options = self._waiting.options(lambda: not self._closed)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="gcs")

    def close(self) -> None:
        """Take no more questions; those under way end by themselves, and none of them is asked again."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def info(self, path: str) -> ObjectInfo:
        """Return what the service says of the object (see the port for what is raised)."""
        return _info(await self._ask(path, self._look))

    async def read(self, path: str, start: int = 0, length: int | None = None, generation: int | None = None) -> bytes:
        """Return `length` bytes from `start`, or all that follow (see the port for what is raised)."""
        check_range(start, length)
        if length == 0:
            info = await self.info(path)
            if generation not in (None, info.generation):
                raise ObjectChangedError(f"{path}: generation {info.generation}, not {generation}")
            return b""
        return await self._ask(path, partial(self._get, start=start, length=length, generation=generation))

    async def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        """Return these ranges of one generation, each question in a thread (see the port for what is raised)."""
        check_path(path)
        check_ranges(ranges)
        if not any(length for _, length in ranges):
            await self.read(path, 0, 0, generation)
            return [b"" for _ in ranges]
        # One thread collects, so that the loop hears of all of them once.
        collect = partial(self._collect, path, ranges, generation)
        return await self._bounded(path, asyncio.to_thread(collect), sum(length for _, length in ranges))

    async def read_tail(self, path: str, length: int) -> ObjectTail:
        """Return the last `length` bytes and their generation (see the port for what is raised)."""
        check_range(0, length)
        if length == 0:
            return ObjectTail(path=path, generation=(await self.info(path)).generation, content=b"")
        return await self._ask(path, partial(self._get_tail, length=length))

    async def download(self, path: str, target: Path) -> ObjectInfo:
        """Copy the object into the file `target`, in ranges of one generation (see the port for what is raised)."""
        info = await self.info(path)
        with answering(str(target)), unfinished(target.parent) as unfinished_file:
            unfinished_file.touch(exist_ok=False)
            for starts in batched(range(0, info.size, _CHUNK), _ABREAST):
                await asyncio.gather(*(self._copy(info, start, unfinished_file) for start in starts))
            await asyncio.to_thread(flush, unfinished_file)
            unfinished_file.replace(target)
        return info

    async def write(self, path: str, content: bytes, replacing: int | None = None) -> ObjectInfo:
        """Create the object, or replace that generation (see the port for what is raised)."""
        digest = hashlib.md5(content, usedforsecurity=False)
        send = partial(_send_bytes, content=content, options=self._options)
        return await self._put(path, send, len(content), _encoded(digest), replacing)

    async def upload(self, path: str, source: Path, replacing: int | None = None) -> ObjectInfo:
        """Create the object from a file, or replace that generation (see the port for what is raised)."""
        check_path(path)
        size, digest = await asyncio.to_thread(_measured, source)
        send = partial(_send_file, source=source, options=self._options)
        return await self._put(path, send, size, digest, replacing)

    async def delete(self, path: str, generation: int) -> None:
        """Remove that generation of the object (see the port for what is raised)."""
        try:
            await self._ask(path, lambda blob: blob.delete(if_generation_match=generation, **self._options))
        except ObjectMissingError:
            return

    async def list(self, prefix: str, after: str = "", limit: int = LISTED) -> Sequence[ObjectInfo]:
        """Return the objects that begin with `prefix`, after `after` (see the port for what is raised)."""
        check_listing(limit)
        return await self._run(prefix or self._bucket, partial(self._names, prefix, after, limit), 0)

    async def _copy(self, info: ObjectInfo, start: int, file: Path) -> None:
        content = await self.read(info.path, start, _CHUNK, info.generation)
        if len(content) != min(_CHUNK, info.size - start):
            raise ObjectStoreUnavailableError(f"{info.path}: {len(content)} bytes came from {start}, more were there")
        await asyncio.to_thread(_write_at, file, start, content)

    async def _put(
        self, path: str, send: Callable[..., None], size: int, digest: str, replacing: int | None
    ) -> ObjectInfo:
        if replacing is not None:
            there = await self._found(path)
            if there is not None and there.md5_hash == digest:
                return _info(there)
        try:
            return _info(await self._ask(path, partial(send, generation=replacing or 0), size))
        except ObjectChangedError:
            there = await self._found(path)
            if there is not None and there.md5_hash == digest:
                return _info(there)
            if replacing is None and there is not None:
                raise ObjectExistsError(f"{path}: it is already there with other content") from None
            raise

    async def _found(self, path: str) -> Any:
        try:
            return await self._ask(path, self._look)
        except ObjectMissingError:
            return None

    async def _ask[Found](self, path: str, call: Call[Found], size: int = 0) -> Found:
        check_path(path)
        return await self._run(path, lambda: call(self._client.bucket(self._bucket).blob(path)), size)

    async def _run[Found](self, path: str, call: Callable[[], Found], size: int) -> Found:
        return await self._bounded(path, asyncio.get_running_loop().run_in_executor(self._threads, call), size)

    async def _bounded[Found](self, path: str, answer: Awaitable[Found], size: int) -> Found:
        bound_s = self._waiting.total_s + self._waiting.answer_s + size / _SLOWEST + _GRACE_S
        with asking(path):
            async with asyncio.timeout(bound_s):
                return await answer

    def _collect(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        blob = self._client.bucket(self._bucket).blob(path)

        def get(span: tuple[int, int]) -> bytes:
            return self._get(blob, *span, generation) if span[1] else b""

        return list(self._threads.map(get, ranges))

    def _look(self, blob: Any) -> Any:
        blob.reload(**self._options)
        return blob

    def _get(self, blob: Any, start: int, length: int | None, generation: int | None) -> bytes:
        return self._range(blob, f"{start}-" if length is None else f"{start}-{start + length - 1}", generation).content

    def _get_tail(self, blob: Any, length: int) -> ObjectTail:
        found = self._range(blob, f"-{length}", None)
        # Of what is empty there is no range, and the service does not say which generation that is.
        generation = int(self._look(blob).generation) if found.generation is None else found.generation
        return ObjectTail(path=blob.name, generation=generation, content=found.content)

    def _range(self, blob: Any, span: str, generation: int | None) -> Range:
        ranges = self._client.ranges
        asked = self._options["retry"](ranges.read)
        found: Range = asked(self._bucket, blob.name, span, generation, self._options["timeout"])
        return found

    def _names(self, prefix: str, after: str, limit: int) -> Sequence[ObjectInfo]:
        bucket = self._client.bucket(self._bucket)
        # The service begins with `after` itself, so one more is asked for.
        found = bucket.list_blobs(
            prefix=prefix or None,
            start_offset=after or None,
            max_results=limit + 1,
            fields="items(name,size,generation,updated),nextPageToken",
            **self._options,
        )
        return [_info(blob) for blob in found if blob.name > after][:limit]


def _write_at(file: Path, start: int, content: bytes) -> None:
    # A file handle of its own: one that was shared could be closed by a range that failed, and be another file's then.
    with file.open("r+b") as part:
        part.seek(start)
        part.write(content)


def _send_bytes(blob: Any, content: bytes, generation: int, options: dict[str, Any]) -> Any:
    blob.upload_from_string(content, if_generation_match=generation, **options)
    return blob


def _send_file(blob: Any, source: Path, generation: int, options: dict[str, Any]) -> Any:
    blob.chunk_size = _CHUNK
    blob.upload_from_filename(str(source), if_generation_match=generation, **options)
    return blob


def _info(blob: Any) -> ObjectInfo:
    written_ns = 0 if blob.updated is None else int(blob.updated.timestamp() * 1_000) * 1_000_000
    return ObjectInfo(path=blob.name, size=int(blob.size), generation=int(blob.generation), written_ns=written_ns)


def _measured(source: Path) -> tuple[int, str]:
    digest = hashlib.md5(usedforsecurity=False)
    with source.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
        return file.tell(), _encoded(digest)


def _encoded(digest: Any) -> str:
    return base64.b64encode(digest.digest()).decode()
