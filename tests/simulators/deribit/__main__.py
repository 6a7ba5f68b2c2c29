"""`python -m simulators.deribit`: one simulated venue on loopback, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from simulators.deribit.control import Control
from simulators.deribit.front import Front
from simulators.deribit.security import ApiKey
from simulators.deribit.streams import Streams
from simulators.deribit.venue import Venue, make_venue


class Here:
    """The venue of this process, and what it is reached by; `anew` puts another in its place."""

    def __init__(self, make: Callable[[], Venue]) -> None:
        self._make = make
        self._begin()

    def _begin(self) -> None:
        self.venue = self._make()
        self.streams = Streams(self.venue)
        self.front = Front(self.venue, self.streams)
        self.control = Control(self.venue, self.streams)

    async def anew(self, _: Request) -> Response:
        """Hang up on everybody, and forget everything."""
        for connection in list(self.streams.connections):
            connection.hang_up()
        self._begin()
        return JSONResponse({})

    async def answer(self, request: Request) -> Response:
        """Carry out a command."""
        return await self.control.answer(request)

    async def http(self, request: Request) -> Response:
        """Answer a question by HTTP."""
        return await self.front.http(request)

    async def socket(self, socket: WebSocket) -> None:
        """Serve a connection."""
        await self.front.socket(socket)


def make_app(make: Callable[[], Venue], walk_ms: int) -> Starlette:
    """Make the application of one venue. `walk_ms` above zero moves all prices that often, at random."""
    here = Here(make)
    routes = [
        Route("/_control/anew", here.anew, methods=["POST"]),
        Route("/_control/{name}", here.answer, methods=["GET", "POST"]),
        WebSocketRoute("/ws/api/v2", here.socket),
        Route("/api/v2/{method:path}", here.http, methods=["GET", "POST"]),
        Route("/api/v2", here.http, methods=["POST"]),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        works = [asyncio.ensure_future(_walk(here.venue, walk_ms))] if walk_ms > 0 else []
        yield
        for work in works:
            work.cancel()

    return Starlette(routes=routes, lifespan=lifespan)


async def _walk(venue: Venue, every_ms: int) -> None:
    chance = random.Random(1)
    tradable = [one for one in venue.listings.values() if one.is_tradable]
    prices = {one.name: one.price for one in tradable}
    while True:
        for one in tradable:
            tick = max([one.contract.tick, *(step for _, step in one.steps)])
            prices[one.name] = max(prices[one.name] + tick * chance.randint(-3, 3), tick * 2)
            size = one.contract.lot * chance.randint(5_000, 20_000)
            venue.exchange.quote(one.name, prices[one.name], prices[one.name] + tick, size, size)
        await asyncio.sleep(every_ms / 1000)


def main() -> None:
    """Serve, and say where as one line of JSON on standard output."""
    parser = argparse.ArgumentParser(prog="python -m simulators.deribit", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--api-key", default="simulated-key")
    parser.add_argument("--api-secret", default="simulated-secret")
    parser.add_argument("--token-s", type=int, default=900, help="how long a login lives")
    parser.add_argument("--walk-ms", type=int, default=0, help="move prices at random, that often")
    given = parser.parse_args()
    keys = [ApiKey(given.api_key, given.api_secret, "main")]
    listener = socket.create_server(("127.0.0.1", given.port))
    port = listener.getsockname()[1]
    addresses = {"http": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}/ws/api/v2"}
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        make_app(lambda: make_venue(keys, given.token_s), given.walk_ms),
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
