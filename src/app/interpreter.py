"""How the interpreter is set for a service that answers in microseconds (design: Actors)."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_SWITCH_S: Final = 0.0005  # a busy thread beside the loop holds it up for at most this long at a time
_LOOK_S: Final = 0.02
_YOUNG: Final = 1_000  # objects; a collection of so few takes a fraction of a millisecond
_AT_MOST: Final = 3_000  # objects at which the interpreter collects by itself, so that a busy loop adds up no more
_NEVER: Final = 1_000_000_000
_QUIET_S: Final = 2.0
_BETWEEN_WHOLE_S: Final = 600.0


def share_the_interpreter() -> None:
    """Let threads take turns ten times as often as by default."""
    sys.setswitchinterval(_SWITCH_S)


def set_aside() -> None:
    """Collect everything once, and never look at what is left again; for a start, and for quiet moments."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def collect_young() -> None:
    """Free the rings among the youngest objects, and set what survives aside."""
    gc.collect(0)
    gc.freeze()


def look_at_young() -> None:
    """Free the rings among the youngest objects: before many messages are decided."""
    gc.collect(0)


def set_decisions_aside() -> None:
    """Set aside, unseen, what deciding on many messages has made: the core makes no rings, and this takes no time."""
    gc.freeze()


@contextmanager
def nothing_is_garbage() -> Iterator[None]:
    """Collect nothing meanwhile: reading a journal makes millions of objects that stay, and none that do not."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class QuietCollector:
    """Collects garbage in small steps of its own choosing, instead of whenever the interpreter thinks of it.

    Every few milliseconds, and before there are many, the youngest objects are collected, and what survives is set
    aside for ever: open orders are not walked over again and again, which would hold the loop up for longer the more
    of them there are. Objects
    that are set aside are freed by their reference counts as ever; only rings among them wait for a quiet moment
    (no news for two seconds, at most every ten minutes), when everything is collected.
    """

    def __init__(self, sequence: Callable[[], int]) -> None:
        self._sequence = sequence
        self._seen = sequence()
        self._news_at = self._whole_at = 0.0

    async def run(self) -> None:
        """Collect until cancelled; the interpreter's own collector looks at nothing but the youngest meanwhile."""
        clock = asyncio.get_running_loop().time
        self._news_at = self._whole_at = clock()
        set_aside()
        thresholds = gc.get_threshold()
        gc.set_threshold(_AT_MOST, _NEVER, _NEVER)  # the young alone; what survives is set aside at the next look
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                self._look(clock())
        finally:
            gc.set_threshold(*thresholds)

    def _look(self, now: float) -> None:
        if self._sequence() != self._seen:
            self._seen, self._news_at = self._sequence(), now
        if gc.get_count()[0] > _YOUNG:
            collect_young()
        elif now - self._news_at > _QUIET_S and now - self._whole_at > _BETWEEN_WHOLE_S:
            self._whole_at = now
            set_aside()
