"""JSON-RPC 2.0 over one websocket: questions with bounded answers, and what the venue says by itself."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from livexec_deribit.credits import Credits, ThrottledError
from livexec_deribit.exact_json import Param, read, write_request

_log = logging.getLogger(__name__)
_LARGEST_MESSAGE: Final = 32 * 1024 * 1024  # all instruments at once are some megabytes
_MOST_WAITING: Final = 2_000  # answers
_OPEN_S: Final = 10.0
_CLOSE_S: Final = 2.0


type Asked = tuple[str, asyncio.Future[Any]]  # a method, and its answer to come


class RefusedError(Exception):
    """The venue answered with an error; `code` is its own."""

    def __init__(self, method: str, code: int, message: str) -> None:
        super().__init__(f"{method}: {code} {message}")
        self.code = code


class NoAnswerError(Exception):
    """No answer came, or none that can be read; what was asked for may have happened."""


class NotAskedError(Exception):
    """Nothing was transmitted."""


class NoRoomError(NotAskedError):
    """Nothing was transmitted, because the rate limit left no room for it."""


class RpcConnection:
    """One websocket. `open` once, `close` once; it is never mended.

    `hear` gets every notification as (method, params); `lost` is called once, when the connection ends by itself.
    """

    def __init__(
        self,
        url: str,
        credit: Credits,
        hear: Callable[[str, Mapping[str, Any]], None],
        lost: Callable[[str], None],
    ) -> None:
        self._url = url
        self._credit = credit
        self._hear = hear
        self._lost = lost
        self._socket: ClientConnection | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader: asyncio.Task[None] | None = None
        self.heard_s = 0.0  # on the loop's clock: when the venue last said anything

    async def open(self) -> None:
        """Connect.

        Raises:
            NotAskedError: there is no connection to be had.
        """
        try:
            self._socket = await connect(
                self._url, open_timeout=_OPEN_S, close_timeout=_CLOSE_S, max_size=_LARGEST_MESSAGE, proxy=None
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as failure:
            raise NotAskedError(f"no connection to {self._url}: {type(failure).__name__}: {failure}") from failure
        self.heard_s = asyncio.get_running_loop().time()
        self._reader = asyncio.create_task(self._read(self._socket), name=f"read {self._url}")

    async def close(self) -> None:
        """Hang up; whoever still waits for an answer gets none. Harmless to repeat."""
        socket, self._socket = self._socket, None
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.cancel()
        if socket is not None:
            await socket.close()
        self._give_up("the connection was closed")

    async def ask(self, method: str, params: Mapping[str, Param], *, within_s: float) -> Any:
        """Return the venue's result. `within_s` bounds the wait for credit, and then the wait for the answer.

        Raises:
            NotAskedError: nothing was transmitted: no connection, or no credit in time.
            RefusedError: the venue answered with an error.
            NoAnswerError: it did not answer.
        """
        await self.take_credit(method, within_s)
        return await self.answer(await self.put(method, params, within_s=within_s), within_s=within_s)

    async def take_credit(self, method: str, within_s: float) -> None:
        """Wait until the rate limit has room for one such question; `put` it next.

        Raises:
            NoRoomError: it had none in time.
        """
        try:
            await self._credit.take(method, within_s)
        except ThrottledError as throttled:
            raise NoRoomError(f"{method}: {throttled}") from throttled

    async def put(self, method: str, params: Mapping[str, Param], *, within_s: float) -> Asked:
        """Transmit a question for which credit was taken, and return what its answer will arrive in.

        Raises:
            NotAskedError: nothing was transmitted.
            NoAnswerError: it may have been, and no answer will come.
        """
        socket = self._socket
        if socket is None or self._reader is None or self._reader.done():
            raise NotAskedError(f"{method}: there is no connection")
        if len(self._waiting) >= _MOST_WAITING:
            raise NotAskedError(f"{method}: {len(self._waiting)} answers are awaited already")
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(lambda _: self._waiting.pop(number, None))
        try:
            async with asyncio.timeout(within_s):
                await socket.send(write_request(number, method, params))
        except (WebSocketException, OSError, TimeoutError) as failure:
            answer.cancel()
            raise NoAnswerError(f"{method}: {type(failure).__name__} while it was being sent") from failure
        return method, answer

    async def answer(self, asked: Asked, *, within_s: float) -> Any:
        """Return what the venue answers to what was put.

        Raises:
            RefusedError: an error.
            NoAnswerError: nothing.
        """
        method, answer = asked
        try:
            async with asyncio.timeout(within_s):
                message = await answer
        except TimeoutError:
            raise NoAnswerError(f"{method}: no answer within {within_s} s") from None
        if "error" in message:
            raise _refusal(method, message["error"])
        if "result" not in message:
            raise NoAnswerError(f"{method}: an answer without result or error")
        return message["result"]

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self.heard_s = asyncio.get_running_loop().time()
                self._take(text)
            reason = f"the venue closed the connection ({socket.close_code})"
        except WebSocketException as failure:
            reason = f"the connection broke: {failure}"
        except (ValueError, KeyError, TypeError) as unreadable:  # what it would have told is unknown
            reason = f"a message cannot be read: {type(unreadable).__name__}: {unreadable}"
        self._give_up(reason)
        self._lost(reason)

    def _take(self, text: str | bytes) -> None:
        message = read(text)
        if "id" in message:
            waiting = self._waiting.get(message["id"])
            if waiting is None or waiting.done():
                _log.warning("an answer that nobody waits for any more: %s", message.get("id"))
            else:
                waiting.set_result(message)
        elif "method" in message:
            self._hear(message["method"], message["params"])

    def _give_up(self, reason: str) -> None:
        for waiting in list(self._waiting.values()):
            if not waiting.done():
                waiting.set_exception(NoAnswerError(reason))
                waiting.exception()  # nobody may be waiting any more


def _refusal(method: str, error: Any) -> RefusedError | NoAnswerError:
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return NoAnswerError(f"{method}: an error without a code")
    data = error.get("data")
    detail = f" ({data.get('reason', '')} {data.get('param', '')})" if isinstance(data, dict) else ""
    return RefusedError(method, error["code"], f"{error.get('message', '')}{detail}"[:300])
