"""The venue's own limits are never met: orders wait, cancels have a share that no order takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from livexec_deribit.credits import Credits, ThrottledError

from fakes.virtual_loop import VirtualLoop
from simulators.deribit.security import Limits

type Clock = Callable[[], float]


def in_virtual_time[Result](work: Callable[[Clock], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine function of the loop's clock to its end."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work(loop.time))
    finally:
        loop.close()


METHODS = [
    "private/buy",
    "private/cancel_by_label",
    "private/edit_by_label",
    "private/get_positions",
    "public/subscribe",
]


@pytest.mark.parametrize("method", [*METHODS, "public/get_instruments"])
def test_a_venue_that_counts_for_itself_never_says_too_many(method: str) -> None:
    async def storm(clock: Clock) -> int:
        credit, theirs = Credits(clock), Limits()
        for _ in range(300):
            await credit.take(method, 60)
            theirs.take(method, int(clock() * 1000) + 1)
        return 300

    assert in_virtual_time(storm) == 300


def test_cancels_find_room_at_once_when_orders_have_used_theirs_up() -> None:
    async def storm(clock: Clock) -> tuple[int, float]:
        credit, sent = Credits(clock), 0
        try:
            while True:
                await credit.take("private/buy", 0.01)
                sent += 1
        except ThrottledError:
            before = clock()
            for _ in range(4):
                await credit.take("private/cancel_by_label", 0.01)
            return sent, clock() - before

    sent, waited_s = in_virtual_time(storm)
    assert sent > 0
    assert waited_s == 0


def test_an_order_that_finds_no_room_in_time_is_given_up_and_those_behind_it_keep_their_turn() -> None:
    async def storm(clock: Clock) -> list[str]:
        credit, went = Credits(clock), []

        async def order(name: str, within_s: float) -> None:
            try:
                await credit.take("private/buy", within_s)
                went.append(name)
            except ThrottledError:
                went.append(f"{name} given up")

        for _ in range(4):
            await order("first", 1)
        await asyncio.gather(order("a", 0.1), order("b", 10), order("c", 10))
        return went

    assert in_virtual_time(storm) == [*["first"] * 4, "a given up", "b", "c"]


def test_limits_that_the_venue_states_hold_from_then_on() -> None:
    async def storm(clock: Clock) -> float:
        credit = Credits(clock)
        credit.matching.resize(250, 200)
        for _ in range(400):
            await credit.take("private/buy", 60)
        return clock()

    assert in_virtual_time(storm) == pytest.approx((400 - 8 + 50) / 160, abs=0.1)
