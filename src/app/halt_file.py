"""The kill switch as a file: whoever can write into the state folder halts everything, without a door or a token.

The file `HALT` there raises a global halt, at the latest a second later, and before anything else at a start. Its
first word may be a mode (`halt`, `reduce`, `cancel`, `flatten`; without one `cancel`), the rest is the reason; an empty
file will do, and so will one that this process may not read (whoever is root in an emergency may have a strict umask).
Once the halt is durable the file becomes `HALT.taken`, so that a resume is not undone by it.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final, Protocol

from ports.actor import Command
from ports.commands import HaltMode, HaltScope, RaiseHalt
from ports.errors import LivexecError
from ports.telemetry import Telemetry
from ports.values import Principal

NAME: Final = "HALT"
TAKEN: Final = "HALT.taken"
LOOK_S: Final = 1.0
_FILE: Final = Principal("halt file")
_MOST_BYTES: Final = 4_096
_MOST_REASON: Final = 200  # as the doors take it
_MODES: Final = frozenset(HaltMode)


class Asks(Protocol):
    """The book of record."""

    async def ask(self, command: Command) -> object:
        """See `CommandGateway.ask`."""


class HaltFile:
    """Watches for the file in one state folder."""

    def __init__(self, folder: Path, book: Asks, telemetry: Telemetry) -> None:
        self._path = folder / NAME
        self._book = book
        self._telemetry = telemetry

    async def look(self) -> bool:
        """Raise the halt if the file is there, and say whether it was.

        Raises:
            LivexecError: the halt is not durable; the file stays, and is found again.
        """
        said = read_halt_file(self._path)
        if said is None:
            return False
        await self._book.ask(said)
        if read_halt_file(self._path) != said:
            return True  # somebody wrote another one meanwhile, which nobody has been asked for yet
        try:
            self._path.replace(self._path.with_name(TAKEN))
        except OSError as error:  # it is asked for again every second, which is on the safe side
            self._telemetry.note("halt.file_failed", error=f"{NAME} cannot be renamed: {error.strerror}")
        self._telemetry.note("halt.file", mode=said.mode, reason=said.reason)
        return True

    async def run(self) -> None:
        """Look every second, for ever; what goes wrong is noted and tried again."""
        while True:
            try:
                await self.look()
            except LivexecError as error:
                self._telemetry.note("halt.file_failed", error=str(error))
            await asyncio.sleep(LOOK_S)


def read_halt_file(path: Path) -> RaiseHalt | None:
    """Return what the file asks for; None where there is none. Nothing about it makes it ask for nothing."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as unreadable:
        text = f"the file {NAME} was there, and could not be read: {unreadable.strerror}"
    words = "".join(each if each.isprintable() else " " for each in text).split()
    mode = HaltMode.CANCEL
    if words and words[0].lower() in _MODES:
        mode = HaltMode(words.pop(0).lower())
    reason = " ".join(words)[:_MOST_REASON] or f"the file {NAME} was there"
    return RaiseHalt(scope=HaltScope.GLOBAL, value="", mode=mode, principal=_FILE, reason=reason)


def write_halt_file(folder: Path, mode: HaltMode, reason: str) -> None:
    """Leave the file for the service that runs there, or the one that starts there next.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = folder / f"{NAME}.new"
    making.write_text(f"{mode} {reason}\n", encoding="utf-8")
    with making.open("rb") as file:
        os.fsync(file.fileno())
    making.replace(folder / NAME)
