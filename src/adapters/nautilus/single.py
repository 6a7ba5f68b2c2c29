"""One Nautilus node a process is what Nautilus supports: who runs it, and how it ends."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from nautilus_trader.live.node import TradingNode

from ports.errors import VenueUnavailableError


class OneNode:
    """The right of this process to run a node; at most one holder."""

    _holder: ClassVar[object | None] = None

    @classmethod
    def claim(cls, holder: object) -> None:
        """Take the right.

        Raises:
            VenueUnavailableError: a node runs in this process already.
        """
        if cls._holder is not None:
            raise VenueUnavailableError("a Nautilus node already runs in this process, and one is what is supported")
        cls._holder = holder

    @classmethod
    def release(cls, holder: object) -> None:
        """Give the right back. Harmless where `holder` does not have it."""
        if cls._holder is holder:
            cls._holder = None


async def end_node(node: TradingNode, timeout_s: float) -> None:
    """Stop a node and leave the loop running, within `timeout_s`."""
    kernel = node.kernel
    try:
        async with asyncio.timeout(timeout_s):
            await node.stop_async()
            engines = (kernel.data_engine, kernel.risk_engine, kernel.exec_engine)
            await asyncio.gather(*(task for engine in engines for task in _queue_tasks(engine)))
    finally:
        kernel.dispose()  # the node's own `dispose` stops the loop that it runs on


def _queue_tasks(engine: object) -> list[asyncio.Task[None]]:
    getters = (getattr(engine, f"get_{queue}_queue_task", None) for queue in ("cmd", "evt", "req", "res", "data"))
    return [task for get in getters if get is not None and (task := get()) is not None]
