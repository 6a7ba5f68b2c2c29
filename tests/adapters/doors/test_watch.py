"""Watchers of one door: each hears its own changes once, whether it is quick, slow or late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest

from adapters.doors import watch as watch_module
from adapters.doors.updates import Update
from adapters.doors.watch import Watch
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
