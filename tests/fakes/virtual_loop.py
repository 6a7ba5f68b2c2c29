"""An event loop whose time jumps to the next timer whenever nothing is left to do: hours pass in milliseconds."""

import asyncio
import selectors
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

START_NS: Final = 1_700_000_000_000_000_000  # 2023-11-14 22:13:20 UTC, when every virtual loop begins
SECOND_NS: Final = 1_000_000_000
LONGEST_S: Final = 8_000_000.0  # three months; beyond, a nanosecond is lost in the loop's float seconds


class NothingWillHappenError(AssertionError):
    """Every task waits, and no timer is set that could ever wake one."""


class _IdleSelector(selectors.DefaultSelector):
    """Instead of waiting, says how long it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise NothingWillHappenError("every task waits, and no timer is set")
        if not events and timeout is not None:
            self.waited_s += max(timeout, 0.0)
            assert self.waited_s < LONGEST_S, "a virtual loop is good for three months"
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """One thread, no sockets, no threads beside it; `now_ns` is UTC as the loop's own time has it.

    What a callback or a forgotten task raised is not only logged: it comes up again when the loop is closed.
    """

    def __init__(self) -> None:
        self._idle = _IdleSelector()
        self._unheard: list[BaseException] = []
        super().__init__(self._idle)
        self.set_exception_handler(self._hear)

    def _hear(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        raised = context.get("exception")
        if raised is not None and ("handle" in context or "task" in context):
            self._unheard.append(raised)
        self.default_exception_handler(context)

    def close(self) -> None:
        super().close()
        unheard, self._unheard = self._unheard, []
        if unheard:
            raise ExceptionGroup("nobody heard these", [one for one in unheard if isinstance(one, Exception)])

    def time(self) -> float:
        return self._idle.waited_s

    def now_ns(self) -> int:
        """Return the virtual time (UTC nanoseconds)."""
        return START_NS + round(self._idle.waited_s * SECOND_NS)


def virtual_now_ns() -> int:
    """Return the time of the running virtual loop; the clock to inject."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.now_ns()


def run_virtually[T](work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end in virtual time, from a test that is not itself a coroutine."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


async def pause(seconds: float) -> None:
    """Let virtual time pass."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)  # in real time this would be a sleep
    over: asyncio.Future[None] = loop.create_future()
    timer = loop.call_later(seconds, over.set_result, None)
    try:
        await over
    finally:
        timer.cancel()


async def turns(count: int = 20) -> None:
    """Let everything that is ready run, `count` times over; no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)


async def within[T](seconds: float, work: Awaitable[T]) -> T:
    """Return what `work` returns, or fail the test after `seconds` of virtual time."""
    async with asyncio.timeout(seconds):
        return await work
