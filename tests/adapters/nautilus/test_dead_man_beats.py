"""How often the dead man is told that we live, and what is said of it meanwhile."""

import asyncio

from adapters.nautilus.dead_man import DeadMan

from fakes.virtual_loop import VirtualLoop, pause


class Venue:
    """Hears how long it is to wait."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.is_silent = False

    async def arm(self, within_s: int) -> None:
        if self.is_silent:
            raise TimeoutError("no answer")
        self.told.append(within_s)


def test_it_is_told_three_times_while_it_waits_and_protects_as_long_as_it_was_told() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_three_beats())


async def _three_beats() -> None:
    venue = Venue()
    man = DeadMan(30, venue.arm, (TimeoutError,), str)
    assert man.waits_s == 0
    beating = asyncio.ensure_future(man.run())
    await pause(29)
    assert (venue.told, man.waits_s) == ([30, 30, 30], 30)
    venue.is_silent = True
    await pause(15)
    assert man.waits_s == 30  # the last word was 24 s ago
    await pause(10)
    assert man.waits_s == 0
    venue.is_silent = False
    await pause(10)
    assert man.waits_s == 30
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    await man.disarm()
    assert (venue.told[-1], man.waits_s) == (0, 0)


def test_a_venue_that_was_never_told_is_not_told_to_forget_it() -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(_never_told())


async def _never_told() -> None:
    venue = Venue()
    await DeadMan(30, venue.arm, (TimeoutError,), str).disarm()
    assert venue.told == []
