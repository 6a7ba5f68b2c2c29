"""The fake on the wire: HTTP/1.1 on loopback, a link that can be made slow, and faults on command."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

from fakes.gcs.api import Answer, Api, Request, as_json, refusal
from fakes.listening import stop_listening, turns

_CHUNK = 64 * 1024
_SLACK_S = 0.005  # timers are late by a millisecond or so; a link does not lose bandwidth by that
_REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 308: "Resume Incomplete", 412: "Precondition Failed"}


@dataclass
class Fault:
    """What is done to the next `times` requests whose line contains `matching`.

    `status` is answered instead; 0: the connection is cut instead of an answer, in the middle of a body where there
    is one. `performed`: the request is carried out all the same, and its answer is what gets lost.
    """

    status: int
    matching: str = ""
    times: int = 1
    performed: bool = False


@dataclass
class Link:
    """The way to the clients: seconds until the first byte, bits a second over all connections together."""

    latency_s: float = 0.0
    bits_per_s: float = 0.0
    free_at: float = 0.0

    @property
    def is_bare(self) -> bool:
        """Whether it is loopback as it is."""
        return not (self.latency_s or self.bits_per_s)

    def passed(self, size: int, now: float) -> float:
        """Return when so many bytes, handed over now, are through."""
        if self.bits_per_s:
            self.free_at = max(now - _SLACK_S, self.free_at) + size * 8 / self.bits_per_s
            return self.free_at
        return now


@dataclass
class Service:
    """Everything that the connections share."""

    api: Api
    link: Link = field(default_factory=Link)
    faults: deque[Fault] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    sent_bytes: Counter[str] = field(default_factory=Counter)  # by object; heads included; "" for everything else
    connections: set[Connection] = field(default_factory=set)

    def fault_for(self, request: Request) -> Fault | None:
        """Return what is to go wrong with a request, and count it."""
        line = f"{request.method} {request.target}"
        for fault in self.faults:
            if fault.matching in line and fault.times:
                fault.times -= 1
                return fault
        return None

    def answer(self, request: Request) -> Answer | None:
        """Return the answer to one request; None: cut the connection."""
        if request.path.startswith("/_fake/"):
            return self._command(request)
        self.requests.append(f"{request.method} {request.target} {request.headers.get('range', '')}".strip())
        fault = self.fault_for(request)
        if fault is None:
            return self.api.answer(request)
        done = self.api.answer(request) if fault.performed or not fault.status else None
        if fault.status:
            return refusal(fault.status, f"commanded {fault.status}")
        return None if done is None or not done.about else Answer(-done.status, done.body, done.headers, done.about)

    def _command(self, request: Request) -> Answer:
        match request.path:
            case "/_fake/link":
                self.link.__dict__.update(json.loads(request.body))
            case "/_fake/forget":
                self.sent_bytes.clear()
                self.requests.clear()
            case _:
                pass
        return as_json({"sent_bytes": dict(self.sent_bytes), "requests": len(self.requests)})


@dataclass
class Sending:
    """An answer under way."""

    head: bytes
    rest: memoryview
    cut: bool
    about: str


class Connection(asyncio.Protocol):
    """One client's connection, kept alive; a request at a time."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._sending: Sending | None = None
        self._is_full = False
        self._counts = True
        self._start()

    def _start(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_CHUNK)
        self._service.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        self._service.connections.discard(self)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        if self._service.link.is_bare:
            self._step()

    def close(self) -> None:
        """End this connection."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._cut()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()
        if name.lower() == b"expect" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        request = Request(method, self._url.decode(), self._headers, bytes(self._body))
        self._start()
        answer = self._service.answer(request)
        if answer is None:
            self._cut()
            return
        self._send(answer, with_body=method != "HEAD", is_command=request.path.startswith("/_fake/"))

    def _send(self, answer: Answer, *, with_body: bool, is_command: bool) -> None:
        status, cut = abs(answer.status), answer.status < 0
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Answer')}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        body = memoryview(answer.body) if with_body else memoryview(b"")
        self._sending = Sending(head, body[: len(body) // 2] if cut else body, cut, "" if is_command else answer.about)
        self._counts = not is_command
        link = self._service.link
        if link.is_bare or is_command:
            self._step()
        else:
            self._loop.call_at(self._loop.time() + link.latency_s, self._step)

    def _step(self) -> None:
        """Hand over as much as the way takes, and count it when it is handed over: who hangs up gets no more."""
        sending, link = self._sending, self._service.link
        while sending is not None and self._transport is not None:
            piece = sending.head + sending.rest[: _CHUNK - len(sending.head)]
            sending.rest = sending.rest[len(piece) - len(sending.head) :]
            sending.head = b""
            if self._counts:
                self._service.sent_bytes[sending.about] += len(piece)
            self._transport.write(piece)
            if not sending.rest:
                self._sending = None
                if sending.cut:
                    self._cut()
                return
            if self._counts and not link.is_bare:
                self._loop.call_at(link.passed(len(piece), self._loop.time()), self._step)
                return
            if self._is_full:
                return

    def _cut(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def close(service: Service, server: asyncio.Server) -> None:
    """Take no more connections, and end those there are."""
    await stop_listening(server)
    for connection in list(service.connections):
        connection.close()
    await turns()


async def listen(service: Service, port: int = 0) -> tuple[asyncio.Server, int]:
    """Begin to answer on loopback; returns the server and its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(service), "127.0.0.1", port)
    address: Any = server.sockets[0].getsockname()
    return server, int(address[1])
