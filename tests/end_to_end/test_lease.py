"""A leader that trades live is stopped under load: another one leads, and nothing of the old one ever arrives."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest_asyncio

from chaos_standby.scene import CALLERS, GROUND, Scene

from fakes.postgres import PostgresServer, behind
from simulators.process import SimulatedVenue

LEASE_MS = 3_000
WRITES = (GROUND.site.place, GROUND.site.cancel)
REPORTS = "SELECT count(*) AS facts, max(epoch) AS epoch FROM journal"


@pytest_asyncio.fixture
async def scene(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[Scene]:
    venue = await SimulatedVenue.start(GROUND.site.name)
    try:
        async with Scene(tmp_path, postgres, venue, LEASE_MS) as begun:
            yield begun
    finally:
        await venue.stop()


async def test_a_leader_that_was_stopped_sends_nothing_and_commits_nothing_when_it_goes_on(scene: Scene) -> None:
    trading = [asyncio.create_task(scene.callers.trade(number)) for number in range(CALLERS)]
    try:
        leader, standby = scene.leader, scene.standby
        await standby.said(r"^standby: .*waiting for its end$")
        for _ in range(20):
            await scene.callers.next_accepted(60)
        leader.signal(signal.SIGSTOP)
        await standby.said(r"^waiting \d+\.\d s: until then the leader before may still reach a venue$")
    finally:
        scene.callers.end()
    before = await scene.written(WRITES), behind(scene.address, REPORTS)
    with suppress(ProcessLookupError):  # its own kernel may have ended it while it was stopped
        leader.signal(signal.SIGCONT)
    ended = await leader.ended()
    assert ended.code in {-signal.SIGKILL, 1}, ended.stderr
    assert (await scene.written(WRITES), behind(scene.address, REPORTS)) == before
    assert before[0] > 20
    await asyncio.gather(*trading)
