"""Whatever somebody's way of telling alerts does, nobody waits for it and nothing fails with it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from plugins.alerting import WAITING, ContainedSink
from ports.alerts import Alert, AlertState, Severity

from fakes.telemetry import RecordingTelemetry

type Tell = Callable[[Alert], object]


def alert(name: str, says: str = "it holds") -> Alert:
    return Alert(
        name=name, subject="", severity=Severity.WARNING, state=AlertState.FIRING, says=says, since_ns=1, told_ns=2
    )


class Chat:
    """Somebody's sink; does to the next alert what it is told to do, and remembers what it carried."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.carried: list[str] = []
        self.does: Tell = lambda alert: None
        self.news = asyncio.Event()
        self._loop = loop

    def tell(self, alert: Alert) -> None:
        self.does(alert)
        self.carried.append(alert.says)
        self._loop.call_soon_threadsafe(self.news.set)

    async def until_carried(self, *says: str) -> None:
        async with asyncio.timeout(30):
            while self.carried != list(says):
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def running(patience_s: float = 30.0) -> AsyncIterator[tuple[ContainedSink, Chat, RecordingTelemetry]]:
    telemetry, chat = RecordingTelemetry(), Chat(asyncio.get_running_loop())
    sink = ContainedSink("acme_chat", chat, telemetry, patience_s)
    work = asyncio.create_task(sink.run())
    try:
        yield sink, chat, telemetry
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


@pytest.mark.asyncio
async def test_a_sink_that_raises_is_noted_and_told_the_next_one() -> None:
    async with running() as (sink, chat, telemetry):

        def fails(alert: Alert) -> None:
            chat.does = lambda alert: None
            raise ConnectionError("https://chat.example/hook?token=not-to-be-seen")

        chat.does = fails
        sink.tell(alert("one", "first"))
        sink.tell(alert("two", "second"))
        await chat.until_carried("second")
        (noted,) = telemetry.noted("alert.sink_failed")
    assert noted == {"sink": "acme_chat", "alert": "one", "error": "raised ConnectionError"}


@pytest.mark.asyncio
async def test_a_sink_that_hangs_is_noted_and_nobody_waits_for_it() -> None:
    released = threading.Event()
    async with running(patience_s=0.02) as (sink, chat, telemetry):
        chat.does = lambda alert: released.wait(30)
        sink.tell(alert("one", "first"))
        async with asyncio.timeout(30):
            while not sink.trouble:
                with suppress(TimeoutError):
                    await asyncio.wait_for(chat.news.wait(), 0.02)
        sink.tell(alert("two", "second"))
        released.set()
        chat.does = lambda alert: None
        await chat.until_carried("first", "second")
    assert "did not come back" in str(telemetry.noted("alert.sink_failed")[0]["error"])


@pytest.mark.asyncio
async def test_of_a_flood_the_newest_words_are_told_and_what_was_given_up_is_counted() -> None:
    telemetry, chat = RecordingTelemetry(), Chat(asyncio.get_running_loop())
    sink = ContainedSink("acme_chat", chat, telemetry)
    for number in range(WAITING + 5):
        sink.tell(alert(f"alert-{number}", f"{number}"))
    sink.tell(alert("alert-100", "newer"))
    assert telemetry.counters["alert.dropped"] == 5
    work = asyncio.create_task(sink.run())
    async with asyncio.timeout(30):
        while len(chat.carried) < WAITING:
            chat.news.clear()
            await chat.news.wait()
    work.cancel()
    await asyncio.wait([work])
    assert "newer" in chat.carried
    assert "100" not in chat.carried
