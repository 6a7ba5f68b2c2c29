"""Serving one simulated product on loopback, with a market that stands still or walks."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from simulators.exchange.core import Exchange

START_PRICES: Mapping[str, Decimal] = {
    "BTCUSDT": Decimal("60000.00"),
    "ETHUSDT": Decimal("2600.00"),
    "BNBUSDT": Decimal("600.000"),
}
_FINEST = Decimal("0.001")  # of a walk's amounts: never so little that an order of usual size takes all
_STEPS = {"BTCUSDT": Decimal("0.10"), "ETHUSDT": Decimal("0.01"), "BNBUSDT": Decimal("0.010")}  # of a walk
_EXPIRY_EVERY_S = 0.2


def parser_of(name: str, about: str | None) -> argparse.ArgumentParser:
    """Return the options that every product has."""
    parser = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=about)
    parser.add_argument("--port", type=int, default=0, help="0 takes any that is free")
    parser.add_argument("--api-key", default="simulated-key")
    parser.add_argument("--api-secret", default="simulated-secret")
    parser.add_argument("--wallet", default="1000000", help="USDT to begin with")
    parser.add_argument("--walk-ms", type=int, default=0, help="move prices at random, that often")
    return parser


def serve(exchange: Exchange, routes: Sequence[BaseRoute], given: argparse.Namespace) -> None:
    """Open the market, serve, and say where as one line of JSON on standard output; until SIGINT or SIGTERM."""
    for symbol, price in START_PRICES.items():
        contract = exchange.contracts[symbol]
        exchange.quote(symbol, price, price + contract.tick, Decimal(1000), Decimal(1000))
    listener = socket.create_server(("127.0.0.1", given.port))
    port = listener.getsockname()[1]
    sys.stdout.write(json.dumps({"http": f"http://127.0.0.1:{port}", "ws": f"ws://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        Starlette(routes=routes, lifespan=_lifespan(exchange, given.walk_ms)),
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _lifespan(exchange: Exchange, walk_ms: int) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        works = [asyncio.ensure_future(_expire(exchange))]
        if walk_ms > 0:
            works.append(asyncio.ensure_future(_walk(exchange, walk_ms)))
        yield
        for work in works:
            work.cancel()

    return lifespan


async def _expire(exchange: Exchange) -> None:
    while True:
        await asyncio.sleep(_EXPIRY_EVERY_S)
        exchange.expire_due()


async def _walk(exchange: Exchange, every_ms: int) -> None:
    chance = random.Random(1)
    prices = dict(START_PRICES)
    while True:
        for symbol, contract in exchange.contracts.items():
            prices[symbol] += _STEPS[symbol] * chance.randint(-20, 20)
            size = max(contract.lot, _FINEST) * chance.randint(500, 20_000)
            exchange.quote(symbol, prices[symbol], prices[symbol] + contract.tick, size, size)
        await asyncio.sleep(every_ms / 1000)
