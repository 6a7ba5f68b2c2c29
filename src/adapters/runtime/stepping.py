"""Runs a call of a venue's code step by step, and notices one that keeps everybody else waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final

LONGEST_STEP_S: Final = 5.0  # without giving way once; by then every venue's orders have waited so long


class Stepped[Answer]:
    """An awaitable around another: the same answer and the same failures, with each step between two waits measured.

    `blocked` is called with the seconds of a step that was longer than `LONGEST_STEP_S`, when it is over; what never
    gives way at all cannot be stopped from within.
    """

    def __init__(self, call: Awaitable[Answer], clock: Callable[[], float], blocked: Callable[[float], None]) -> None:
        self._call = call
        self._clock = clock
        self._blocked = blocked

    def __await__(self) -> Generator[Any, Any, Answer]:
        steps = self._call.__await__()
        step: Callable[[Any], Any] = steps.send
        given: Any = None
        while True:
            began_s = self._clock()
            try:
                awaited = step(given)
            except StopIteration as done:
                answer: Answer = done.value
                return answer
            finally:
                took_s = self._clock() - began_s
                if took_s > LONGEST_STEP_S:
                    self._blocked(took_s)
            try:
                given, step = (yield awaited), steps.send
            except (
                BaseException
            ) as thrown:  # a cancel, most often: for the call to answer to, as if nobody were between
                given, step = thrown, steps.throw
