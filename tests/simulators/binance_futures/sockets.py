"""Answers websockets: market streams with their subscriptions, and account streams by listen key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulators.binance_futures.told import Connection
from simulators.binance_futures.venue import Front, Venue

_POLICY = 1008
AWAY = 1001


class MarketFront:
    """The market websockets of one product, and how to talk on any."""

    def __init__(self, venue: Front[Any, Any]) -> None:
        self._venue = venue

    async def market(self, socket: WebSocket) -> None:
        """Serve `/stream?streams=btcusdt@bookTicker/...`; SUBSCRIBE and UNSUBSCRIBE change what is followed."""
        if self._venue.is_in_maintenance:
            await socket.close(AWAY)
            return
        await socket.accept()
        connection = Connection(names={name for name in socket.query_params.get("streams", "").split("/") if name})
        streams = self._venue.streams
        streams.market.add(connection)
        streams.show(connection)
        try:
            await talk(socket, connection, partial(self._follow, connection))
        finally:
            streams.market.discard(connection)

    def _follow(self, connection: Connection, said: Any) -> None:
        names = {name for name in said.get("params", []) if isinstance(name, str)}
        if said.get("method") == "SUBSCRIBE":
            connection.names |= names
        elif said.get("method") == "UNSUBSCRIBE":
            connection.names -= names
        connection.send({"result": None, "id": said.get("id")})
        self._venue.streams.show(connection)


class SocketFront(MarketFront):
    """The websockets of futures."""

    _venue: Venue

    async def user(self, socket: WebSocket) -> None:
        """Serve `/ws?listenKey=...` and `/ws/<listenKey>`."""
        key = socket.query_params.get("listenKey") or socket.path_params.get("key", "")
        held = self._venue.streams.listen_keys.get(key)
        if self._venue.is_in_maintenance:
            await socket.close(AWAY)
            return
        if held is None or held.until_ms <= self._venue.clock():
            await socket.close(_POLICY, "invalid listen key")
            return
        await socket.accept()
        connection = Connection()
        held.connections.add(connection)
        try:
            await talk(socket, connection, lambda _: None)
        finally:
            held.connections.discard(connection)


async def talk(socket: WebSocket, connection: Connection, hear: Callable[[Any], None]) -> None:
    """Send what is to be sent and hear what is said, until one end hangs up."""
    talks = [
        asyncio.ensure_future(_send(socket, connection)),
        asyncio.ensure_future(_hear(socket, hear)),
    ]
    try:
        await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in talks:
            one.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
    if socket.client_state is WebSocketState.CONNECTED:
        await socket.close(AWAY)


async def _send(socket: WebSocket, connection: Connection) -> None:
    while (message := await connection.outbox.get()) is not None:
        await socket.send_text(message)


async def _hear(socket: WebSocket, hear: Callable[[Any], None]) -> None:
    while True:
        try:
            hear(json.loads(await socket.receive_text()))
        except WebSocketDisconnect:
            return
