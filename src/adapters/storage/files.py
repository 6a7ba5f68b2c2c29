"""Files on this machine that appear whole or not at all, also over a power loss."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ports.errors import ObjectStoreRefusedError, ObjectStoreUnavailableError

BLOCK: Final = 4 * 1024 * 1024  # what is copied at a time
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_NO_RIGHT: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

type Fill = Callable[[Path], None]  # makes the file's content


def fill_with(content: bytes) -> Fill:
    """Return what writes `content`."""

    def fill(partial: Path) -> None:
        partial.write_bytes(content)

    return fill


def fill_from(source: Path) -> Fill:
    """Return what copies `source`, block by block."""

    def fill(partial: Path) -> None:
        with source.open("rb") as old, partial.open("xb") as new:
            shutil.copyfileobj(old, new, BLOCK)

    return fill


@contextmanager
def unfinished(folder: Path) -> Iterator[Path]:
    """Name a file in `folder` to fill; whatever is still there at the end is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / secrets.token_hex(8)
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def flush(place: Path) -> None:
    """Have a file or a folder on the disk."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(partial: Path, place: Path) -> None:
    """Give a finished file its name, unless that is taken.

    Raises:
        FileExistsError: the name is taken.
    """
    try:
        place.hardlink_to(partial)
    except OSError as refused:
        if refused.errno not in _NO_LINKS:
            raise
        if place.exists():
            raise FileExistsError(place) from None
        partial.replace(place)


def same_content(place: Path, other: Path) -> bool:
    """Whether two files hold the same bytes, compared block by block."""
    if place.stat().st_size != other.stat().st_size:
        return False
    with place.open("rb") as ours, other.open("rb") as theirs:
        while block := ours.read(BLOCK):
            if block != theirs.read(BLOCK):
                return False
    return True


@contextmanager
def answering(path: str) -> Iterator[None]:
    """Turn the disk's failures into the store's."""
    try:
        yield
    except OSError as failure:
        said = f"{path}: {failure.strerror or failure}"
        if failure.errno in _NO_RIGHT:
            raise ObjectStoreRefusedError(said) from failure
        raise ObjectStoreUnavailableError(said) from failure
