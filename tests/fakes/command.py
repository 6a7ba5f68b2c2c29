"""The `livexec` command under test: how it ended, and a service in memory behind a real REST door for it to talk to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.http import HttpDoor

from fakes.doors import ONCE_IN_A_WHILE_S, service_over
from fakes.gateway import MemoryService


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout; anything else there fails."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


type Livexec = Callable[..., Ran]


class ServiceDesk:
    """A service in memory, its REST door open in a thread of its own."""

    def __init__(self, *, tokens: bool = False) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.memory = self.call(MemoryService)
        self._door = HttpDoor(service_over(self.memory, tokens=tokens), port=0, heartbeat_s=ONCE_IN_A_WHILE_S)
        self.url = f"http://127.0.0.1:{asyncio.run_coroutine_threadsafe(self._door.start(), self._loop).result(30)}"

    def call[T](self, act: Callable[[], T]) -> T:
        """Do something where the service lives."""

        async def acted() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(acted(), self._loop).result(30)

    def close(self) -> None:
        """Close the door and end the thread."""
        self.call(self.memory.stop)
        asyncio.run_coroutine_threadsafe(self._door.stop(0.1), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
