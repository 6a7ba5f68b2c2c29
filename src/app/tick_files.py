"""`livexec ticks optimise`: tick files of one place rewritten into another, each checked, one failing alone."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.storage import LocalObjectStore
from adapters.ticks import optimise
from app.buckets import open_bucket
from app.checks import Check, as_json
from app.settings import Settings
from ports.errors import InvalidInputError, LivexecError, ObjectMissingError
from ports.object_store import LISTED, ObjectStore

_CLOUD: Final = "gs://"
_SUFFIX: Final = ".parquet"
_TICKS: Final = "/data_type-"

type Progress = Callable[[str], None]


class Place(NamedTuple):
    """A store, and a path in it: of one file, or what the paths of many begin with."""

    store: ObjectStore
    path: str

    @property
    def is_file(self) -> bool:
        """Whether it names one file."""
        return self.path.endswith(_SUFFIX)


def place_at(text: str, settings: Settings) -> Place:
    """Read a place: `gs://BUCKET/PATH`, a file, or a folder.

    Raises:
        InvalidInputError: a bucket without a name.
    """
    if text.startswith(_CLOUD):
        bucket, _, path = text.removeprefix(_CLOUD).partition("/")
        if not bucket:
            raise InvalidInputError("place", text, "write gs://BUCKET/PATH")
        cloud = settings.model_copy(update={"gcs": settings.gcs.model_copy(update={"use_direct": True})})
        return Place(open_bucket(cloud, bucket).store, path)
    path_ = Path(text)
    if path_.suffix == _SUFFIX and not path_.is_dir():
        return Place(LocalObjectStore(path_.absolute().parent), path_.name)
    return Place(LocalObjectStore(path_), "")


async def optimise_places(source: Place, target: Place, progress: Progress) -> dict[str, Any]:
    """Rewrite the tick files of `source` into `target`; what is there already stays, so it can be begun again.

    Raises:
        InvalidInputError: one names a file and the other does not.
        ObjectMissingError: there is no tick file in `source`.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the stores.
    """
    if source.is_file != target.is_file:
        raise InvalidInputError("target", target.path, "write a file for a file, or a folder for a folder")
    done: list[dict[str, Any]] = []
    there: list[str] = []
    failed: list[dict[str, str]] = []
    async for path, goal in _pairs(source, target):
        progress(f"rewriting {path}")
        try:
            if await _is_there(target.store, goal):
                there.append(goal)
            else:
                done.append({"path": goal, **await _rewrite(source.store, path, target.store, goal)})
        except LivexecError as failure:
            failed.append({"path": path, "error": str(failure)})
    if not done and not there and not failed:
        raise ObjectMissingError(f"{source.path or 'the folder'}: there are no tick files")
    checks = [Check.equal("failed", len(failed), 0, "files")]
    return {
        "ok": not failed,
        "files": done,
        "already_there": there,
        "failed": failed,
        "checks": as_json(checks),
    }


async def _pairs(source: Place, target: Place) -> AsyncIterator[tuple[str, str]]:
    """Yield each tick file of `source` and where it goes."""
    if source.is_file:
        yield source.path, target.path
        return
    after = ""
    while page := await source.store.list(source.path, after):
        for info in page:
            if info.path.endswith(_SUFFIX) and _TICKS in f"/{info.path}":
                yield info.path, _under(target.path, info.path.removeprefix(source.path))
        if len(page) < LISTED:
            return
        after = page[-1].path


def _under(folder: str, path: str) -> str:
    return "/".join(part for part in (folder.strip("/"), path.strip("/")) if part)


async def _is_there(store: ObjectStore, path: str) -> bool:
    try:
        await store.info(path)
    except ObjectMissingError:
        return False
    return True


async def _rewrite(source: ObjectStore, path: str, target: ObjectStore, goal: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="livexec-ticks-") as folder:
        old, new = Path(folder) / "old.parquet", Path(folder) / "new.parquet"
        await source.download(path, old)
        try:
            made = await asyncio.to_thread(optimise, old, new)
        except InvalidInputError as wrong:
            raise InvalidInputError(wrong.field.replace(str(old), path), wrong.value, wrong.remedy) from wrong
        await target.upload(goal, new)
        return asdict(made)
