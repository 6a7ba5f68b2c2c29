"""`python -m simulators.okx`: one simulated venue on loopback, until SIGINT or SIGTERM."""

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

from simulators.okx.control import Control
from simulators.okx.http_app import HttpFront
from simulators.okx.security import ApiKey
from simulators.okx.sockets import SocketFront
from simulators.okx.venue import Venue, make_venue

_METHODS = ["GET", "POST"]
_EXPIRY_EVERY_S = 0.2
_START_PRICES = {"BTC": Decimal("60000.0"), "ETH": Decimal("2600.00")}


def make_app(venue: Venue, walk_ms: int) -> Starlette:
    """Make the application of one venue. `walk_ms` above zero moves all prices that often, at random."""
    http, sockets, control = HttpFront(venue), SocketFront(venue), Control(venue)
    routes = [
        Route("/_control/{name}", control.answer, methods=_METHODS),
        WebSocketRoute("/ws/v5/{kind}", sockets.serve),
        Route("/{path:path}", http.answer, methods=_METHODS),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        works = [asyncio.ensure_future(_expire(venue))]
        if walk_ms > 0:
            works.append(asyncio.ensure_future(_walk(venue, walk_ms)))
        yield
        for work in works:
            work.cancel()

    return Starlette(routes=routes, lifespan=lifespan)


async def _expire(venue: Venue) -> None:
    while True:
        venue.exchange.expire_due()
        await asyncio.sleep(_EXPIRY_EVERY_S)


async def _walk(venue: Venue, every_ms: int) -> None:
    chance = random.Random(1)
    prices = dict(_START_PRICES)
    while True:
        for listing in venue.listings.values():
            contract = listing.contract
            prices[contract.base] += contract.tick * chance.randint(-20, 20)
            size = contract.min_quantity * chance.randint(500, 20_000)
            venue.exchange.quote(
                contract.symbol, prices[contract.base], prices[contract.base] + contract.tick, size, size
            )
        await asyncio.sleep(every_ms / 1000)


def main() -> None:
    """Serve, and say where as one line of JSON on standard output."""
    parser = argparse.ArgumentParser(prog="python -m simulators.okx", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--api-key", default="simulated-key")
    parser.add_argument("--api-secret", default="simulated-secret")
    parser.add_argument("--api-passphrase", default="simulated-passphrase")
    parser.add_argument("--wallet", default="1000000", help="USDT to begin with")
    parser.add_argument("--walk-ms", type=int, default=0, help="move prices at random, that often")
    given = parser.parse_args()
    key = ApiKey(given.api_key, given.api_secret, given.api_passphrase, "main")
    venue = make_venue([key], Decimal(given.wallet))
    for symbol, contract in venue.exchange.contracts.items():
        price = _START_PRICES[contract.base]
        venue.exchange.quote(symbol, price, price + contract.tick, Decimal(1000), Decimal(1000))
    listener = socket.create_server(("127.0.0.1", given.port))
    port = listener.getsockname()[1]
    addresses = {"http": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}/ws/v5/private"}
    sys.stdout.write(json.dumps(addresses) + "\n")
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
