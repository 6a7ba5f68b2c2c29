"""Which strategies are there: streams on whose loss a strategy's orders are to be cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import uuid4

from adapters.doors.text import read_name
from ports.commands import CloseStream, OpenStream
from ports.errors import InvalidInputError, LivexecError, ShuttingDownError
from ports.execution import CommandGateway
from ports.values import Principal, StrategyId

ON_DISCONNECT: Final = "cancel-on-disconnect-ms"  # metadata of a stream of orders, with the strategy's id
STRATEGY: Final = "strategy-id"
LONGEST_MS: Final = 3_600_000  # an hour
_MS: Final = 1_000_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 5.0


class Attendance:
    """Tells the book of streams that open and end. A stream whose end was not taken is told of until it is."""

    def __init__(self, gateway: CommandGateway) -> None:
        self._gateway = gateway
        self._open: dict[str, OpenStream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def of(self, strategy_id: str, grace_ms: int, principal: Principal) -> AsyncGenerator[None]:
        """Be open for as long as a stream is: when it ends, however, the book is told. 0 ms: nothing is asked for.

        Raises:
            InvalidInputError: the time cannot be one, or there is no strategy.
            MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway; the stream must not begin.
        """
        if not grace_ms:
            yield
            return
        opened = OpenStream(
            strategy_id=StrategyId(read_name("strategy_id", strategy_id)),
            stream_id=uuid4().hex,
            grace_ns=_grace_ns(grace_ms),
            principal=principal,
        )
        await self._gateway.ask(opened)
        self._open[opened.stream_id] = opened
        try:
            yield
        finally:
            del self._open[opened.stream_id]
            closed = CloseStream(strategy_id=opened.strategy_id, stream_id=opened.stream_id, principal=opened.principal)
            self._tell(closed)

    def announce(self) -> None:
        """Say again which streams are open: a new epoch of the book began with none."""
        for opened in self._open.values():
            self._tell(opened)

    async def stop(self) -> None:
        """Tell nothing more: streams that are open now count as gone at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, command: OpenStream | CloseStream) -> None:
        task = asyncio.get_running_loop().create_task(self._told(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _told(self, command: OpenStream | CloseStream) -> None:
        pause_s = _FIRST_PAUSE_S
        while isinstance(command, CloseStream) or command.stream_id in self._open:
            try:
                await self._gateway.ask(command)
            except ShuttingDownError:
                return  # at the next start it counts as gone
            except LivexecError:  # the journal is away or the mailbox full: nobody else would ever say it
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                return


def of_headers(headers: Mapping[str, str]) -> tuple[str, int]:
    """Return the strategy and the milliseconds that the metadata of a stream of orders asks for; 0: nothing.

    Raises:
        InvalidInputError: it is no number.
    """
    text = headers.get(ON_DISCONNECT, "")
    if not text:
        return "", 0
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text)):
        raise InvalidInputError(ON_DISCONNECT, text, f"write whole milliseconds, 1 to {LONGEST_MS}")
    return headers.get(STRATEGY, ""), int(text)


def _grace_ns(grace_ms: int) -> int:
    if not 0 < grace_ms <= LONGEST_MS:
        raise InvalidInputError("cancel_on_disconnect_ms", grace_ms, f"write whole milliseconds, 1 to {LONGEST_MS}")
    return grace_ms * _MS
