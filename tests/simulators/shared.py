"""One simulator for many tests, one after the other: to start it takes a second, to begin it anew nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.simulated.process import SimulatedVenue, simulators

_STOP_S = 10.0


class Shared:
    """A running process; `anew` for each test, `stop` once."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"simulators.{name}", "--port", "0"],
            cwd=simulators(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        try:
            self._addresses = json.loads(self._process.stdout.readline())
        except ValueError:
            self.stop()
            raise

    @asynccontextmanager
    async def anew(self) -> AsyncIterator[SimulatedVenue]:
        """Let it be as when it was started, and use it."""
        venue = SimulatedVenue(self._process, self._addresses["http"], self._addresses["ws"])
        try:
            await venue.command("anew")
            yield venue
        finally:
            await venue._client.aclose()  # the process goes on

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
