"""`python -m simulators.bybit`: one simulated venue on loopback, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from simulators.bybit.control import Control
from simulators.bybit.http_app import HttpFront
from simulators.bybit.names import SPOT
from simulators.bybit.security import ApiKey
from simulators.bybit.sockets import SocketFront
from simulators.bybit.venue import Venue, make_venue

_METHODS = ["GET", "POST"]
_LOOK_EVERY_S = 0.05
_START_PRICES = {"BTCUSDT": Decimal("60000.00"), "ETHUSDT": Decimal("2600.00"), "SOLUSDT": Decimal("150.000")}


def make_app(venue: Venue, walk_ms: int) -> Starlette:
    """Make the application of one venue. `walk_ms` above zero moves all prices that often, at random."""
    http, sockets, control = HttpFront(venue), SocketFront(venue), Control(venue)
    routes = [
        Route("/_control/{name}", control.answer, methods=_METHODS),
        WebSocketRoute("/v5/private", sockets.private),
        WebSocketRoute("/v5/trade", sockets.trade),
        WebSocketRoute("/v5/public/{category}", sockets.market),
        Route("/{path:path}", http.answer, methods=_METHODS),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        works = [asyncio.ensure_future(_take_back(venue))]
        if walk_ms > 0:
            works.append(asyncio.ensure_future(_walk(venue, walk_ms)))
        yield
        for work in works:
            work.cancel()

    return Starlette(routes=routes, lifespan=lifespan)


def _start_price(symbol: str) -> Decimal:
    return _START_PRICES[symbol.removesuffix(SPOT)]


async def _take_back(venue: Venue) -> None:
    """Take back the orders of whoever has been gone too long."""
    while True:
        venue.exchange.expire_due()
        await asyncio.sleep(_LOOK_EVERY_S)


async def _walk(venue: Venue, every_ms: int) -> None:
    chance = random.Random(1)
    prices = {symbol: _start_price(symbol) for symbol in venue.exchange.contracts}
    while True:
        for symbol, contract in venue.exchange.contracts.items():
            prices[symbol] += contract.tick * chance.randint(-20, 20)
            size = contract.lot * chance.randint(500, 20_000)
            venue.exchange.quote(symbol, prices[symbol], prices[symbol] + contract.tick, size, size)
        await asyncio.sleep(every_ms / 1000)


def main() -> None:
    """Serve, and say where as one line of JSON on standard output."""
    parser = argparse.ArgumentParser(prog="python -m simulators.bybit", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--api-key", default="simulated-key")
    parser.add_argument("--api-secret", default="simulated-secret")
    parser.add_argument("--wallet", default="1000000", help="USDT to begin with")
    parser.add_argument("--walk-ms", type=int, default=0, help="move prices at random, that often")
    given = parser.parse_args()
    venue = make_venue([ApiKey(given.api_key, given.api_secret, "main")], Decimal(given.wallet))
    for symbol, contract in venue.exchange.contracts.items():
        price = _start_price(symbol)
        venue.exchange.quote(symbol, price, price + contract.tick, Decimal(1000), Decimal(1000))
    listener = socket.create_server(("127.0.0.1", given.port))
    port = listener.getsockname()[1]
    sys.stdout.write(json.dumps({"http": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        make_app(venue, given.walk_ms),
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
