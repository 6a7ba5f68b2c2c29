"""Bybit's disconnection protection: the venue takes orders back when our private connection has gone silent.

It counts from when a connection that follows its topic closes, or says nothing any more; a connection that comes back
in time resets it (https://bybit-exchange.github.io/docs/v5/order/dcp). The venue switches it on by account.
"""

from __future__ import annotations

from adapters.nautilus.bybit_lines import Line
from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.bybit_wire import FAILURES, BybitHttp, words
from adapters.nautilus.dead_man import DeadMan


class _Protection:
    """The venue's time to wait, and the topic whose followers it waits for."""

    def __init__(self, settings: BybitSettings, http: BybitHttp, line: Line) -> None:
        self._product, self._topic = ("SPOT", "dcp.spot") if settings.is_spot else ("DERIVATIVES", "dcp.future")
        self._http = http
        self._line = line
        self._is_followed = False

    async def arm(self, within_s: int) -> None:
        """Let the venue wait so long for this connection; 0: let it wait for this one no more."""
        if not within_s:
            await self._line.leave(self._topic)
            return
        await self._http.protect(self._product, within_s)
        if not self._is_followed:
            await self._line.follow(self._topic)
            self._is_followed = True


def dead_man_of(settings: BybitSettings, http: BybitHttp, line: Line) -> DeadMan | None:
    """Return the dead man of one connection; None where none is wanted."""
    if not settings.dead_man_s:
        return None
    return DeadMan(settings.dead_man_s, _Protection(settings, http, line).arm, FAILURES, words)
