"""`python -m simulators.ibkr`: one simulated TWS on loopback, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.ibkr.control import Control
from simulators.ibkr.front import Front
from simulators.ibkr.streams import Streams
from simulators.ibkr.venue import Venue, make_venue

_EXPIRE_S = 0.05


class Here:
    """The venue of this process, and what it is reached by; `anew` puts another in its place."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.venue = make_venue()
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

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client of the API."""
        await self.front.serve(reader, writer)

    async def expire(self) -> None:
        """Let orders end whose time has come."""
        while True:
            await asyncio.sleep(_EXPIRE_S)
            self.venue.exchange.expire_due()


def make_app(here: Here, api: socket.socket, walk_ms: int) -> Starlette:
    """Make the application of one venue. `walk_ms` above zero moves all prices that often, at random."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        server = await asyncio.start_server(here.serve, sock=api)
        works = [asyncio.ensure_future(here.expire())]
        if walk_ms > 0:
            works.append(asyncio.ensure_future(_walk(here.venue, walk_ms)))
        yield
        for work in works:
            work.cancel()
        for connection in list(here.streams.connections):
            connection.hang_up()
        server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await server.wait_closed()

    routes = [
        Route("/_control/anew", here.anew, methods=["POST"]),
        Route("/_control/{name}", here.answer, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _walk(venue: Venue, every_ms: int) -> None:
    chance = random.Random(1)
    prices = {one.conid: one.price for one in venue.listings.values()}
    while True:
        for one in venue.listings.values():
            prices[one.conid] = max(prices[one.conid] + one.tick * chance.randint(-3, 3), one.tick * 20)
            size = Decimal(chance.randint(5_000, 20_000))
            venue.exchange.quote(str(one.conid), prices[one.conid], prices[one.conid] + one.tick, size, size)
        await asyncio.sleep(every_ms / 1000)


def main() -> None:
    """Serve, and say where as one line of JSON on standard output."""
    parser = argparse.ArgumentParser(prog="python -m simulators.ibkr", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of the control port; 0 takes any that is free")
    parser.add_argument("--api-port", type=int, default=0, help="where clients of the API connect; 0 as above")
    parser.add_argument("--walk-ms", type=int, default=0, help="move prices at random, that often")
    given = parser.parse_args()
    control = socket.create_server(("127.0.0.1", given.port))
    api = socket.create_server(("127.0.0.1", given.api_port))
    addresses = {"http": f"http://127.0.0.1:{control.getsockname()[1]}", "ws": f"127.0.0.1:{api.getsockname()[1]}"}
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        make_app(Here(), api, given.walk_ms), log_level="warning", access_log=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[control])


if __name__ == "__main__":
    main()
