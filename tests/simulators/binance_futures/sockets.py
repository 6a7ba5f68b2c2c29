"""Answers websockets: market streams with their subscriptions, and account streams by listen key."""

from __future__ import annotations

import asyncio
import json

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulators.binance_futures.streams import Connection
from simulators.binance_futures.venue import Venue

_POLICY = 1008
_AWAY = 1001


class SocketFront:
    """The websockets of one simulated venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def market(self, socket: WebSocket) -> None:
        """Serve `/stream?streams=btcusdt@bookTicker/...`; SUBSCRIBE and UNSUBSCRIBE change what is followed."""
        await socket.accept()
        connection = Connection(names={name for name in socket.query_params.get("streams", "").split("/") if name})
        streams = self._venue.streams
        streams.market.add(connection)
        streams.show(connection)
        try:
            await self._talk(socket, connection)
        finally:
            streams.market.discard(connection)

    async def user(self, socket: WebSocket) -> None:
        """Serve `/ws?listenKey=...` and `/ws/<listenKey>`."""
        key = socket.query_params.get("listenKey") or socket.path_params.get("key", "")
        held = self._venue.streams.listen_keys.get(key)
        if held is None or held.until_ms <= self._venue.clock():
            await socket.close(_POLICY, "invalid listen key")
            return
        await socket.accept()
        connection = Connection()
        held.connections.add(connection)
        try:
            await self._talk(socket, connection)
        finally:
            held.connections.discard(connection)

    async def _talk(self, socket: WebSocket, connection: Connection) -> None:
        talks = [
            asyncio.ensure_future(self._send(socket, connection)),
            asyncio.ensure_future(self._hear(socket, connection)),
        ]
        try:
            await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
        if socket.client_state is WebSocketState.CONNECTED:
            await socket.close(_AWAY)

    async def _send(self, socket: WebSocket, connection: Connection) -> None:
        while (message := await connection.outbox.get()) is not None:
            await socket.send_text(message)

    async def _hear(self, socket: WebSocket, connection: Connection) -> None:
        while True:
            try:
                said = json.loads(await socket.receive_text())
            except WebSocketDisconnect:
                return
            names = {name for name in said.get("params", []) if isinstance(name, str)}
            if said.get("method") == "SUBSCRIBE":
                connection.names |= names
            elif said.get("method") == "UNSUBSCRIBE":
                connection.names -= names
            connection.send({"result": None, "id": said.get("id")})
            self._venue.streams.show(connection)
