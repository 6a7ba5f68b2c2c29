"""Tokens in a file, as digests: given out, replaced and taken back while the service runs."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final

import orjson

from adapters.doors.auth import digest
from adapters.doors.roles import Grant, Role
from adapters.doors.text import read_name
from ports.errors import InvalidInputError
from ports.values import OURS, Principal

LOOK_S: Final = 1.0  # a token that was taken back is good for so long
KEPT: Final = 2  # tokens a principal: the new one, and the one before until it is taken back
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_REMEDY: Final = "let `livexec token` write it"

type Lookup = tuple[Mapping[str, Principal], Mapping[Principal, Grant]]


@dataclass(frozen=True, slots=True)
class Holder:
    """One principal: what it may do, and the digests of its tokens, the newest first."""

    grant: Grant
    digests: tuple[str, ...]


class KeyFile:
    """Looks at the file once a second at most; one that cannot be read leaves everything as it was, and is told."""

    def __init__(self, path: Path, trouble: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """Read it.

        Raises:
            InvalidInputError: it cannot be read, or is not what `livexec token` writes.
        """
        self._path = path
        self._trouble = trouble
        self._clock = clock
        self._looked_s = clock()
        self._mark = _mark(path)
        self._lookup = _lookup(read_keys(path))

    def current(self) -> Lookup:
        """See `adapters.doors.auth.Keys`."""
        now_s = self._clock()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            mark = _mark(self._path)
            if mark != self._mark:
                self._mark = mark
                self._read()
        return self._lookup

    def _read(self) -> None:
        try:
            self._lookup = _lookup(read_keys(self._path))
        except InvalidInputError as wrong:
            self._trouble(str(wrong))


def read_keys(path: Path) -> dict[Principal, Holder]:
    """Return who is in a file.

    Raises:
        InvalidInputError: it cannot be read, or is not what `write_keys` writes.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else "it is no JSON"
        raise InvalidInputError("doors.token_file", path, f"{reason}; {_REMEDY}") from None
    if not isinstance(document, dict):
        raise InvalidInputError("doors.token_file", path, _REMEDY)
    return {person(name): _holder(path, name, about) for name, about in document.items()}


def person(text: str) -> Principal:
    """Read the name of somebody who may have a token.

    Raises:
        InvalidInputError: it cannot be a name, or is one of the service's own.
    """
    name = Principal(read_name("principal", text))
    if name in OURS:
        raise InvalidInputError("principal", text, "it is what the service calls itself: give another name")
    return name


def write_keys(path: Path, holders: Mapping[Principal, Holder]) -> None:
    """Write a file whole, for its owner's eyes alone.

    Raises:
        OSError: it cannot be written.
    """
    document = {
        name: {
            "role": one.grant.role,
            "strategies": sorted(one.grant.strategies),
            "sha256": list(one.digests),
        }
        for name, one in sorted(holders.items())
    }
    making = path.with_name(f"{path.name}.new")
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    making.replace(path)


def new_token(holder: Holder | None, grant: Grant) -> tuple[str, Holder]:
    """Return a new token, and its holder with it; the token before stays good until it is taken back."""
    token = token_urlsafe(32)
    before = () if holder is None else holder.digests
    return token, Holder(grant, (digest(token.encode()), *before)[:KEPT])


def _holder(path: Path, name: str, about: Any) -> Holder:
    try:
        digests, strategies = about["sha256"], about["strategies"]
        good = [each for each in digests if _DIGEST.fullmatch(each)]
        if len(good) == len(digests) and all(isinstance(each, str) for each in strategies):
            return Holder(Grant(Role(about["role"]), frozenset(strategies)), tuple(good))
    except (KeyError, TypeError, ValueError):
        pass
    raise InvalidInputError(f"doors.token_file.{name}", path, _REMEDY)


def _lookup(holders: Mapping[Principal, Holder]) -> Lookup:
    digests = {each: name for name, one in holders.items() for each in one.digests}
    return digests, {name: one.grant for name, one in holders.items()}


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino
