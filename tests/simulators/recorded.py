"""Compares what a simulator says with what the venue was recorded to say: names, types, and how numbers are written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ROOT = Path(__file__).parents[2]


def folder() -> Path | None:
    """Return where recorded payloads are; None where there are none."""
    given = os.environ.get("LIVEXEC_SHARED_DATA")
    path = (Path(given) if given else _ROOT.parent / "shared" / "data") / "venue-payloads"
    return path if path.is_dir() else None


def differences(
    ours: Any, recorded: Any, *, absent: Collection[str] = (), extra: Collection[str] = (), at: str = ""
) -> Iterator[str]:
    """Yield how a message differs in shape. `absent` and `extra` name the fields that may be missing or more."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for name in sorted(recorded.keys() - ours.keys() - set(absent)):
            yield f"{at}.{name} is missing"
        for name in sorted(ours.keys() - recorded.keys() - set(extra)):
            yield f"{at}.{name} is not in the recording"
        for name in sorted(ours.keys() & recorded.keys()):
            yield from differences(ours[name], recorded[name], absent=absent, extra=extra, at=f"{at}.{name}")
    elif isinstance(recorded, list) and isinstance(ours, list):
        if ours and recorded:
            for number, one in enumerate(ours):
                yield from differences(one, _like(one, recorded), absent=absent, extra=extra, at=f"{at}[{number}]")
    elif _kind(ours) != _kind(recorded) and recorded is not None:
        yield f"{at} is {_kind(ours)} ({ours!r}), recorded as {_kind(recorded)} ({recorded!r})"


def _like(one: Any, recorded: list[Any]) -> Any:
    """Return the recorded element of the same kind, where elements say theirs; else the first."""
    kind = one.get("filterType") if isinstance(one, dict) else None
    return next((other for other in recorded if kind is not None and other.get("filterType") == kind), recorded[0])


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "a number as text" if _DECIMAL.fullmatch(value) else "text"
    return type(value).__name__


def load(path: Path) -> Any:
    """Return a recorded message, without the wrapper of combined streams."""
    message = json.loads(path.read_text())
    return message["data"] if isinstance(message, dict) and "data" in message and "stream" in message else message
