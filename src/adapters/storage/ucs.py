"""Objects through unified-cloud-services, where that package is installed: its two verbs for whole objects.

The package knows no ranges of bytes, no listings and no generations, so these are asked of Google Cloud Storage
directly. Its coroutines block their loop while they transfer, so they run in a loop of their own. Its third verb,
`download_from_gcs_streaming`, is not used: it answers with a frame of whole row groups and does not say of which
generation, where our readers take the pages they need of one generation.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from adapters.storage.gcs_client import asking
from adapters.storage.paths import check_path, check_range
from ports.errors import (
    ObjectChangedError,
    ObjectExistsError,
    ObjectMissingError,
    ObjectStoreUnavailableError,
)
from ports.object_store import LISTED, ObjectInfo, ObjectStore, ObjectTail

PACKAGE: Final = "unified_cloud_services"
_DATASET: Final = "livexec"  # a target names one, and no verb for objects reads it
_BYTES: Final = "bytes"
_PATIENCE_S: Final = 300.0


class UnifiedCloudService(Protocol):
    """What is used of the package's service."""

    async def download_from_gcs(self, target: Any, gcs_path: str, format: str, log_errors: bool) -> bytes:  # noqa: A002 - its names
        """Return the whole object."""

    async def upload_to_gcs(self, data: bytes, target: Any, gcs_path: str, format: str) -> str:  # noqa: A002 - its names
        """Write the whole object over whatever is there."""


def unified_cloud_service(bucket: str) -> tuple[UnifiedCloudService, Any] | None:
    """Return the package's service and its target for `bucket`; None where the package is not installed."""
    try:
        package = importlib.import_module(PACKAGE)
    except ModuleNotFoundError as missing:
        if missing.name != PACKAGE:
            raise
        return None
    return package.UnifiedCloudService(), package.CloudTarget(gcs_bucket=bucket, bigquery_dataset=_DATASET)


class UcsObjectStore:
    """Whole objects through unified-cloud-services, everything else through `direct`.

    The package overwrites whatever is there. So a write looks first, and looks again afterwards: an object that was
    there before stays, but of two writers of one path at the same instant the later one wins.
    """

    def __init__(self, service: UnifiedCloudService, target: Any, direct: ObjectStore) -> None:
        self._service = service
        self._target = target
        self._direct = direct
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def close(self) -> None:
        """End the loop of the package's coroutines."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    async def info(self, path: str) -> ObjectInfo:
        """Return what the service says of the object (see the port for what is raised)."""
        return await self._direct.info(path)

    async def read(self, path: str, start: int = 0, length: int | None = None, generation: int | None = None) -> bytes:
        """Return the whole object, or a range of it (see the port for what is raised)."""
        check_range(start, length)
        if start or length is not None or generation is not None:
            return await self._direct.read(path, start, length, generation)
        check_path(path)
        verb = self._service.download_from_gcs(self._target, path, format=_BYTES, log_errors=False)
        return await self._run(path, verb)

    async def read_ranges(self, path: str, ranges: Sequence[tuple[int, int]], generation: int) -> Sequence[bytes]:
        """Return these ranges of one generation (see the port for what is raised)."""
        return await self._direct.read_ranges(path, ranges, generation)

    async def read_tail(self, path: str, length: int) -> ObjectTail:
        """Return the last `length` bytes and their generation (see the port for what is raised)."""
        return await self._direct.read_tail(path, length)

    async def download(self, path: str, target: Path) -> ObjectInfo:
        """Copy the object into the file `target`, in ranges (see the port for what is raised)."""
        return await self._direct.download(path, target)

    async def write(self, path: str, content: bytes, replacing: int | None = None) -> ObjectInfo:
        """Create the object, or replace that generation (see the class for what is not promised)."""
        check_path(path)
        there = await self._there(path)
        if there is not None and await self._holds(there, content):
            return there
        if replacing is None and there is not None:
            raise ObjectExistsError(f"{path}: it is already there with other content")
        if replacing is not None and (there is None or there.generation != replacing):
            raise ObjectChangedError(f"{path}: it is not generation {replacing} any more")
        await self._run(path, self._service.upload_to_gcs(content, self._target, path, format=_BYTES))
        made = await self._direct.info(path)
        if not await self._holds(made, content):
            raise ObjectChangedError(f"{path}: another writer was there at the same instant")
        return made

    async def upload(self, path: str, source: Path, replacing: int | None = None) -> ObjectInfo:
        """Create the object from a file, in pieces and so directly (see the port for what is raised)."""
        return await self._direct.upload(path, source, replacing)

    async def delete(self, path: str, generation: int) -> None:
        """Remove that generation of the object (see the port for what is raised)."""
        await self._direct.delete(path, generation)

    async def list(self, prefix: str, after: str = "", limit: int = LISTED) -> Sequence[ObjectInfo]:
        """Return the objects that begin with `prefix`, after `after` (see the port for what is raised)."""
        return await self._direct.list(prefix, after, limit)

    async def _there(self, path: str) -> ObjectInfo | None:
        try:
            return await self._direct.info(path)
        except ObjectMissingError:
            return None

    async def _holds(self, there: ObjectInfo, content: bytes) -> bool:
        if there.size != len(content):
            return False
        return await self._direct.read(there.path, 0, None, there.generation) == content

    async def _run[Found](self, path: str, verb: Coroutine[Any, Any, Found]) -> Found:
        running = asyncio.run_coroutine_threadsafe(verb, self._own_loop())
        with asking(path):
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return await asyncio.wrap_future(running)
            except RuntimeError as failed:  # its own word for a pool without connections
                raise ObjectStoreUnavailableError(f"{path}: {failed}") from failed

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run_until_stopped, args=(self._loop,), name="ucs", daemon=True).start()
            return self._loop


def _run_until_stopped(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
