"""What long work says while it goes on: on stderr, moving where somebody watches a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.cli.output import note

type Progress = Callable[[str], None]


@contextmanager
def progress() -> Iterator[Progress]:
    """Give the function that long work tells its steps to, one short line each."""
    if not sys.stderr.isatty():
        yield note
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console(stderr=True)
    with console.status("starting") as status:
        yield lambda line: status.update(escape(line))
