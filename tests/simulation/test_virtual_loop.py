"""The loop that everything here depends on."""

import asyncio

import pytest

from fakes.virtual_loop import NothingWillHappenError, VirtualLoop, pause, run_virtually, virtual_now_ns

DAY_S = 86_400


def test_a_pause_takes_its_time_and_no_other() -> None:
    async def scenario() -> int:
        began_ns = virtual_now_ns()
        await pause(30 * DAY_S)
        return virtual_now_ns() - began_ns

    assert run_virtually(scenario()) == 30 * DAY_S * 1_000_000_000


def test_timers_fire_in_the_order_of_their_times() -> None:
    async def scenario() -> list[int]:
        fired: list[int] = []
        loop = asyncio.get_running_loop()
        for delay_s in (300, 1, 20_000, 40):
            loop.call_later(delay_s, fired.append, delay_s)
        await pause(DAY_S)
        return fired

    assert run_virtually(scenario()) == [1, 40, 300, 20_000]


def test_waiting_for_what_can_never_come_fails_at_once() -> None:
    async def scenario() -> None:
        await asyncio.get_running_loop().create_future()

    loop = VirtualLoop()
    with pytest.raises(NothingWillHappenError):
        loop.run_until_complete(task := loop.create_task(scenario()))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


def test_what_a_callback_raised_is_heard_when_the_loop_closes() -> None:
    async def scenario() -> None:
        asyncio.get_running_loop().call_soon(int, "no number")
        await pause(1)

    with pytest.raises(ExceptionGroup, match="nobody heard"):
        run_virtually(scenario())
