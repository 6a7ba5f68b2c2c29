"""Buckets that are mounted as folders (gcsfuse), where the existing system looks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

MOUNT_VARIABLE: Final = "GCS_FUSE_MOUNT_PATH"
_USUAL: Final = ("/mnt/gcs", "/gcs", "~/gcs", "/mnt/disks/gcs")


def mounted_at(bucket: str, environ: Mapping[str, str]) -> Path | None:
    """Return the folder that `bucket` is mounted at; None where no mount is found.

    Looks under GCS_FUSE_MOUNT_PATH (which may be the bucket's own mount), then at the usual places.
    """
    return next((place for place in _places(bucket, environ) if place.is_dir()), None)


def _places(bucket: str, environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get(MOUNT_VARIABLE):
        yield Path(named) / bucket
        yield Path(named)
    for root in _USUAL:
        if root.startswith("~"):
            if home := environ.get("HOME"):
                yield Path(home) / root.removeprefix("~/") / bucket
        else:
            yield Path(root) / bucket
