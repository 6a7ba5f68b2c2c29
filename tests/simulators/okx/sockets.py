"""Answers websockets: logins, subscriptions, and orders, amends and cancels of whoever logged in."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulators.binance_futures.faults import Fault, Kind
from simulators.exchange.orders import Order
from simulators.okx import account_payloads, errors, orders, rest
from simulators.okx.security import check_login
from simulators.okx.streams import ORDERS, Connection
from simulators.okx.venue import Asked, Venue

_AWAY = 1001
_CONNECTION = "a4d3ae55"
_UNAVAILABLE = '{"id": "$ID", "op": "order", "code": "50001", "msg": "Service temporarily unavailable.", "data": []}'
_OPERATIONS = ("order", "cancel-order", "amend-order")
_PRIVATE = {ORDERS, "account", "positions", "orders-algo", "algo-advance", "fills"}


class SocketFront:
    """The websockets of one simulated venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def serve(self, socket: WebSocket) -> None:
        """Serve `/ws/v5/public`, `/ws/v5/private` and `/ws/v5/business`."""
        if self._venue.is_in_maintenance:
            await socket.close(_AWAY)
            return
        await socket.accept()
        connection = Connection(socket.path_params["kind"])
        self._venue.streams.connections.add(connection)
        talks = [asyncio.ensure_future(one) for one in (self._send(socket, connection), self._hear(socket, connection))]
        try:
            await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._venue.streams.connections.discard(connection)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
        if socket.client_state is WebSocketState.CONNECTED:
            await socket.close(_AWAY)

    async def _send(self, socket: WebSocket, connection: Connection) -> None:
        while (message := await connection.outbox.get()) is not None:
            await socket.send_text(message)

    async def _hear(self, socket: WebSocket, connection: Connection) -> None:
        working: set[asyncio.Task[None]] = set()
        try:
            while True:
                text = await socket.receive_text()
                if text == "ping":
                    connection.send("pong")
                    continue
                said = json.loads(text)
                if said.get("op") in _OPERATIONS:  # one that is held up keeps no other waiting
                    work = asyncio.ensure_future(self._operate(connection, said))
                    working.add(work)
                    work.add_done_callback(working.discard)
                else:
                    self._take(connection, said)
        except (WebSocketDisconnect, json.JSONDecodeError):
            return

    def _take(self, connection: Connection, said: dict[str, Any]) -> None:
        for argument in said.get("args", []):
            match said.get("op"):
                case "login":
                    self._log_in(connection, argument)
                case "subscribe":
                    self._subscribe(connection, argument)
                case "unsubscribe":
                    connection.topics.discard(_topic(argument))
                    connection.send({"event": "unsubscribe", "arg": argument, "connId": _CONNECTION})
                case _:
                    connection.send(_error(errors.BAD_REQUEST))

    def _log_in(self, connection: Connection, given: dict[str, str]) -> None:
        try:
            key = check_login(self._venue.keys, given, self._venue.clock())
        except errors.VenueError as wrong:
            connection.send(_error(wrong.no))
            connection.hang_up()
            return
        connection.account = key.account
        connection.send({"event": "login", "code": "0", "msg": "", "connId": _CONNECTION})

    def _subscribe(self, connection: Connection, argument: dict[str, str]) -> None:
        venue, topic = self._venue, _topic(argument)
        if topic[0] in _PRIVATE and not connection.account:
            connection.send(_error(errors.LOGIN_FIRST))
            return
        connection.topics.add(topic)
        if topic == (ORDERS, "ANY"):
            connection.topics |= {(ORDERS, kind) for kind in ("SPOT", "SWAP")}
        connection.send({"event": "subscribe", "arg": argument, "connId": _CONNECTION})
        if topic[0] == "bbo-tbt":
            venue.streams.show(connection, topic[1])
        if topic[0] == "account":
            told = account_payloads.balance(venue.exchange, venue.exchange.accounts[connection.account])
            connection.send({"arg": {"channel": "account", "uid": "1"}, "data": [told]})

    async def _operate(self, connection: Connection, said: dict[str, Any]) -> None:
        venue, operation = self._venue, str(said["op"])
        params = dict((said.get("args") or [{}])[0])
        asked = Asked(at_ms=venue.clock(), method="WS", path=operation, params=params)
        venue.asked.append(asked)
        fault = venue.faults.take(f"WS {operation}", asked.client_order_id, late=False)
        if fault is not None and await self._fails(fault, connection, said, asked):
            return
        answer = self._answer(connection, said, asked, str(said.get("expTime", "")))
        fault = venue.faults.take(f"WS {operation}", asked.client_order_id, late=True)
        if fault is not None and await self._fails(fault, connection, said, asked):
            return
        asked.status = 200
        connection.send(answer)

    def _answer(self, connection: Connection, said: dict[str, Any], asked: Asked, expires: str) -> object:
        venue = self._venue
        if not connection.account:
            asked.code = errors.LOGIN_FIRST.code
            return _error(errors.LOGIN_FIRST)
        account = venue.exchange.accounts[connection.account]
        outer = {"id": said.get("id"), "op": asked.path, "inTime": str(asked.at_ms), "outTime": str(venue.clock())}
        try:
            order: Order
            match asked.path:
                case "order":
                    order = orders.place(venue, account, asked.params, expires)
                case "cancel-order":
                    order = orders.cancel(venue, account, asked.params)
                case _:
                    order = orders.amend(venue, account, asked.params)
        except errors.OrderError as error:
            asked.code = error.no.code
            refused = {"clOrdId": asked.client_order_id, "ordId": "", "tag": "", "ts": str(venue.clock())}
            told = {**refused, "sCode": error.no.code, "sMsg": error.no.msg}
            return {**outer, "code": "1", "msg": "", "data": [told]}
        asked.was_carried_out = True
        return {**outer, "code": "0", "msg": "", "data": [rest.placed(order, venue)]}

    async def _fails(self, fault: Fault, connection: Connection, said: dict[str, Any], asked: Asked) -> bool:
        """Do what a fault demands; False where the operation goes on all the same."""
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.delay_ms / 1000)
                return False
            case Kind.ERROR:
                asked.status = fault.status
                body = fault.body or _UNAVAILABLE
                connection.send(body.replace("$ID", str(said.get("id"))).replace("$NAME", asked.client_order_id))
            case Kind.TEAR:
                connection.hang_up()
            case _:
                pass
        return True


def _topic(argument: dict[str, str]) -> tuple[str, str]:
    return argument.get("channel", ""), argument.get("instId") or argument.get("instType") or ""


def _error(no: errors.No) -> object:
    return {"event": "error", "code": no.code, "msg": no.msg, "connId": _CONNECTION}
