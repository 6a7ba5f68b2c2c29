"""Waiting for the tables to reach a sequence."""

import asyncio

import pytest

from adapters.sql.progress import Progress
from ports.errors import NotYetVisibleError

FOR_EVER_S = 3_600.0


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_was_reached_already_is_not_waited_for() -> None:
    progress = Progress()
    progress.moved_to(5)
    await progress.reach(0, 0)
    await progress.reach(5, 0)
    assert progress.seq == 5


async def test_each_waits_for_its_own_sequence_and_no_longer() -> None:
    progress = Progress()
    waits = {seq: asyncio.create_task(progress.reach(seq, FOR_EVER_S)) for seq in (7, 3, 5, 4)}
    await settle()
    assert [seq for seq, wait in waits.items() if wait.done()] == []
    progress.moved_to(4)
    await settle()
    assert sorted(seq for seq, wait in waits.items() if wait.done()) == [3, 4]
    progress.moved_to(100)
    await asyncio.gather(*waits.values())


async def test_a_wait_in_vain_ends_and_says_how_far_the_tables_are() -> None:
    progress = Progress()
    progress.moved_to(4)
    with pytest.raises(NotYetVisibleError, match="at 4, not yet at 9"):
        await progress.reach(9, 0)


async def test_whoever_leaves_is_forgotten_and_holds_nobody_up() -> None:
    progress = Progress()
    stays = asyncio.create_task(progress.reach(2, FOR_EVER_S))
    leaves = asyncio.create_task(progress.reach(1, FOR_EVER_S))
    await settle()
    leaves.cancel()
    await settle()
    assert len(progress._waiting) == 1
    progress.moved_to(2)
    await stays
    assert not progress._waiting


async def test_emptied_tables_have_to_be_waited_for_again() -> None:
    progress = Progress()
    progress.moved_to(9)
    progress.moved_to(0)
    with pytest.raises(NotYetVisibleError):
        await progress.reach(1, 0)
