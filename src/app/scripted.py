"""`livexec run --scripted`: a short book of orders over the service's own doors, and what happened."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from app.demo.player import Player
from app.lifecycle import LiveService
from livexec.client import ExecutionClient

_SHARE: Final = 0.15  # of the demonstration's orders
_QUOTES_S: Final = 10.0


async def work_scripted_orders(service: LiveService, say: Callable[[str], None]) -> None:
    """Play a part of the demonstration's script and tell what came of it; some limit orders stay to be looked at."""
    quotes = service.container.quotes()
    instruments = [one for one in service.container.ticks().instruments() if one.key.base == "BTC"]
    say("working a scripted book of orders: market, limit, IOC, FOK, post-only, refused by risk, repeated, halted …")
    async with asyncio.timeout(_QUOTES_S):
        while any(quotes.latest(one.key) is None for one in instruments):  # noqa: ASYNC110 - a board tells only its host
            await asyncio.sleep(0.01)
    host = service.settings.doors.host
    started = str(time.time_ns())
    async with ExecutionClient(f"{host}:{service.grpc_port}") as client:
        player = Player(
            client, f"http://{host}:{service.http_port}", quotes, instruments, seed=int(started), prefix=started
        )
        played = await player.play(say, _SHARE)
        results = [result async for result in client.orders(min_sequence=service.container.feed().sequence)]
        mine = [result for result in results if result.operation_id in played.expected]
        for status, count in sorted(Counter(result.status for result in mine).items()):
            say(f"  {status:<18} {count:>4} orders")
        for position in await client.positions():
            say(f"  holds {position.quantity} {position.instrument_key} ({position.strategy_id})")
    for surprise in played.surprises:
        say(f"  surprise: {surprise}")
