"""Which store stands behind each bucket: the cloud, a mounted folder, or a folder of this machine."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from adapters.storage import LocalObjectStore, mounted_at
from app.settings import Settings
from ports.object_store import ObjectStore


class Bucket(StrEnum):
    """The three buckets of the existing infrastructure."""

    INSTRUMENTS = "instruments"
    MARKET_DATA = "market_data"
    EXECUTION = "execution"


class Reach(StrEnum):
    """How a bucket is reached."""

    DIRECT = "Google Cloud Storage"
    PACKAGE = "unified-cloud-services"
    MOUNT = "mounted folder"
    FOLDER = "local folder"


class Opened(NamedTuple):
    """A store, how it is reached, and where that is."""

    store: ObjectStore
    reach: Reach
    where: str


def name_of(settings: Settings, bucket: Bucket) -> str:
    """Return the name that the configuration gives a bucket."""
    gcs = settings.gcs
    names = {
        Bucket.INSTRUMENTS: gcs.instruments_bucket,
        Bucket.MARKET_DATA: gcs.market_data_bucket,
        Bucket.EXECUTION: gcs.execution_bucket,
    }
    return names[bucket]


def open_bucket(settings: Settings, name: str) -> Opened:
    """Open the bucket of that name; nothing is asked of it yet.

    `gcs.use_direct` says that it is the cloud's: through unified-cloud-services where that is installed, else
    directly. Otherwise it is the mount under `gcs.mount_path`, else `results.local_path`, else a mount at one of the
    usual places, else a folder in `state_dir`: what somebody wrote down goes before what is found.
    """
    if settings.gcs.use_direct:
        return _in_the_cloud(name, settings.gcs.endpoint)
    mount = mounted_at(name, settings.gcs.mount_path)
    if mount is not None and (settings.gcs.mount_path is not None or settings.results.local_path is None):
        return Opened(LocalObjectStore(mount), Reach.MOUNT, str(mount))
    return Opened(LocalObjectStore(settings.store_path), Reach.FOLDER, str(settings.store_path))


class ArchivePlace(NamedTuple):
    """Where the journal's archive is, in words that a process of our own can be told: it opens the store itself."""

    bucket: str
    endpoint: str | None
    folder: str | None  # None: the bucket is the cloud's

    def told(self) -> tuple[str, str | None, str | None]:
        """Return it as a process is told it, as plain data."""
        return self.bucket, self.endpoint, self.folder

    def open(self) -> ObjectStore:
        """Open it; nothing is asked of it yet."""
        if self.folder is not None:
            return LocalObjectStore(Path(self.folder))
        return _in_the_cloud(self.bucket, self.endpoint).store


def archive_of(settings: Settings) -> ArchivePlace:
    """Return where the journal's oldest entries are put: into the execution store."""
    name = settings.gcs.execution_bucket
    folder = None if settings.gcs.use_direct else open_bucket(settings, name).where
    return ArchivePlace(name, settings.gcs.endpoint, folder)


def _in_the_cloud(name: str, endpoint: str | None) -> Opened:
    from adapters.storage.gcs import GcsObjectStore  # half a second, which a folder need not wait for
    from adapters.storage.gcs_client import GcsClient
    from adapters.storage.ucs import UcsObjectStore, unified_cloud_service

    direct = GcsObjectStore(GcsClient(endpoint), name)
    where = f"gs://{name}" if endpoint is None else f"gs://{name} at {endpoint}"
    package = unified_cloud_service(name)
    if package is None:
        return Opened(direct, Reach.DIRECT, where)
    return Opened(UcsObjectStore(*package, direct), Reach.PACKAGE, where)
