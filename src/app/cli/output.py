"""Where words go: results to stdout, everything else to stderr, and nothing in between."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.cli.failures import Failure
from ports.values import plain


def emit(document: Mapping[str, Any], human: str, *, as_json: bool) -> None:
    """Print a result: as one JSON document, or as people read it."""
    print(to_json(document) if as_json else human, flush=True)


def emit_failure(failure: Failure, *, as_json: bool) -> None:
    """Say on stderr what went wrong, and in JSON too where a program listens."""
    note(f"error: {failure.message}")
    if as_json:
        print(to_json(failure.document()), flush=True)


def note(line: str) -> None:
    """Tell people something beside the result."""
    print(line, file=sys.stderr, flush=True)


def to_json(value: object) -> str:
    """Write plain data on one line; a decimal is text."""
    return json.dumps(value, default=_text)


@contextmanager
def results_alone() -> Iterator[None]:
    """While inside, whatever is printed lands on stderr; compiled code and threads cannot write a result ever after.

    File descriptor 1 stays pointed at stderr for the rest of the process, because a logger's thread may write when
    the work is long done; `print` finds the real one again when the block ends.
    """
    sys.stdout.flush()
    results = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    sys.stdout = results
    with redirect_stdout(sys.stderr):
        yield


def _text(value: object) -> str:
    match value:
        case Decimal():
            return plain(value)
        case Path():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON")
