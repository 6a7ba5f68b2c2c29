"""The websocket API of spot, as far as it carries user data: logging on, subscribing, unsubscribing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.websockets import WebSocket

from simulators.binance_futures import errors as common
from simulators.binance_futures.errors import No, VenueError
from simulators.binance_futures.faults import Kind
from simulators.binance_futures.security import ApiKey, check_signature, check_time
from simulators.binance_futures.sockets import AWAY, MarketFront, talk
from simulators.binance_futures.venue import Asked
from simulators.binance_spot import errors
from simulators.binance_spot.streams import ApiConnection
from simulators.binance_spot.venue import SpotVenue

type Params = Mapping[str, Any]


class ApiFront(MarketFront):
    """Serves `/ws-api/v3` besides the market."""

    _venue: SpotVenue

    async def api(self, socket: WebSocket) -> None:
        """Answer requests and send the events that were subscribed to."""
        if self._venue.is_in_maintenance:
            await socket.close(AWAY)
            return
        await socket.accept()
        connection = ApiConnection()
        self._venue.streams.api.add(connection)
        try:
            await talk(socket, connection, partial(self._answer, connection))
        finally:
            self._venue.streams.api.discard(connection)

    def _answer(self, connection: ApiConnection, said: Any) -> None:
        method, params = str(said.get("method")), said.get("params") or {}
        shown = {name: str(value) for name, value in params.items() if name not in ("signature", "apiKey")}
        asked = Asked(at_ms=self._venue.clock(), method="WS", path=method, params=shown)
        self._venue.asked.append(asked)
        fault = self._venue.faults.take(f"WS {method}", "")
        answer: dict[str, Any] = {"id": said.get("id"), "status": 200, "rateLimits": []}
        try:
            if fault is None or fault.late or fault.kind is Kind.DELAY:
                answer["result"] = self._carry_out(connection, method, params)
                asked.was_carried_out = True
            if fault is not None and fault.kind is Kind.ERROR:
                raise VenueError(No(fault.status, *_code_and_words(fault.body)))
        except VenueError as error:
            answer.pop("result", None)
            answer |= {"status": error.no.status, "error": {"code": error.no.code, "msg": error.no.msg}}
            asked.code = error.no.code
        if fault is not None and fault.kind is Kind.NO_ANSWER:
            return
        asked.status = answer["status"]
        delay_s = fault.delay_ms / 1000 if fault is not None and fault.kind is Kind.DELAY else 0
        asyncio.get_running_loop().call_later(delay_s, connection.send, answer)

    def _carry_out(self, connection: ApiConnection, method: str, params: Params) -> object:
        methods: Mapping[str, Callable[[ApiConnection, Params], object]] = {
            "ping": lambda _, __: {},
            "time": lambda _, __: {"serverTime": self._venue.clock()},
            "session.logon": self._log_on,
            "session.status": lambda one, _: self._session(one),
            "session.logout": self._log_out,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_signed,
            "userDataStream.unsubscribe": self._unsubscribe,
        }
        if method not in methods:
            raise VenueError(errors.UNKNOWN_METHOD)
        return methods[method](connection, params)

    def _log_on(self, connection: ApiConnection, params: Params) -> object:
        key = self._checked(params)
        if not key.public_key:
            raise VenueError(errors.NO_HMAC)
        connection.account = key.account
        return self._session(connection)

    def _session(self, connection: ApiConnection) -> object:
        now_ms = self._venue.clock()
        is_known = connection.account is not None
        return {
            "apiKey": "of the account" if is_known else None,
            "authorizedSince": now_ms if is_known else None,
            "connectedSince": now_ms,
            "returnRateLimits": True,
            "serverTime": now_ms,
            "userDataStream": bool(connection.subscriptions),
        }

    def _log_out(self, connection: ApiConnection, _: Params) -> object:
        connection.account = None
        return self._session(connection)

    def _subscribe(self, connection: ApiConnection, _: Params) -> object:
        if connection.account is None:
            raise VenueError(errors.NOT_LOGGED_ON)
        return {"subscriptionId": connection.follow(connection.account)}

    def _subscribe_signed(self, connection: ApiConnection, params: Params) -> object:
        return {"subscriptionId": connection.follow(self._checked(params).account)}

    def _unsubscribe(self, connection: ApiConnection, params: Params) -> object:
        if "subscriptionId" in params:
            connection.subscriptions.pop(int(params["subscriptionId"]), None)
        else:
            connection.subscriptions.clear()
        return {}

    def _checked(self, params: Params) -> ApiKey:
        """Return whose request this is; signed are all parameters, by name."""
        name = str(params.get("apiKey", ""))
        if name not in self._venue.keys:
            raise VenueError(common.BAD_KEY if name else common.BAD_KEY_FORMAT)
        key = self._venue.keys[name]
        texts = {each: str(value) for each, value in params.items()}
        signature = texts.pop("signature", "")
        check_signature(key, "&".join(f"{each}={texts[each]}" for each in sorted(texts)), signature)
        check_time(texts, self._venue.clock())
        return key


def _code_and_words(body: str) -> tuple[int, str]:
    said = json.loads(body or '{"code": -1000, "msg": "An unknown error occurred while processing the request."}')
    return int(said["code"]), str(said["msg"])
