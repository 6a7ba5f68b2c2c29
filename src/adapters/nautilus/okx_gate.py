"""A gate on loopback between Nautilus's private websockets and OKX's: every frame passes in sight, orders only once.

Nautilus's client is Rust to the last: it tells refusals from failures by their text alone, hands a payload over again
after a reset or time-out (up to five times in two minutes, whatever `max_retries` says), and connects anew by itself.
Here each connection is made once. What has passed is known, what has not never will, and what the venue says is read
in its own words.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.http11 import Request, Response

_log = logging.getLogger(__name__)
_LOOPBACK: Final = "127.0.0.1"
_LARGEST_FRAME: Final = 16 * 1024 * 1024
_BACKLOG: Final = 4_096  # frames of either side that wait
_CLOSE_S: Final = 1.0
_SILENCE_S: Final = 45.0  # Nautilus pings every 20 s, and the venue answers
FAILURES: Final = (WebSocketException, OSError, TimeoutError)


class Desk(Protocol):
    """Who decides what passes, and hears what does."""

    def outgoing(self, channel: str, frame: str) -> str | None:
        """Return what goes to the venue in a frame's place; None: nothing."""

    def incoming(self, channel: str, frame: str) -> None: ...

    def ended(self, channel: str, reason: str) -> None:
        """A connection is over; there will be no other of its channel."""


class Gate:
    """Leads each of some channels to the venue, once; `to` is the venue's address of a channel."""

    def __init__(self, to: Callable[[str], str], channels: tuple[str, ...], desk: Desk, open_s: float) -> None:
        self._to = to
        self._channels = channels
        self._desk = desk
        self._open_s = open_s
        self._secret = secrets.token_urlsafe(24)  # nobody else on this machine is let through
        self._taken: set[str] = set()
        self._socket = socket.socket()
        self._socket.bind((_LOOPBACK, 0))
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """What stands for the venue's private address."""
        return f"ws://{_LOOPBACK}:{self._socket.getsockname()[1]}/{self._secret}/ws/v5/{self._channels[0]}"

    async def open(self) -> None:
        """Admit whoever knows the address, once a channel."""
        self._server = await serve(
            self._pass,
            sock=self._socket,
            process_request=self._admit,
            compression=None,
            ping_interval=None,
            max_size=_LARGEST_FRAME,
            max_queue=_BACKLOG,
            close_timeout=_CLOSE_S,
        )

    async def close(self) -> None:
        """Break every connection, and admit nobody more. Harmless to repeat."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()
        self._socket.close()

    def _admit(self, _: ServerConnection, request: Request) -> Response | None:
        channel = self._channel(request.path)
        if channel is None or channel in self._taken:
            return Response(HTTPStatus.GONE, "this connection was made before", Headers())
        self._taken.add(channel)
        return None

    def _channel(self, path: str) -> str | None:
        start, _, channel = path.rpartition("/")
        return channel if start == f"/{self._secret}/ws/v5" and channel in self._channels else None

    async def _pass(self, ours: ServerConnection) -> None:
        channel = self._channel(ours.request.path if ours.request is not None else "") or ""
        reason = "Nautilus hung up"
        try:
            async with asyncio.timeout(self._open_s):
                theirs = await connect(
                    self._to(channel),
                    compression=None,
                    ping_interval=None,
                    max_size=_LARGEST_FRAME,
                    max_queue=_BACKLOG,
                    close_timeout=_CLOSE_S,
                    proxy=None,
                )
        except FAILURES as failure:
            self._desk.ended(channel, f"{self._to(channel)}: {type(failure).__name__}: {failure}")
            return
        ways = [
            asyncio.ensure_future(one) for one in (self._out(channel, ours, theirs), self._in(channel, theirs, ours))
        ]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            reason = " and ".join(sorted({one.result() for one in done}))
        finally:
            for way in ways:
                way.cancel()
            self._desk.ended(channel, reason)
            theirs.transport.abort()  # at once: whatever is still buffered must not leave later
            await asyncio.gather(*ways, return_exceptions=True)

    async def _out(self, channel: str, ours: ServerConnection, theirs: ClientConnection) -> str:
        try:
            async for frame in ours:
                passed = self._desk.outgoing(channel, frame if isinstance(frame, str) else frame.decode())
                if passed is not None:
                    await theirs.send(passed)
        except (ConnectionClosed, OSError) as failure:
            return f"the connection broke: {failure}"
        return "Nautilus hung up"

    async def _in(self, channel: str, theirs: ClientConnection, ours: ServerConnection) -> str:
        try:
            while True:
                async with asyncio.timeout(_SILENCE_S):
                    frame = await theirs.recv(decode=True)
                self._desk.incoming(channel, frame)
                await ours.send(frame)
        except TimeoutError:
            return f"the venue said nothing for {_SILENCE_S} s, not even an answer to a ping"
        except (ConnectionClosed, OSError) as failure:
            return f"the connection broke: {failure}"
