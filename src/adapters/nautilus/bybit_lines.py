"""Websockets of Bybit that need a login, each one connection: opened once, closed once, never mended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.bybit_wire import VenueSaysNoError, sign
from adapters.nautilus.live_words import NoAnswerError

_log = logging.getLogger(__name__)
_PING_S: Final = 10.0  # the venue closes what says nothing for 20 s
_SILENT_S: Final = 25.0  # without even an answer to a ping
_LOGIN_LASTS_MS: Final = 10_000
_MOST_BYTES: Final = 4_000_000


class NotTransmittedError(OSError):
    """The connection was closed before anything of a message could leave."""


class LineLostError(OSError):
    """The connection broke while a message was under way, or its answer was."""


class Said(msgspec.Struct, frozen=True):
    """A message of the venue, as far as all kinds of them are alike."""

    topic: str = ""
    op: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")
    request: str = msgspec.field(name="reqId", default="")
    code: int | None = msgspec.field(name="retCode", default=None)
    msg: str = msgspec.field(name="retMsg", default="")
    success: bool | None = None
    ret_msg: str = ""
    header: dict[str, str] = {}  # of an answer to an operation: what is left of the venue's limit


_SAID: Final = msgspec.json.Decoder(Said)


class Line:
    """One logged-in connection. What it is told by topic goes to `hear`; `lost` is called once, when it ends."""

    def __init__(
        self,
        url: str,
        settings: BybitSettings,
        clock_ms: Callable[[], int],
        hear: Callable[[str, bytes], None],
        lost: Callable[[str], None],
    ) -> None:
        self._url = url
        self._settings = settings
        self._clock_ms = clock_ms
        self._hear = hear
        self._lost = lost
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = count(1)
        self._awaited: dict[str, asyncio.Future[Said]] = {}  # by reqId, or by operation where the venue has none
        self._heard_at = 0.0
        self._is_over = False

    @property
    def is_open(self) -> bool:
        """Whether the connection is open, as far as this end knows."""
        return self._socket is not None and not self._is_over

    async def open(self, topics: Sequence[str] = ()) -> None:
        """Connect, log in, and follow `topics`.

        Raises:
            VenueSaysNoError: the venue refused it, in its own words.
            OSError, TimeoutError: it did not answer.
        """
        try:
            async with asyncio.timeout(self._settings.answer_s):
                self._socket = await connect(
                    self._url,
                    open_timeout=None,
                    ping_interval=None,
                    close_timeout=1.0,
                    max_size=_MOST_BYTES,
                    proxy=None,
                )
        except TimeoutError:
            raise NoAnswerError(f"no answer from {self._url} in {self._settings.answer_s} s") from None
        except WebSocketException as refusal:
            raise LineLostError(f"{self._url}: {refusal}") from refusal
        self._heard_at = asyncio.get_running_loop().time()
        self._tasks = [asyncio.ensure_future(self._read(self._socket)), asyncio.ensure_future(self._beat())]
        expires = self._clock_ms() + _LOGIN_LASTS_MS
        signature = sign(self._settings.api_secret, f"GET/realtime{expires}")
        await self._said_yes("auth", [self._settings.api_key, expires, signature])
        if topics:
            await self._said_yes("subscribe", list(topics))

    async def follow(self, topic: str) -> None:
        """Follow one more topic. Raises what `open` does."""
        await self._said_yes("subscribe", [topic])

    async def leave(self, topic: str) -> None:
        """Follow a topic no more. Raises what `open` does."""
        await self._said_yes("unsubscribe", [topic])

    async def close(self) -> None:
        """Hang up; nobody is told. Harmless to repeat."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()
        self._give_up("the connection was closed")
        if self._socket is not None:
            with contextlib.suppress(WebSocketException, OSError, TimeoutError):
                await self._socket.close()

    async def ask(self, operation: str, header: Mapping[str, str], params: Mapping[str, object]) -> Said:
        """Send an operation, and return the venue's answer to it. It is sent at most once.

        Raises:
            NotTransmittedError: nothing of it left.
            VenueSaysNoError: the venue would not.
            NoAnswerError, LineLostError: nobody knows.
        """
        if not self.is_open:
            raise NotTransmittedError(f"{operation}: the connection is closed")
        name = f"livexec-{next(self._numbers)}"
        said = await self._exchange(name, {"reqId": name, "header": header, "op": operation, "args": [params]})
        if said.code != 0:
            raise VenueSaysNoError(200, said.code, said.msg)
        return said

    async def _said_yes(self, operation: str, args: Sequence[object]) -> None:
        said = await self._exchange(operation, {"op": operation, "args": args})
        if not (said.success or said.code == 0):
            raise VenueSaysNoError(200, said.code, said.ret_msg or said.msg)

    async def _exchange(self, name: str, message: Mapping[str, object]) -> Said:
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._awaited[name] = answer
        try:
            async with asyncio.timeout(self._settings.answer_s):
                await self._send(message)
                return await answer
        except TimeoutError:
            raise NoAnswerError(f"no answer to {message['op']} in {self._settings.answer_s} s") from None
        finally:
            self._awaited.pop(name, None)

    async def _send(self, message: Mapping[str, object]) -> None:
        if self._socket is None:
            raise NotTransmittedError("not connected")
        try:
            await self._socket.send(msgspec.json.encode(message).decode())
        except (WebSocketException, OSError) as broken:
            raise LineLostError(f"{message['op']}: {broken}") from broken

    async def _read(self, socket: ClientConnection) -> None:
        reason = "the venue closed the connection"
        try:
            async for raw in socket:
                self._heard_at = asyncio.get_running_loop().time()
                self._take(raw.encode() if isinstance(raw, str) else raw)
        except (WebSocketException, OSError, ValueError) as broken:
            reason = f"{type(broken).__name__}: {broken}"
        self._end(reason)

    def _take(self, raw: bytes) -> None:
        said = _SAID.decode(raw)
        if said.topic:
            self._hear(said.topic, bytes(said.data))
            return
        awaited = self._awaited.get(said.request or said.op)
        if awaited is not None and not awaited.done():
            awaited.set_result(said)
        elif said.op not in ("ping", "pong"):
            _log.debug("%s: unexpected answer to %s", self._url, said.op)

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_PING_S)
            if loop.time() - self._heard_at > _SILENT_S:
                self._end(f"the venue answered no ping for {_SILENT_S} s")
                return
            with contextlib.suppress(LineLostError):  # the reader hears of it
                await self._send({"op": "ping"})

    def _end(self, reason: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._give_up(reason)
        self._lost(reason)

    def _give_up(self, reason: str) -> None:
        for answer in self._awaited.values():
            if not answer.done():
                answer.set_exception(LineLostError(reason))
