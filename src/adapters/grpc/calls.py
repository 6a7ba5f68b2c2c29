"""One call, from bytes to bytes: who asks, what they ask, and what they are told when it goes wrong."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import Message

from adapters.doors.auth import Authenticator
from adapters.doors.clients import RELEASING, Clients
from adapters.doors.errors import Kind, Refusal
from adapters.doors.service import REQUESTS_PER_SECOND, Meter, unmeasured
from adapters.doors.supervision import supervised
from adapters.grpc.wire import Context, abort, parse
from ports.values import Principal

type Handler = grpc.RpcMethodHandler[bytes, bytes]
type Write = Callable[[bytes], Awaitable[None]]
type Headers = dict[str, str]
type Unary[M: Message] = Callable[[M, Principal], Awaitable[Message]]
type StreamOut[M: Message] = Callable[[M, Principal, Write], Awaitable[None]]
type StreamBoth = Callable[[AsyncIterator[bytes], Principal, Headers, Write], Awaitable[None]]


class Calls:
    """Makes handlers of one door. They read bytes themselves, so that a message that cannot be read is told why."""

    def __init__(self, auth: Authenticator, meter: Meter = unmeasured, clients: Clients | None = None) -> None:
        self._auth = auth
        self._meter = meter
        self._clients = clients or Clients(REQUESTS_PER_SECOND)

    def unary[M: Message](self, kind: type[M], work: Unary[M]) -> Handler:
        """Make a handler of one request and one answer."""

        name = getattr(work, "__name__", kind.DESCRIPTOR.name)
        releases = name in RELEASING

        async def call(raw: bytes, context: Context) -> bytes:
            principal = self._principal(context)
            with self._clients.asking(principal, releases=releases):
                return (await work(parse(kind, raw), principal)).SerializeToString()

        async def handle(raw: bytes, context: Context) -> bytes:
            began = time.perf_counter()
            answer = await supervised(call(raw, context))
            outcome = answer.kind.grpc_status if isinstance(answer, Refusal) else "OK"
            self._meter("grpc", name, outcome, time.perf_counter() - began)
            return await abort(context, answer) if isinstance(answer, Refusal) else answer

        return grpc.unary_unary_rpc_method_handler(handle)

    def stream_out[M: Message](self, kind: type[M], work: StreamOut[M]) -> Handler:
        """Make a handler of one request and many answers."""

        async def call(raw: bytes, context: Context) -> None:
            principal = self._principal(context)
            with self._clients.asking(principal, releases=False):
                await work(parse(kind, raw), principal, context.write)

        async def handle(raw: bytes, context: Context) -> None:
            if (refusal := await supervised(call(raw, context))) is not None:
                await abort(context, refusal)

        return grpc.unary_stream_rpc_method_handler(handle)

    def stream_both(self, work: StreamBoth) -> Handler:
        """Make a handler of many requests, still as bytes, and many answers."""

        async def call(requests: AsyncIterator[bytes], context: Context) -> None:
            principal = self._principal(context)
            with self._clients.asking(principal, releases=False):
                await work(requests, principal, _headers(context), context.write)

        async def handle(requests: AsyncIterator[bytes], context: Context) -> None:
            if (refusal := await supervised(call(requests, context))) is not None:
                await abort(context, refusal)

        return grpc.stream_stream_rpc_method_handler(handle)

    def _principal(self, context: Context) -> Principal:
        if not self._auth.has_tokens:
            return self._auth.principal(None)
        return self._auth.principal(_headers(context).get("authorization"))


def not_available(name: str) -> Handler:
    """Make a handler of a call of one request and one answer that the protocol has and this release has not."""

    async def handle(_: Any, context: Context) -> bytes:
        return await abort(context, Refusal(Kind.NOT_IMPLEMENTED, f"{name} is not available yet"))

    return grpc.unary_unary_rpc_method_handler(handle)


def _headers(context: Context) -> Headers:
    """Return the text of the call's metadata, by lower-case name."""
    pairs = context.invocation_metadata() or ()
    return {name: value for name, value in pairs if isinstance(value, str)}
