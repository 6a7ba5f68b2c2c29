"""The collector that works in small steps of its own choosing."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from app.interpreter import QuietCollector

from fakes.virtual_loop import pause, run_virtually


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _own_collector() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_young_rings_are_freed_and_survivors_are_set_aside_for_ever() -> None:
    async def live() -> tuple[bool, int, int]:
        sequence = iter(range(10_000))
        collecting = asyncio.create_task(QuietCollector(lambda: next(sequence)).run())
        await asyncio.sleep(0)
        before = gc.get_freeze_count()
        ring = weakref.ref(Ring())
        kept = [Ring() for _ in range(2_000)]
        await pause(1)
        after = gc.get_freeze_count()
        collecting.cancel()
        return ring() is None, after - before, len(kept)

    freed, set_aside, kept = run_virtually(live())
    assert freed
    assert set_aside >= kept


def test_a_ring_that_was_set_aside_is_freed_in_a_quiet_moment() -> None:
    async def live() -> tuple[bool, bool]:
        news = 0

        def sequence() -> int:
            return news

        collecting = asyncio.create_task(QuietCollector(sequence).run())
        await asyncio.sleep(0)
        held = [Ring() for _ in range(2_000)]
        ring = weakref.ref(held[0])
        news = 1
        await pause(1)  # set aside with the others
        held.clear()
        await pause(1)
        stays = ring() is not None
        await pause(1_000)  # nothing happens for a long while
        collecting.cancel()
        return stays, ring() is None

    assert run_virtually(live()) == (True, True)


def test_no_collection_looks_at_more_than_a_few_thousand_objects_however_busy_the_loop_is() -> None:
    async def live() -> tuple[list[int], int]:
        collecting = asyncio.create_task(QuietCollector(lambda: 0).run())
        await asyncio.sleep(0)
        looked_at: list[int] = []

        def note(phase: str, info: dict[str, int]) -> None:
            if phase == "start":
                looked_at.append(gc.get_count()[0])
                assert info["generation"] == 0

        gc.callbacks.append(note)
        kept: list[list[None]] = [[] for _ in range(20_000)]  # and nobody gets a turn meanwhile
        gc.callbacks.remove(note)
        collecting.cancel()
        return looked_at, len(kept)

    looked_at, kept = run_virtually(live())
    assert len(looked_at) >= kept // 4_000
    assert max(looked_at) <= 4_000


def test_the_interpreters_own_collector_is_as_it_was_afterwards() -> None:
    before = gc.get_threshold()

    async def live() -> tuple[int, int, int]:
        collecting = asyncio.create_task(QuietCollector(lambda: 0).run())
        await pause(0.1)
        meanwhile = gc.get_threshold()
        collecting.cancel()
        await asyncio.wait([collecting])
        return meanwhile

    assert run_virtually(live()) != before
    assert (gc.isenabled(), gc.get_threshold()) == (True, before)
