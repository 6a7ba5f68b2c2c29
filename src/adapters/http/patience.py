"""How long a caller may take to say what it wants: a request that trickles in is given up."""

from __future__ import annotations

import asyncio
from typing import Any, Final, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S: Final = 10.0  # from a request's first byte, or from the connection, to the end of its headers
BODY_S: Final = 30.0  # from there to the end of its body


class PatientProtocol(HttpToolsProtocol):
    """A connection that is closed when its request does not come to its end in time (slow-loris)."""

    headers_s = HEADERS_S
    body_s = BODY_S

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait(self.headers_s)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait(self.headers_s)

    @override
    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._wait(self.body_s)

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._wait(None)

    def _wait(self, seconds: float | None) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self.transport.close()
