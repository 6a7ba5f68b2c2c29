"""Reads recorded sessions, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.recording.lines import FORMAT, Began, Line, read_line
from adapters.recording.session_log import SUFFIX
from ports.errors import InvalidInputError, ObjectMissingError


def lives_in(folder: Path) -> Sequence[Path]:
    """Return the files of a session, one a process, oldest first.

    Raises:
        ObjectMissingError: nothing was recorded there.
    """
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if not found:
        raise ObjectMissingError(f"{folder}: no recorded session here; record one with livexec run --record")
    return found


def lines_of(path: Path) -> Iterator[Line]:
    """Yield a file's lines; the last one is left out where a kill tore it.

    Raises:
        InvalidInputError: a line is altered or torn, or the file is of a newer form.
    """
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            if not text.endswith(b"\n"):
                return
            try:
                line = read_line(text)
            except InvalidInputError as wrong:
                raise wrong.within(f"{path.name} line {number}") from wrong
            if isinstance(line, Began) and line.form > FORMAT:
                raise InvalidInputError("recording", str(line.form), "a newer livexec wrote it: upgrade")
            yield line
