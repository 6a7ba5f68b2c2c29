"""Buckets that are mounted as folders (gcsfuse), where the existing system looks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

_USUAL: Final = (Path("/mnt/gcs"), Path("/gcs"), Path("~/gcs"), Path("/mnt/disks/gcs"))


def mounted_at(bucket: str, named: Path | None = None) -> Path | None:
    """Return the folder that `bucket` is mounted at; None where there is none.

    With `named`, it is the folder of the bucket's name in there, or `named` itself, and no other; without, the usual
    places are looked at.
    """
    return next((place for place in _places(bucket, named) if place.is_dir()), None)


def _places(bucket: str, named: Path | None) -> Iterator[Path]:
    if named is not None:
        yield named / bucket
        yield named
        return
    for root in _USUAL:
        try:
            yield root.expanduser() / bucket
        except RuntimeError:  # nobody's home
            continue
