"""Answers JSON-RPC over websockets and HTTP: checks, carries out, logs, and fails on command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from simulators.binance_futures.faults import Fault, Kind
from simulators.deribit import errors
from simulators.deribit.methods import METHODS
from simulators.deribit.streams import Connection, Streams
from simulators.deribit.trading import Caller
from simulators.deribit.venue import Asked, Venue
from simulators.exchange.orders import Refused

_AWAY = 1001
_OK, _FORBIDDEN = 200, 403  # as HTTP has them: a result that is `body`; this address is turned away
_SECRETS = ("client_secret", "signature", "refresh_token", "access_token")


class NoAnswer(Response):
    """Keeps the connection open and says nothing, until whoever asked gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            continue


class Front:
    """Both doors of one simulated venue."""

    def __init__(self, venue: Venue, streams: Streams) -> None:
        self._venue = venue
        self._streams = streams
        self._works: set[asyncio.Task[None]] = set()

    # -- websockets

    async def socket(self, socket: WebSocket) -> None:
        """Serve one websocket until either side hangs up."""
        if self._venue.clock() < self._venue.turned_away_until_ms:
            await socket.close()  # before it was accepted: 403
            return
        await socket.accept()
        connection = Connection()
        self._streams.connections.add(connection)
        talks = [asyncio.ensure_future(talk(socket, connection)) for talk in (self._say, self._listen, self._beat)]
        try:
            await asyncio.wait(talks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.gone(connection)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)
        if socket.client_state is WebSocketState.CONNECTED:
            await socket.close(_AWAY)

    async def _say(self, socket: WebSocket, connection: Connection) -> None:
        while (message := await connection.outbox.get()) is not None:
            await socket.send_text(message)

    async def _listen(self, socket: WebSocket, connection: Connection) -> None:
        while True:
            try:
                said = json.loads(await socket.receive_text())
            except WebSocketDisconnect:
                return
            work = asyncio.ensure_future(self._answer(connection, said))
            self._works.add(work)
            work.add_done_callback(self._works.discard)
            await asyncio.sleep(0)  # what is not delayed is carried out in the order in which it came

    async def _beat(self, socket: WebSocket, connection: Connection) -> None:
        del socket
        while True:
            await asyncio.sleep(connection.heartbeat_s or 0.05)
            if connection.heartbeat_s and not self._streams.is_frozen:
                if not connection.tested:
                    return
                connection.tested = False
                connection.send({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}})

    async def _answer(self, connection: Connection, said: Mapping[str, Any]) -> None:
        params = said.get("params") or {}
        method = str(said.get("method"))
        asked = self._log(method, params)
        fault = self._venue.faults.take(method, asked.label, late=False)
        if fault is not None and await self._fails(fault, connection, said, asked):
            return
        try:
            answer: dict[str, Any] = {"result": self._carry_out(connection, method, params)}
            asked.was_carried_out = True
        except (errors.VenueError, Refused) as error:
            answer, hangs_up = _error(error, asked)
            if hangs_up:
                connection.send({"jsonrpc": "2.0", "id": said.get("id"), **answer})
                connection.hang_up()
                return
        fault = self._venue.faults.take(method, asked.label, late=True)
        if fault is not None and await self._fails(fault, connection, said, asked):
            return
        if not self._streams.is_frozen:
            connection.send(self._message(said, answer))
        if method.endswith("/subscribe"):
            self._streams.show(connection, params["channels"])

    def _message(self, said: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        now_us = self._venue.clock() * 1_000
        return {
            "jsonrpc": "2.0",
            "id": said.get("id"),
            **answer,
            "usIn": now_us,
            "usOut": now_us,
            "usDiff": 0,
            "testnet": True,
        }

    def _carry_out(self, connection: Connection, method: str, params: dict[str, Any]) -> object:
        venue = self._venue
        self._admit(method)
        if method.startswith("private/") or method in ("public/subscribe", "public/unsubscribe"):
            access = str(params.get("access_token") or connection.access)
            if method.startswith("private/") or access:
                connection.user = venue.tokens.user_of(access)
        if method in ("public/auth", "public/test"):
            return self._greet(connection, method, params)
        match method:
            case "public/set_heartbeat":
                connection.heartbeat_s = float(params["interval"])
                return "ok"
            case "public/disable_heartbeat":
                connection.heartbeat_s = 0.0
                return "ok"
            case "private/enable_cancel_on_disconnect":
                connection.cancels_on_disconnect = True
                return "ok"
            case "private/disable_cancel_on_disconnect":
                connection.cancels_on_disconnect = False
                return "ok"
            case "public/subscribe" | "private/subscribe":
                return self._subscribe(connection, params)
            case "public/unsubscribe" | "private/unsubscribe":
                connection.channels -= set(params["channels"])
                return params["channels"]
        return self._call(method, Caller(connection.user, connection), params)

    def _admit(self, method: str) -> None:
        if self._venue.is_in_maintenance:
            raise errors.VenueError(*errors.MAINTENANCE)
        self._venue.limits.take(method, self._venue.clock())

    def _greet(self, connection: Connection, method: str, params: dict[str, Any]) -> object:
        answer = self._call(method, Caller(""), params)
        if method == "public/test":
            connection.tested = True
        elif isinstance(answer, dict):
            connection.access = answer["access_token"]
        return answer

    def _call(self, method: str, caller: Caller, params: dict[str, Any]) -> object:
        if method not in METHODS:
            raise errors.VenueError(*errors.NO_METHOD)
        return METHODS[method](self._venue, caller, params)

    def _subscribe(self, connection: Connection, params: Mapping[str, Any]) -> object:
        channels = list(params["channels"])
        if any(one.startswith("user.") for one in channels) and not connection.user:
            raise errors.unauthorized("user channels need a login")
        if any(one.endswith(".raw") for one in channels) and not connection.user:
            raise errors.VenueError(13778, "raw_subscriptions_not_available_for_unauthorized")
        connection.channels |= set(channels)
        return channels

    async def _fails(self, fault: Fault, connection: Connection, said: Mapping[str, Any], asked: Asked) -> bool:
        """Let something go wrong, and say whether that was the answer."""
        match fault.kind:
            case Kind.DELAY:
                await asyncio.sleep(fault.delay_ms / 1000)
                return False
            case Kind.ERROR if fault.status == _OK:
                connection.send(self._message(said, {"result": fault.body}))
            case Kind.ERROR if fault.status == _FORBIDDEN:
                self._venue.turned_away_until_ms = self._venue.clock() + 1_000 * fault.retry_after_s
                connection.hang_up()
            case Kind.ERROR:
                asked.code = fault.status
                error = {"code": fault.status, "message": fault.body}
                connection.send(self._message(said, {"error": error}))
                if fault.status == errors.too_many().code:
                    connection.hang_up()
            case Kind.TEAR:
                connection.hang_up()
            case _:
                pass  # no answer at all
        return True

    def _log(self, method: str, params: Mapping[str, Any]) -> Asked:
        shown = {name: value for name, value in params.items() if name not in _SECRETS}
        asked = Asked(at_ms=self._venue.clock(), method=method, params=shown)
        self._venue.asked.append(asked)
        return asked

    # -- HTTP

    async def http(self, request: Request) -> Response:
        """Serve `/api/v2/<method>` with a query, or JSON-RPC in the body."""
        body = (await request.body()).decode()
        method, params, number = request.path_params.get("method", ""), dict(request.query_params), None
        if body:
            said = json.loads(body)
            method, params, number = said.get("method", method), dict(said.get("params") or {}), said.get("id")
        asked = self._log(method, params)
        try:
            answer, status = {"result": self._carry_out_http(request, body, method, params)}, 200
            asked.was_carried_out = True
        except (errors.VenueError, Refused) as error:
            answer, _ = _error(error, asked)
            status = 400
        return Response(json.dumps(self._message({"id": number}, answer)), status, media_type="application/json")

    def _carry_out_http(self, request: Request, body: str, method: str, params: dict[str, Any]) -> object:
        venue = self._venue
        self._admit(method)
        user, given = "", request.headers.get("authorization", "")
        if method.startswith("private/"):
            if given.startswith("deri-hmac-sha256 "):
                uri = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                user = venue.tokens.user_of_signature(given, request.method, uri, body)
            else:
                user = venue.tokens.user_of(given.removeprefix("Bearer ").removeprefix("bearer "))
        return self._call(method, Caller(user), params)


def _error(error: errors.VenueError | Refused, asked: Asked) -> tuple[dict[str, Any], bool]:
    if isinstance(error, Refused):
        error = errors.VenueError(*errors.OF_REASON[error.reason])
    asked.code = error.code
    said: dict[str, Any] = {"code": error.code, "message": error.message, "data": error.data}
    return {"error": said}, error.hangs_up
