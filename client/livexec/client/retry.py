"""Asking until there is an answer, or until time is up."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import grpc

from livexec.client.errors import NoAnswerError, refused

# After these nothing is known, or nothing was taken. Whatever else a service answers, it would answer again.
# CANCELLED is what a server that stops may say of a call that it cut off; a caller who cancels gets no status at all.
REPEATED: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often to ask. Seconds.

    Pauses double from `first_pause_s` to `longest_pause_s`; each is drawn from the upper half of its length, so that
    clients that were cut off together do not come back together.
    """

    deadline_s: float = 30.0  # for one call with all its repeats
    attempt_s: float = 5.0  # for one attempt; longer than any healthy answer
    first_pause_s: float = 0.05
    longest_pause_s: float = 2.0
    silence_s: float = 45.0  # a stream this quiet is broken: the service gives a sign of life every 15

    def pause(self, attempt: int) -> float:
        """Return how long to wait after the attempt of that number, counted from 0."""
        longest = min(self.first_pause_s * float(1 << min(attempt, 30)), self.longest_pause_s)
        return longest * random.uniform(0.5, 1.0)


async def ask[T](call: Callable[[float], Awaitable[T]], patience: Patience) -> T:
    """Make `call` (given the seconds it may take) until it is answered.

    Repeating is safe because every call is: reads change nothing; a cancel, halt or resume that is repeated changes
    nothing more, and neither does an amend with the same id; and the service makes at most one order of an operation
    id, for ever, restarts included, so that a repeated submit is answered with the order that the first one made.

    Raises:
        RefusedError: the service answered no.
        NoAnswerError: no answer in time.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + patience.deadline_s
    attempt = 0
    while True:
        try:
            return await call(max(min(patience.attempt_s, ends - clock()), 0.001))
        except grpc.aio.AioRpcError as error:
            if error.code() not in REPEATED:
                raise refused(error) from error
            pause = patience.pause(attempt)
            if clock() + pause >= ends:
                told = f"no answer in {patience.deadline_s} s; the last word was {error.code().name}: {error.details()}"
                raise NoAnswerError(told) from error
        await asyncio.sleep(pause)
        attempt += 1
