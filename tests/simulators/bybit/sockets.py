"""Answers websockets: market data of a category, an account's private topics, and orders."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulators.bybit import errors, operations
from simulators.bybit.security import login
from simulators.bybit.streams import Connection
from simulators.bybit.venue import Venue

_AWAY = 1001
_PROTECTING = frozenset({"dcp.future", "dcp.spot"})
_PRIVATE = frozenset({"order", "execution", "position", "wallet"}) | _PROTECTING


class SocketFront:
    """The websockets of one simulated venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def market(self, socket: WebSocket) -> None:
        """Serve `/v5/public/linear` and `/v5/public/spot`."""
        await self._serve(socket, Connection(category=socket.path_params["category"]), self._venue.streams.market)

    async def private(self, socket: WebSocket) -> None:
        """Serve `/v5/private`."""
        await self._serve(socket, Connection(), self._venue.streams.private)

    async def trade(self, socket: WebSocket) -> None:
        """Serve `/v5/trade`."""
        await self._serve(socket, Connection(), self._venue.streams.trade)

    async def _serve(self, socket: WebSocket, connection: Connection, group: set[Connection]) -> None:
        if self._venue.is_in_maintenance:
            await socket.close(_AWAY)
            return
        await socket.accept()
        group.add(connection)
        talks = [
            asyncio.ensure_future(self._send(socket, connection)),
            asyncio.ensure_future(self._hear(socket, connection, group)),
        ]
        try:
            await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            group.discard(connection)
            self._miss(connection)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
        if socket.client_state is WebSocketState.CONNECTED:
            await socket.close(_AWAY)

    async def _send(self, socket: WebSocket, connection: Connection) -> None:
        while (message := await connection.outbox.get()) is not None:
            await socket.send_text(message)

    async def _hear(self, socket: WebSocket, connection: Connection, group: set[Connection]) -> None:
        venue, answers = self._venue, set[asyncio.Future[None]]()
        while True:
            try:
                said = json.loads(await socket.receive_text())
            except WebSocketDisconnect:
                return
            match said.get("op"):
                case "auth":
                    self._log_in(connection, said, is_trade=group is venue.streams.trade)
                case "ping":
                    self._attend(connection)
                    connection.send({"success": True, "ret_msg": "pong", "conn_id": connection.conn_id, "op": "ping"})
                case "subscribe" | "unsubscribe":
                    self._subscribe(connection, said, is_private=group is venue.streams.private)
                case _ if group is venue.streams.trade:  # each by itself: one that hangs keeps no other waiting
                    answering = asyncio.ensure_future(operations.answer(venue, connection, said))
                    answers.add(answering)
                    answering.add_done_callback(answers.discard)

    def _log_in(self, connection: Connection, said: Mapping[str, Any], *, is_trade: bool) -> None:
        code, words = 0, ""
        try:
            connection.account = login(self._venue.keys, said.get("args"), self._venue.clock())
        except errors.VenueError as error:
            code, words = error.no.code, error.no.msg
        if is_trade:
            answer = {"retCode": code, "retMsg": words or "OK", "op": "auth", "connId": connection.conn_id}
        else:
            answer = {"success": code == 0, "ret_msg": words, "op": "auth", "conn_id": connection.conn_id}
        connection.send(answer)

    def _subscribe(self, connection: Connection, said: Mapping[str, Any], *, is_private: bool) -> None:
        topics, words = {str(one) for one in said.get("args", [])}, ""
        before = connection.topics & _PROTECTING
        if is_private and not connection.account:
            words = "Request not authorized"
        elif is_private and (unknown := topics - _PRIVATE):
            words = f"Invalid topic: {min(unknown)}"
        elif said["op"] == "subscribe":
            connection.topics |= topics
        else:
            connection.topics -= topics
        for topic in before - connection.topics:
            self._venue.leave(connection.account, topic)
        self._attend(connection)
        answer = {"success": not words, "ret_msg": words, "conn_id": connection.conn_id, "op": said["op"]}
        connection.send(answer | ({"req_id": said["req_id"]} if "req_id" in said else {}))
        self._venue.streams.show(connection)

    def _attend(self, connection: Connection) -> None:
        for topic in connection.topics & _PROTECTING:
            self._venue.attend(connection.account, topic, is_there=True)

    def _miss(self, connection: Connection) -> None:
        """Begin to wait for whom this connection stood, unless another one stands for them."""
        others = [one for one in self._venue.streams.private if one.account == connection.account]
        for topic in connection.topics & _PROTECTING:
            if not any(topic in one.topics for one in others):
                self._venue.attend(connection.account, topic, is_there=False)
