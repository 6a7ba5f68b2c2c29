"""Turns within a venue's limits, lane by lane, on a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.nautilus.bybit_wire import note_what_is_left
from adapters.nautilus.pace import Count, NoTurnError, Pace


class HandClock(asyncio.SelectorEventLoop):
    """A loop whose time jumps to whatever is due next, and never waits."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]  # asyncio's own, and old
            self._now = max(self._now, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


async def passed(seconds: float) -> None:
    """Return when so much has passed on the loop's clock."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over


def run[T](work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    loop = HandClock()
    try:
        return loop.run_until_complete(work())
    finally:
        loop.close()


@given(some.integers(1, 5), some.lists(some.sampled_from("ab"), max_size=30))
def test_no_lane_has_more_turns_in_a_span_than_allowed(most: int, wishes: list[str]) -> None:
    async def work() -> list[tuple[str, float]]:
        pace, turns = Pace(most, 2.0), []

        async def one(lane: str) -> None:
            await pace.turn(lane)
            turns.append((lane, asyncio.get_running_loop().time()))

        await asyncio.gather(*(one(lane) for lane in wishes))
        return turns

    turns = run(work)
    assert len(turns) == len(wishes)
    for lane in "ab":
        times = sorted(at for of, at in turns if of == lane)
        assert all(later - earlier >= 2.0 for earlier, later in zip(times, times[most:], strict=False))


def test_one_lane_never_waits_for_another_and_a_rest_holds_all() -> None:
    async def work() -> tuple[float, float]:
        pace, loop = Pace(1, 2.0), asyncio.get_running_loop()
        await pace.turn("orders")
        await pace.turn("cancels")
        before = loop.time()
        pace.rest(5.0)
        await pace.turn("others")
        return before, loop.time()

    assert run(work) == (0.0, 5.0)


def test_whoever_gives_up_has_used_no_turn() -> None:
    async def work() -> float:
        pace, loop = Pace(1, 2.0), asyncio.get_running_loop()
        await pace.turn()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await pace.turn()
        await pace.turn()
        return loop.time()

    assert run(work) == 2.0


def test_a_turn_that_would_come_too_late_is_refused_at_once_and_uses_nothing() -> None:
    async def work() -> tuple[float, float]:
        pace, loop = Pace(1, 1.0, "orders"), asyncio.get_running_loop()
        await pace.turn(within_s=0.5)
        with pytest.raises(NoTurnError, match="orders"):
            await pace.turn(within_s=0.5)
        pace.rest(5.0)
        with pytest.raises(NoTurnError):
            await pace.turn(within_s=4.0)
        refused = loop.time()
        await pace.turn(within_s=6.0)
        return refused, loop.time()

    assert run(work) == (0.0, 5.0)


def test_what_is_left_is_that_of_the_fullest_lane_and_nothing_in_a_rest() -> None:
    async def work() -> list[int]:
        pace, left = Pace(3, 2.0), []
        left.append(pace.left())
        for lane in ("btc", "btc", "eth"):
            await pace.turn(lane)
        left.append(pace.left())
        pace.rest(5.0)
        left.append(pace.left())
        await pace.turn("eth")  # when the rest is over
        left.append(pace.left())
        return left

    assert run(work) == [3, 1, 0, 2]


def test_turns_come_in_the_order_of_the_wishes_and_the_last_ones_are_refused_at_once() -> None:
    async def work() -> tuple[list[int], list[float]]:
        pace, loop = Pace(1, 1.0, "orders"), asyncio.get_running_loop()
        went: list[int] = []
        refused_at: list[float] = []

        async def one(number: int) -> None:
            try:
                await pace.turn(within_s=4.0)
            except NoTurnError:
                refused_at.append(loop.time())
            else:
                went.append(number)

        await asyncio.gather(*(one(number) for number in range(8)))
        return went, refused_at

    assert run(work) == ([0, 1, 2, 3, 4], [0.0, 0.0, 0.0])


@given(some.lists(some.tuples(some.integers(1, 4), some.booleans()), max_size=20), some.integers(1, 3))
def test_who_gives_up_while_it_waits_never_lets_too_many_go(wishes: list[tuple[int, bool]], most: int) -> None:
    async def work() -> list[float]:
        pace, went, loop = Pace(most, 2.0), list[float](), asyncio.get_running_loop()

        async def one(patience: int, gives_up: bool) -> None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience if gives_up else None):
                    await pace.turn()
                    went.append(loop.time())

        await asyncio.gather(*(one(*wish) for wish in wishes))
        return went

    times = sorted(run(work))
    assert len(times) >= sum(not gives_up for _, gives_up in wishes)
    assert all(later - earlier >= 2.0 for earlier, later in zip(times, times[most:], strict=False))


def test_what_a_venue_counts_is_shown_until_its_span_is_over() -> None:
    async def told() -> None:
        weight = Count(2_400, 60.0, "weight")
        assert (weight.budget().name, weight.budget().left, weight.budget().most) == ("weight in 60 s", 2_400, 2_400)
        weight.said(400)
        assert weight.budget().left == 2_000
        weight.said(2_500)
        assert weight.budget().left == 0
        await passed(60)
        assert weight.budget().left == 2_400

    run(told)


def test_what_others_used_up_by_the_venues_word_is_shown_as_used_and_keeps_nobody_waiting() -> None:
    async def told() -> None:
        pace = Pace(10, 1.0, "orders")
        assert pace.took_turn()
        pace.told(3)
        assert (pace.budget().left, pace.left()) == (3, 9)
        pace.told(50)  # before it had counted ours
        assert pace.budget().left == 9
        pace.told(0)
        assert pace.took_turn()
        await passed(1)
        assert pace.budget().left == 10
        note_what_is_left(pace, {"X-Bapi-Limit-Status": "4"})  # Bybit's spelling
        assert pace.budget().left == 4
        note_what_is_left(pace, {"X-Bapi-Limit-Status": "many"})
        note_what_is_left(pace, {})
        assert pace.budget().left == 4

    run(told)
