"""`livexec run` on paper as a process of its own, that can be killed at any instant and started again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from ports.errors import VenueUnavailableError

_START_S: Final = 60.0
_STOP_S: Final = 60.0
_LONGEST_LINE: Final = 1 << 20
_GRPC: Final = re.compile(r"^ +gRPC on (\S+:\d+)$")
_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "SYSTEMROOT")  # nothing that outranks its configuration
_LAUNCH: Final = "import sys; from app.cli import main; sys.exit(main())"


class PaperProcess:
    """One running service on paper venues, its state in a folder; `target` is its gRPC door."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._reading: asyncio.Task[None] | None = None
        self.target = ""

    @classmethod
    async def start(
        cls, folder: Path, configuration: Mapping[str, Any], *, record: bool = False, target: str = ""
    ) -> Self:
        """Start the service on whatever the folder holds already, and wait until it serves.

        `record` has it record its session; `target` is where an earlier one served, for callers that still ask there.

        Raises:
            VenueUnavailableError: it ended, or did not come up in time; says what it said last.
        """
        file = _written(folder, configuration)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _LAUNCH, "run", "--config", str(file), "--state-dir", str(folder)),
            *("--http-port", "0", "--grpc-port", target.rpartition(":")[2] or "0"),
            *(("--record",) if record else ()),
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,  # a Ctrl-C at the terminal ends the demonstration, which ends this one in turn
        )
        made = cls(process)
        try:
            await made._until_up()
        except BaseException:
            await made.kill()
            raise
        return made

    async def kill(self) -> None:
        """Kill it at once (SIGKILL), wherever it is; returns when nothing of it runs any more."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._ended()

    async def stop(self) -> None:
        """Ask it to stop, as a supervisor does, and wait for its end.

        Raises:
            TimeoutError: it did not end in time, and was killed.
        """
        self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await self._ended()
        except TimeoutError:
            await self.kill()
            raise

    async def _until_up(self) -> None:
        last = ""
        try:
            async with asyncio.timeout(_START_S):
                while line := await self._line():
                    if found := _GRPC.match(line):
                        self.target = found[1]
                        self._reading = asyncio.create_task(self._read_on())
                        return
                    last = line
        except TimeoutError:
            raise VenueUnavailableError(f"the paper service did not come up in {_START_S:.0f} s: {last}") from None
        raise VenueUnavailableError(f"the paper service ended before it was up: {last}")

    async def _line(self) -> str:
        if self._process.stderr is None:
            return ""
        return (await self._process.stderr.readline()).decode("utf-8", "replace").rstrip("\n")

    async def _read_on(self) -> None:
        """Read what it says, or it would wait for ever with a full pipe."""
        while await self._line():
            pass

    async def _ended(self) -> None:
        await self._process.wait()
        if self._reading is not None:
            await self._reading


def _written(folder: Path, configuration: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "config.json"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    return file
