"""Watchers of one door: each hears its own changes once, whether it is quick, slow or late, alone or among others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.doors import updates as updates_module
from adapters.doors import watch as watch_module
from adapters.doors.updates import Translator, Update
from adapters.doors.watch import Watch
from ports.errors import NotYetVisibleError
from ports.values import StrategyId

from fakes.gateway import MemoryService
from fakes.scribe import submit

BEAT_S = 0.005
type Stream = AsyncGenerator[tuple[int, list[Update]]]


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


async def trade(memory: MemoryService, name: str, strategy_id: str = "s") -> None:
    """An order that is recorded, released and held by its venue: three changes in five facts."""
    command = submit(name)
    await memory.ask(replace(command, terms=replace(command.terms, strategy_id=StrategyId(strategy_id))))
    memory.acknowledge(name)


async def heard(stream: Stream, until: int) -> list[int]:
    """The sequences of a watcher's changes, until the stream covers that much."""
    found: list[int] = []
    async with asyncio.timeout(10):
        async for covered, updates in stream:
            found += [update.sequence for update in updates]
            if covered >= until:
                break
    return found


def changes(orders: int) -> list[int]:
    """The sequences that so many trades, one after the other, have as changes."""
    return [5 * number + each for number in range(orders) for each in (1, 4, 5)]


async def test_an_order_that_begins_while_it_is_watched_is_never_read_back(memory: MemoryService) -> None:
    memory.visible = 0  # the read tables have nothing yet: whoever asks them would be sent away
    async with aclosing(Watch(memory, memory).follow(0, asyncio.Event(), BEAT_S)) as stream:
        await anext(stream)
        await trade(memory, "op-1")
        assert await heard(stream, 5) == [1, 4, 5]
    assert memory.read_at == []


async def test_a_watcher_whose_strategy_is_quiet_is_told_how_far_the_journal_is_while_others_trade(
    memory: MemoryService,
) -> None:
    async with aclosing(Watch(memory, memory).follow(0, asyncio.Event(), BEAT_S, "quiet")) as stream:
        for number in range(3):
            await trade(memory, f"op-{number}", "busy")
            assert (await anext(stream))[1] == []
        assert await heard(stream, 15) == []


async def test_a_watcher_too_slow_for_what_is_kept_for_it_hears_everything_once(
    memory: MemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "MAX_UPDATES", 4)
    watch = Watch(memory, memory)
    async with (
        aclosing(watch.follow(0, asyncio.Event(), BEAT_S)) as slow,
        aclosing(watch.follow(0, asyncio.Event(), BEAT_S)) as quick,
    ):
        await asyncio.gather(anext(slow), anext(quick))
        for number in range(10):
            await trade(memory, f"op-{number}")
            await heard(quick, 5 * (number + 1))
        assert await heard(slow, 50) == changes(10)
        await trade(memory, "op-10")
        assert await heard(slow, 55) == changes(11)[30:]


async def test_a_watcher_that_comes_late_hears_the_same_from_what_is_kept_and_from_the_store(
    memory: MemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "MAX_UPDATES", 7)
    monkeypatch.setattr(watch_module, "ENTRIES_AT_ONCE", 2)
    watch, everything = Watch(memory, memory), changes(6)
    async with aclosing(watch.follow(0, asyncio.Event(), BEAT_S)) as first:
        await anext(first)
        for number in range(6):
            await trade(memory, f"op-{number}")
        assert await heard(first, 30) == everything
        for after in range(31):
            async with aclosing(watch.follow(after, asyncio.Event(), BEAT_S)) as late:
                assert await heard(late, 30) == [each for each in everything if each > after]


async def test_watchers_end_when_their_door_closes_and_when_the_feed_ends(memory: MemoryService) -> None:
    closing, watch = asyncio.Event(), Watch(memory, memory)
    async with aclosing(watch.follow(0, closing, 60.0)) as stream:
        waiting = asyncio.ensure_future(anext(stream, None))
        await asyncio.wait([waiting], timeout=BEAT_S)
        closing.set()
        assert await waiting is None
    async with aclosing(watch.follow(0, asyncio.Event(), 60.0)) as stream:
        waiting = asyncio.ensure_future(anext(stream, None))
        await asyncio.wait([waiting], timeout=BEAT_S)
        memory.stop()
        assert await waiting is None


STRATEGIES = ("a", "b")
type Step = tuple[str, int]
steps = st.lists(
    st.tuples(st.sampled_from(("trade", "hear", "join", "leave", "blind", "see")), st.integers(0, 5)),
    min_size=5,
    max_size=40,
)


class Watcher:
    """A client: what it has heard, and where it goes on after its stream broke."""

    def __init__(self, watch: Watch, after: int, strategy_id: str) -> None:
        self._watch = watch
        self._strategy_id = strategy_id
        self._stream = self._open(after)
        self.after = self.covered = after
        self.heard: list[Update] = []

    def _open(self, after: int) -> AsyncGenerator[tuple[int, list[Update]]]:
        return self._watch.follow(after, asyncio.Event(), 0.0, self._strategy_id)

    async def hear(self) -> None:
        """Take what is next, or come back from where it was."""
        try:
            covered, updates = await anext(self._stream)
        except NotYetVisibleError:
            self._stream = self._open(self.covered)
            return
        assert all(self.covered < update.sequence <= covered for update in updates)
        assert covered >= self.covered
        self.covered = covered
        self.heard += updates

    async def leave(self) -> None:
        """Close the stream."""
        await self._stream.aclose()

    def expected(self, everything: Sequence[Update]) -> list[Update]:
        """What one who is there all the time would have heard as far as this one is."""
        return [
            update
            for update in everything
            if self.after < update.sequence <= self.covered and self._strategy_id in ("", update.strategy_id)
        ]


async def turns(count: int) -> None:
    """Let others work for a while."""
    for _ in range(count):
        await asyncio.sleep(0)


async def live(script: Sequence[Step]) -> None:
    """Follow the script, and agree at its end."""
    memory = MemoryService()
    watch = Watch(memory, memory)
    there, gone = [Watcher(watch, 0, "")], list[Watcher]()
    for number, (what, which) in enumerate(script):
        match what:
            case "trade":
                for each in range(which):
                    await trade(memory, f"op-{number}-{each}", STRATEGIES[each % 2])
                await turns(4 * which)
            case "join":
                there.append(Watcher(watch, memory.sequence * which // 5, ("", *STRATEGIES)[number % 3]))
            case "hear" if there:
                await there[which % len(there)].hear()
            case "leave" if there:
                gone.append(there.pop(which % len(there)))
                await gone[-1].leave()
            case "blind":
                memory.visible = memory.sequence * which // 5
            case _:
                memory.visible = None
    await agree(memory, there, gone)


async def agree(memory: MemoryService, there: Sequence[Watcher], gone: Sequence[Watcher]) -> None:
    """Let those who are there hear the rest, and compare with the plain sequence; nothing works for nobody."""
    memory.visible = None
    async with asyncio.timeout(20):
        for watcher in there:
            while watcher.covered < memory.sequence:
                await watcher.hear()
    plain = await Translator(memory).updates(memory.entries) if memory.entries else []
    for watcher in (*there, *gone):
        assert watcher.heard == watcher.expected(plain)
    for watcher in there:
        await watcher.leave()
    await turns(3)  # for what is cancelled
    assert asyncio.all_tasks() == {asyncio.current_task()}


@settings(max_examples=150, deadline=None)
@given(steps)
def test_whoever_joins_lags_falls_and_leaves_every_watcher_hears_its_changes_once_and_in_order(
    script: list[Step],
) -> None:
    with pytest.MonkeyPatch.context() as small:
        small.setattr(watch_module, "MAX_UPDATES", 4)
        small.setattr(watch_module, "ENTRIES_AT_ONCE", 2)
        small.setattr(updates_module, "MAX_CARDS", 2)
        asyncio.run(live(script))


async def test_one_sent_away_for_its_slowness_goes_on_when_the_last_of_the_others_has_left(
    memory: MemoryService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "MAX_UPDATES", 4)
    watch = Watch(memory, memory)
    async with aclosing(watch.follow(0, asyncio.Event(), BEAT_S)) as slow:
        async with aclosing(watch.follow(0, asyncio.Event(), BEAT_S)) as quick:
            await asyncio.gather(anext(slow), anext(quick))
            for number in range(4):
                await trade(memory, f"op-{number}")
            await heard(quick, 20)
        await asyncio.sleep(0)  # what followed for both of them is over
        assert await heard(slow, 20) == changes(4)
