"""A simulated venue in a process of its own, and the commands that it takes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

_TESTS = Path(__file__).parents[1]
_START_S = 30.0
_STOP_S = 10.0
_ANSWER_S = 10.0


class SimulatedVenue:
    """One running simulator; `http` and `ws` are its addresses."""

    def __init__(self, process: subprocess.Popen[str], http: str, ws: str) -> None:
        self.http = http
        self.ws = ws
        self._process = process
        self._client = httpx.AsyncClient(base_url=http, timeout=_ANSWER_S, trust_env=False)

    @classmethod
    async def start(cls, name: str = "binance_futures", *options: str) -> Self:
        """Start a simulator on any free port, and wait until it listens."""
        process = subprocess.Popen(  # noqa: ASYNC220 - it only forks
            [sys.executable, "-m", f"simulators.{name}", "--port", "0", *options],
            cwd=_TESTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_S):
                line = await asyncio.to_thread(process.stdout.readline)
                addresses = json.loads(line)
        except BaseException:
            process.kill()
            process.wait()
            process.stdout.close()
            raise
        return cls(process, addresses["http"], addresses["ws"])

    async def stop(self) -> None:
        """End the process."""
        await self._client.aclose()
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, _STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    async def command(self, name: str, **body: object) -> Mapping[str, Any]:
        """Give a command (see `docs/simulators.md`)."""
        answer = await self._client.post(f"/_control/{name}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def fault(self, where: str, kind: str, **fields: object) -> None:
        """Let something go wrong."""
        await self.command("fault", where=where, kind=kind, **fields)

    async def look(self, name: str) -> Any:
        """Return a list of the venue's own: orders, requests or state."""
        answer = await self._client.get(f"/_control/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()

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
