"""Writes a recorded session: a file a process, begun when it takes the journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from adapters.recording.lines import Line, write_line
from ports.errors import InvalidInputError

SUFFIX: Final = ".session"
_FLUSHED_AT: Final = 256 * 1024  # bytes that wait in memory


class SessionLog:
    """One file of lines. What was put and not flushed dies with its process: `flush` before facts become durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None
        self._waiting = bytearray()

    def open(self) -> Path:
        """Begin the next file of the folder, and return where it is.

        Raises:
            InvalidInputError: the folder cannot be written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{self._next_number():06}{SUFFIX}"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as refused:
            raise InvalidInputError(
                "--record", str(self._folder), f"cannot be written: {refused.strerror}"
            ) from refused
        return path

    def put(self, line: Line) -> None:
        """Add a line."""
        self._waiting += write_line(line)
        if len(self._waiting) >= _FLUSHED_AT:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system: it survives this process, though not a power cut."""
        if self._file is None:
            return
        while self._waiting:
            written = os.write(self._file, self._waiting)
            del self._waiting[:written]

    def close(self) -> None:
        """Flush and close; harmless to repeat."""
        if self._file is not None:
            self.flush()
            os.close(self._file)
            self._file = None

    def _next_number(self) -> int:
        numbers = (int(path.stem) for path in self._folder.glob(f"*{SUFFIX}") if path.stem.isdigit())
        return 1 + max(numbers, default=0)
