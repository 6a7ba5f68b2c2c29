"""A message that comes late comes to those that followed the account when it happened, and to no later connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from simulators.binance_futures.faults import Fault, Kind
from simulators.binance_futures.security import ApiKey as BinanceKey
from simulators.binance_futures.told import Connection as FuturesConnection
from simulators.binance_futures.venue import make_venue as make_futures
from simulators.binance_spot.streams import ApiConnection
from simulators.binance_spot.venue import make_venue as make_spot
from simulators.bybit.security import ApiKey as BybitKey
from simulators.bybit.streams import Connection as BybitConnection
from simulators.bybit.venue import make_venue as make_bybit
from simulators.exchange.core import Exchange
from simulators.okx.security import ApiKey as OkxKey
from simulators.okx.streams import Connection as OkxConnection
from simulators.okx.venue import make_venue as make_okx

WALLET = Decimal(1_000_000)
type Stage = tuple[Exchange, list[Fault], str, str, Callable[[], Any]]  # its faults, symbol, topic, and who follows


def futures() -> Stage:
    venue = make_futures([BinanceKey("key", "secret", "main")], WALLET)

    def follow() -> FuturesConnection:
        venue.streams.listen_key("main").connections.add(made := FuturesConnection())
        return made

    return venue.exchange, venue.faults.waiting, "BTCUSDT", "ORDER_TRADE_UPDATE", follow


def spot() -> Stage:
    venue = make_spot([BinanceKey("key", "secret", "main")], WALLET)

    def follow() -> ApiConnection:
        venue.streams.api.add(made := ApiConnection(account="main"))
        made.follow("main")
        return made

    return venue.exchange, venue.faults.waiting, "BTCUSDT", "executionReport", follow


def bybit() -> Stage:
    venue = make_bybit([BybitKey("key", "secret", "main")], WALLET)

    def follow() -> BybitConnection:
        venue.streams.private.add(made := BybitConnection(account="main", topics={"order"}))
        return made

    return venue.exchange, venue.faults.waiting, "BTCUSDT", "order", follow


def okx() -> Stage:
    venue = make_okx([OkxKey("key", "secret", "phrase", "main")], WALLET)

    def follow() -> OkxConnection:
        made = OkxConnection("private", account="main", topics={("orders", "SWAP")})
        venue.streams.connections.add(made)
        return made

    return venue.exchange, venue.faults.waiting, "BTC-USDT-SWAP", "orders", follow


def told(connection: Any, name: str) -> int:
    """Return how many messages a connection was sent about an order."""
    return sum(f'"{name}"' in message for message in connection.outbox._queue)


@pytest.mark.parametrize("kind", [Kind.HOLD, Kind.DELAY])
@pytest.mark.parametrize("stage", [futures, spot, bybit, okx])
async def test_who_follows_later_is_not_told_what_happened_before(stage: Callable[[], Stage], kind: Kind) -> None:
    exchange, faults, symbol, topic, follow = stage()
    first = follow()
    faults.append(Fault(where=topic, kind=kind, only="early"))
    exchange.place("main", symbol, True, Decimal(1), price=Decimal(100), client_order_id="early")
    assert told(first, "early") == 0
    second = follow()
    exchange.place("main", symbol, True, Decimal(1), price=Decimal(100), client_order_id="late")
    async with asyncio.timeout(5):
        while not told(first, "early"):  # noqa: ASYNC110 - a connection tells nobody of ours when it is written to
            await asyncio.sleep(0)
    assert (told(second, "early"), told(second, "late")) == (0, 1)
