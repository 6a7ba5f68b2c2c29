"""A simulated venue in a process of its own, and the commands that it takes (`docs/simulators.md`)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import httpx

from ports.errors import InvalidInputError

_CHECKOUT: Final = Path(__file__).resolve().parents[3]
_START_S: Final = 30.0
_STOP_S: Final = 10.0
_ANSWER_S: Final = 10.0


def simulators(checkout: Path = _CHECKOUT) -> Path:
    """Return the folder of a checkout that the simulators are started in.

    Raises:
        InvalidInputError: this is an installed package, which has none.
    """
    folder = checkout / "tests"
    if not (folder / "simulators").is_dir():
        remedy = (
            "clone the repository and run it there: simulated venues are in its tests, not in the installed package"
        )
        raise InvalidInputError("tests/simulators", str(folder), remedy)
    return folder


class SimulatedVenue:
    """One running simulator; `http` and `ws` are its addresses."""

    def __init__(self, process: subprocess.Popen[str], http: str, ws: str) -> None:
        self.http = http
        self.ws = ws
        self._process = process
        self._client = _client(http)

    @classmethod
    async def start(cls, name: str = "binance_futures", *options: str) -> Self:
        """Start a simulator on any free port, and wait until it listens.

        Raises:
            InvalidInputError: there are no simulators here.
            TimeoutError: it did not listen in time.
        """
        process = subprocess.Popen(  # noqa: ASYNC220 - it only forks
            [sys.executable, "-m", f"simulators.{name}", "--port", "0", *options],
            cwd=simulators(),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            async with asyncio.timeout(_START_S):
                line = await asyncio.to_thread(_first_line, process)
                addresses = json.loads(line)
        except BaseException:
            process.kill()
            process.wait()
            _close(process)
            raise
        return cls(process, addresses["http"], addresses["ws"])

    async def hang_up(self) -> None:
        """Close the connections that commands went over; the next ones are opened by whatever loop runs then."""
        await self._client.aclose()
        self._client = _client(self.http)

    async def stop(self) -> None:
        """End the process."""
        await self._client.aclose()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _close(self._process)

    async def command(self, name: str, **body: object) -> Mapping[str, Any]:
        """Give a command.

        Raises:
            InvalidInputError: the simulator knows no such command, or not these fields.
        """
        answer = await self._client.post(f"/_control/{name}", json=body)
        return dict(_checked(name, answer))

    async def fault(self, where: str, kind: str, **fields: object) -> None:
        """Let something go wrong."""
        await self.command("fault", where=where, kind=kind, **fields)

    async def look(self, name: str) -> Any:
        """Return a list of the venue's own: orders, requests or state."""
        return _checked(name, await self._client.get(f"/_control/{name}"))

    async def times_asked(self, client_order_id: str) -> int:
        """Return how often a new order of that id reached the venue, whatever became of it."""
        return int((await self.look("orders"))["asked"].get(client_order_id, 0))

    async def orders(self, client_order_id: str) -> list[Mapping[str, Any]]:
        """Return the orders of that id that came into being."""
        listed = (await self.look("orders"))["orders"]
        return [one for one in listed if one["clientOrderId"] == client_order_id]

    async def trades(self) -> list[Mapping[str, Any]]:
        """Return all trades, oldest first."""
        return list((await self.look("orders"))["trades"])


def _client(http: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=http, timeout=_ANSWER_S, trust_env=False)


def _checked(name: str, answer: httpx.Response) -> Any:
    if answer.status_code != httpx.codes.OK:
        raise InvalidInputError(name, answer.text[:200], "see docs/simulators.md")
    return answer.json()


def _first_line(process: subprocess.Popen[str]) -> str:
    return "" if process.stdout is None else process.stdout.readline()


def _close(process: subprocess.Popen[str]) -> None:
    if process.stdout is not None:
        process.stdout.close()
