"""Watches one connection until something is wrong with it: silence, a stream that keeps back, a lapsed login."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from livexec_deribit.questions import Questions
from livexec_deribit.rpc import RpcConnection
from livexec_deribit.sequences import Sequences
from livexec_deribit.watch import StreamWatch
from livexec_deribit.words import NANOS_A_MILLI
from ports.errors import VenueUnavailableError

_SILENT_AFTER_BEATS: Final = 2.5  # heartbeats that did not come
_LOOK_S: Final = 1.0
_GRACE_S: Final = 2.0  # what the venue lists and the stream has not told by then, it keeps back
_UNANSWERED_IS_DOWN: Final = 3


async def watch_silence(rpc: RpcConnection, heartbeat_s: float, fall: Callable[[str], None]) -> None:
    """Call `fall` once when the venue has said nothing at all for longer than its heartbeats allow."""
    loop = asyncio.get_running_loop()
    longest_s = heartbeat_s * _SILENT_AFTER_BEATS
    while (silent_s := loop.time() - rpc.heard_s) < longest_s:  # noqa: ASYNC110 - silence announces itself to nobody
        await asyncio.sleep(_LOOK_S)
    fall(f"the venue has said nothing for {silent_s:.0f} s")


class Probe:
    """Asks the venue now and then whether the stream kept something back."""

    def __init__(
        self, watch: StreamWatch, questions: Questions, sequences: Sequences, every_s: float, since_ms: int
    ) -> None:
        self._watch = watch
        self._questions = questions
        self._sequences = sequences
        self._every_s = every_s
        self._since_ms = since_ms  # trades before were held against the stream already, or happened before it
        self._unanswered = 0

    async def run(self, fall: Callable[[str], None]) -> None:
        """Look for as long as all is well, and call `fall` once where it is not."""
        while True:
            await asyncio.sleep(self._every_s)
            reason = await self._kept_back()
            if reason is not None:
                fall(reason)
                return

    async def _kept_back(self) -> str | None:
        try:
            suspects = await self._missed()
            if suspects:
                await asyncio.sleep(min(_GRACE_S, self._every_s))
                suspects &= await self._missed()
        except VenueUnavailableError as silent:
            self._unanswered += 1
            if self._unanswered < _UNANSWERED_IS_DOWN:
                return None
            return f"the venue did not answer {self._unanswered} times in a row: {silent}"
        self._unanswered = 0
        if suspects:
            return f"the user stream is silent: the venue lists what it never told: {', '.join(sorted(suspects)[:3])}"
        return None

    async def _missed(self) -> frozenset[str]:
        told = self._sequences.newest
        trades = await self._questions.fills_since(self._since_ms * NANOS_A_MILLI)
        missed = self._watch.missed(await self._questions.open_order_states(), trades)
        if not missed:
            self._sequences.prove(told)
        if not missed and trades:
            self._since_ms = trades[-1].venue_time_ns // NANOS_A_MILLI
        return missed
