"""Other people's ways of telling alerts, held at arm's length: none can slow, stop or drown the service."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import OrderedDict
from typing import Final

from ports.alerts import Alert, AlertSink
from ports.telemetry import Telemetry

WAITING: Final = 200  # alerts that wait for one sink; of each alert the newest word alone
PATIENCE_S: Final = 10.0  # for one telling
_LONGEST: Final = 200  # characters of what a sink raised


class ContainedSink:
    """A sink as the service tells it: `tell` never waits and never fails; `run` carries, until cancelled.

    Each alert is told in a thread of its own, one at a time, so that a sink that waits makes nobody wait but itself.
    One that does not come back within its patience is noted, and told nothing more until it does.
    """

    def __init__(self, name: str, sink: AlertSink, telemetry: Telemetry, patience_s: float = PATIENCE_S) -> None:
        self.name = name
        self._sink = sink
        self._telemetry = telemetry
        self._patience_s = patience_s
        self._waiting: OrderedDict[tuple[str, str], Alert] = OrderedDict()
        self._news = asyncio.Event()
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """What is wrong with it, as of its last telling; empty: nothing."""
        return self._trouble

    def tell(self, alert: Alert) -> None:
        """Take an alert to be told; where too many wait, the oldest is given up and counted."""
        self._waiting[alert.name, alert.subject] = alert
        if len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)
            self._telemetry.count("alert.dropped")
        self._news.set()

    async def run(self) -> None:
        """Tell what waits, oldest first."""
        while True:
            self._news.clear()
            while self._waiting:
                _, alert = self._waiting.popitem(last=False)
                await self._carry(alert)
            await self._news.wait()

    async def _carry(self, alert: Alert) -> None:
        done = self._begun(alert)
        try:
            async with asyncio.timeout(self._patience_s):
                failure = await asyncio.shield(done)
        except TimeoutError:
            self._note(alert, f"did not come back within {self._patience_s:g} s")
            failure = await done  # a thread cannot be ended; a second one beside it would hang as well
        if failure is None:
            self._trouble = ""
        else:
            self._note(alert, f"raised {failure}")

    def _begun(self, alert: Alert) -> asyncio.Future[str | None]:
        """Return what becomes of one telling: None, or what it raised. A thread that hangs does not hold up the end."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str | None] = loop.create_future()

        def settle(failure: str | None) -> None:
            if not done.done():
                done.set_result(failure)

        def work() -> None:
            failure = self._told(alert)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile, and nobody waits
                loop.call_soon_threadsafe(settle, failure)

        threading.Thread(target=work, name=f"alert sink {self.name}", daemon=True).start()
        return done

    def _told(self, alert: Alert) -> str | None:
        try:
            self._sink.tell(alert)
        except (Exception, SystemExit) as failure:  # other people's code may raise anything
            return type(failure).__name__  # without its text: that may hold the address, and the address a secret
        return None

    def _note(self, alert: Alert, how: str) -> None:
        self._trouble = how
        self._telemetry.note("alert.sink_failed", sink=self.name, alert=alert.name, error=how[:_LONGEST])
