"""Kill the real process under load, again and again, while it trades through a real adapter at a simulator."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from adapters.sql import database_at
from app.session_results import read_entries
from chaos.grounds import Ground, PluginGround
from chaos.strategy import Strategy
from chaos.verdict import Verdict, judge
from chaos.weather import storm
from end_to_end.process import Service
from end_to_end.traders import PATIENCE, Tally, watch
from livexec.client import ExecutionClient

from simulators.process import SimulatedVenue

STRATEGIES = 4
STEPS = (60, 120)  # of all strategies together, in one life
MORE_STEPS = 20
LEAST_UNANSWERED = 20
MOST_TURNS = 300  # of the loop, so that the instant falls anywhere within a call
AT_START = ("book open at", "connecting venues", "connected")
_UNANSWERED_S = 180.0  # bounds for a machine that others use: what is judged is what was asked and answered
_START_S = 300.0
_SETTLED_S = 300.0


@dataclass(slots=True)
class Chaos:
    """What a run came to."""

    verdict: Verdict
    tally: Tally
    facts: int
    at_start: int = 0  # killed again before it was up
    unanswered: list[int] = field(default_factory=list)  # requests, at each kill
    starts_s: list[float] = field(default_factory=list)  # until orders were taken
    breaks: list[str] = field(default_factory=list)  # open in the end, by kind


class Run:
    """One service after another on the same journal, and one venue that outlives them all."""

    def __init__(
        self,
        ground: Ground | PluginGround,
        folder: Path,
        venue: SimulatedVenue,
        seed: int,
        database_url: str,
        say: Callable[[str], None],
    ) -> None:
        self._ground = ground
        self._folder = folder
        self._venue = venue
        self._chance = Random(seed)
        self._url = database_url or f"sqlite+aiosqlite:///{folder / 'state' / 'livexec.db'}"
        self._environment = {"DATABASE_URL": database_url} if database_url else {}
        self._say = say
        self._options: tuple[str, ...] = ()
        self._asked_before = 0  # requests of earlier lives
        self._begun: list[Service] = []
        self.tally = Tally()
        self.unanswered: list[int] = []
        self.starts_s: list[float] = []
        self.at_start = 0

    async def live_through(self, kills: int) -> Chaos:
        """Trade and be killed, end with every order settled, stop in good order, and count."""
        config = self._folder / "config.json"
        config.write_text(json.dumps(self._ground.config(self._venue)))
        await self._venue.command("limits", **{"weight_1m": 10_000_000, **self._ground.site.time_limits})
        self._options = ("--config", str(config))
        try:
            service = await self._ready()
            self._options += ("--http-port", str(service.http_port), "--grpc-port", str(service.grpc_port))
            return await self._trade(service, kills)
        finally:
            for one in self._begun:
                one.kill()
                await one.ended()

    async def _begin(self) -> Service:
        self._begun.append(await Service.begin(self._folder / "state", *self._options, env=self._environment))
        return self._begun[-1]

    async def _ready(self) -> Service:
        """Start the service, and wait until orders may go to the venue."""
        began = time.monotonic()
        service = await (await self._begin()).up(_START_S)
        up_s = time.monotonic() - began
        await service.said(r"AccountReady\(", _START_S)
        self.starts_s.append(time.monotonic() - began)
        self._say(f"up after {up_s:.1f} s, takes orders after {self.starts_s[-1]:.1f} s")
        return service

    async def _trade(self, service: Service, kills: int) -> Chaos:
        tally, pace = self.tally, asyncio.Semaphore(0)
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(ExecutionClient(service.target, patience=PATIENCE))
                for _ in range(STRATEGIES + 1)
            ]
            watching = asyncio.create_task(watch(clients[-1], tally))
            stack.callback(watching.cancel)
            async with asyncio.TaskGroup() as group:
                for number, client in enumerate(clients[:-1]):
                    group.create_task(Strategy(client, f"chaos-{number}", tally, pace, self._ground).trade())
                for number in range(kills):
                    service = await self._life(service, pace)
                    self._say(f"kill {number + 1} of {kills}: {self.unanswered[-1]} requests were unanswered")
                await self._venue.command("calm")
                tally.over = True
                _give(pace, STRATEGIES + MORE_STEPS)
            await clients[0].cancel_all(reason="it is over")
            await self._settled(clients[0])
        async with service.rest() as web:
            positions = (await web.get("/api/positions")).json()["positions"]
            breaks = (await web.get("/api/breaks")).json()["breaks"]
        await service.stop()
        return await self._judged(positions, [one["kind"] for one in breaks])

    async def _life(self, service: Service, pace: asyncio.Semaphore) -> Service:
        """Lay out faults, let trade, kill at an instant drawn by lot, and start again."""
        await storm(self._venue, self._ground.site, self._chance)
        _give(pace, self._chance.randint(*STEPS))
        async with asyncio.timeout(_UNANSWERED_S):
            self.unanswered.append(await self._stop_in_flight(service, pace))
        service.kill()  # nothing of it has run since it was stopped
        await service.ended()
        while not pace.locked():  # nothing new until the venue takes orders again
            await pace.acquire()
        self._asked_before += len(await self._venue.look(f"requests?after={self._asked_before}"))
        while self._chance.random() < 0.2:
            begun = await self._begin()
            await begun.said(self._chance.choice(AT_START), _START_S)
            begun.kill()
            await begun.ended()
            self.at_start += 1
        return await self._ready()

    async def _stop_in_flight(self, service: Service, pace: asyncio.Semaphore) -> int:
        """Stop the process at an instant when enough is unanswered, and return how much is: it goes on where too
        much was answered meanwhile, however slow this machine is."""
        while True:
            while await self._unanswered() < LEAST_UNANSWERED + self._chance.randint(2, 25):
                if pace.locked():
                    _give(pace, MORE_STEPS)
            for _ in range(self._chance.randint(0, MOST_TURNS)):
                await asyncio.sleep(0)
            service.signal(signal.SIGSTOP)
            if (unanswered := await self._unanswered()) >= LEAST_UNANSWERED:
                return unanswered
            service.signal(signal.SIGCONT)

    async def _unanswered(self) -> int:
        """Return how many orders and cancels of this life the venue has and never answered."""
        asked = await self._venue.look(f"requests?after={self._asked_before}")
        counted = (self._ground.site.place, self._ground.site.cancel)
        return sum(one["status"] is None and _called(one) in counted for one in asked)

    async def _settled(self, client: ExecutionClient) -> None:
        """Wait until every acknowledged order has ended, by the updates and at the doors."""
        async with asyncio.timeout(_SETTLED_S):
            await self.tally.settled()
            while any([not result.is_terminal async for result in client.orders(open_only=True)]):
                continue

    async def _judged(self, positions: list[dict[str, Any]], breaks: list[str]) -> Chaos:
        reader = database_at(self._url).reader()
        await reader.open()
        try:
            entries = await read_entries(reader, 0)
        finally:
            await reader.close()
        ground = self._ground
        verdict = judge(
            ground.site.account, self.tally, entries, await self._venue.look("orders"), positions, self._ground.keys
        )
        return Chaos(verdict, self.tally, len(entries), self.at_start, self.unanswered, self.starts_s, sorted(breaks))


def _called(request: Mapping[str, Any]) -> str:
    """Return what a request is called: some venues have no method beside its name."""
    method, path = request["method"], request["path"]
    return path if method == path else f"{method} {path}"


def _give(pace: asyncio.Semaphore, steps: int) -> None:
    for _ in range(steps):
        pace.release()


async def chaos(
    ground: Ground | PluginGround,
    folder: Path,
    *,
    kills: int,
    seed: int = 0,
    database_url: str = "",
    say: Callable[[str], None] = lambda line: None,
) -> Chaos:
    """Kill the service that often; its state is kept in `folder`, or in an empty PostgreSQL database."""
    venue = await SimulatedVenue.start(ground.site.name, "--walk-ms", "200")
    try:
        return await Run(ground, folder, venue, seed, database_url, say).live_through(kills)
    finally:
        await venue.stop()
