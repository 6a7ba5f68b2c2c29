"""A leader and a standby that trade live at a simulated venue, on one PostgreSQL; and the ways a lead is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Self

import httpx

from adapters.sql import PostgresAddress, database_at
from app.session_results import read_entries
from chaos.grounds import GROUNDS
from chaos.verdict import Verdict, judge
from chaos_standby.callers import Callers
from end_to_end.process import Service
from livexec.client import ExecutionClient
from ports.facts import Fact, OrderRefused, OrderRejected, OrderReleased
from ports.values import OperationId

from fakes.postgres import PostgresServer
from fakes.silent_wire import SilentWire
from simulators.process import SimulatedVenue

GROUND = GROUNDS["binance_futures"]
CALLERS = 4
WITHIN_S = 300.0
WAYS = ("kill", "pause", "server", "cut")
KILLED = -signal.SIGKILL
LOST = 1  # exit code of one that finds another leading


class Scene:
    """Processes of ours on one journal, each over a wire of its own, and one venue that outlives them all."""

    def __init__(self, folder: Path, server: PostgresServer, venue: SimulatedVenue, lease_ms: int | None) -> None:
        self.callers = Callers(GROUND)
        self.took_s: defaultdict[str, list[float]] = defaultdict(list)
        self.ended: defaultdict[str, list[int]] = defaultdict(list)  # exit codes of leaders that were, by way
        self.facts = 0
        self.never_sent: Counter[str] = Counter()  # of orders that were taken: the reason why none reached the venue
        self._folder = folder
        self._server = server
        self._venue = venue
        self._lease_ms = lease_ms
        self.address: PostgresAddress = server.empty()
        self._stack = AsyncExitStack()
        self._wires: dict[Service, SilentWire] = {}
        self._begun: list[Service] = []
        self._was: list[tuple[str, Service]] = []  # that have to end by themselves
        self.leader: Service
        self.standby: Service

    async def __aenter__(self) -> Self:
        database: dict[str, Any] = {"standby": True}
        if self._lease_ms is not None:
            database["lease_ms"] = self._lease_ms
        config = {**GROUND.config(self._venue), "database": database}
        config["logging"] = {"level": "warning", "log_orders": False, "log_fills": False}
        (self._folder / "config.json").write_text(json.dumps(config))
        await self._venue.command("limits", weight_1m=10_000_000, **GROUND.site.time_limits)
        self.leader = await (await self._begin()).up(WITHIN_S)
        self.callers.targets = [self.leader.target]
        self.standby = await self._begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.callers.end()
        for one in self._begun:
            one.kill()
            await one.ended()
        await self._stack.aclose()

    async def _begin(self) -> Service:
        wire = await self._stack.enter_async_context(SilentWire(self._server.socket, self.address))
        state, config = self._folder / f"state-{len(self._begun)}", str(self._folder / "config.json")
        service = await Service.begin(state, "--config", config, env={"DATABASE_URL": wire.address.dsn})
        self._begun.append(service)
        self._wires[service] = wire
        return service

    async def take_over(self, how: str) -> None:
        """Take the lead away while orders are sent, and wait for the first that is accepted after that."""
        await self.standby.said(r"^standby: .*waiting for its end$", WITHIN_S)
        await self.callers.next_accepted(WITHIN_S)
        began = time.monotonic()
        if how == "server":
            await self._server_falls()
        else:
            await self._leader_falls(how)
        self.took_s[how].append(time.monotonic() - began)

    async def _leader_falls(self, how: str) -> None:
        was = self.leader
        if how == "cut":
            self._wires[was].cut()
        else:
            was.signal(signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        await self._standby_leads()
        await self.callers.next_accepted(WITHIN_S)
        if how == "pause":
            with suppress(ProcessLookupError):  # its own kernel may have ended it while it was stopped
                was.signal(signal.SIGCONT)
        if how == "cut":
            await self._wires[was].mend()
        self._was.append((how, was))
        self.standby = await self._begin()

    async def _standby_leads(self) -> None:
        self.leader = await self.standby.up(WITHIN_S)
        self.callers.targets = [self.leader.target]

    async def _server_falls(self) -> None:
        """The journal's server is killed and started again; whichever of the two is quicker leads."""
        self._server.kill()
        _started(self._server)
        up = asyncio.create_task(self.standby.up(WITHIN_S))
        accepted = asyncio.create_task(self.callers.next_accepted(WITHIN_S))
        await asyncio.wait([up, accepted], return_when=asyncio.FIRST_COMPLETED)
        if accepted.done():
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            return
        self._was.append(("server", self.leader))
        await self._standby_leads()
        await accepted
        self.standby = await self._begin()

    async def written(self, where: Sequence[str]) -> int:
        """Return how many requests of these kinds have reached the venue."""
        return sum(f"{one['method']} {one['path']}" in where for one in await self._venue.look("requests"))

    async def leaders_ended(self) -> None:
        """Wait until every leader that was has ended by itself."""
        while self._was:
            how, one = self._was.pop()
            self.ended[how].append((await one.ended(WITHIN_S)).code)

    async def judged(self) -> Verdict:
        """Settle every order, stop in good order, and compare with the venue's own count."""
        self.callers.end()
        await self.leaders_ended()
        positions = await self._settled()
        self.standby.kill()
        await self.standby.ended()
        await self.leader.stop()
        reader = database_at(self.address.dsn).reader()
        await reader.open()
        try:
            entries = await read_entries(reader, 0)
        finally:
            await reader.close()
        self.facts = len(entries)
        orders = await self._venue.look("orders")
        self.never_sent = never_sent(self.callers.taken, [entry.fact for entry in entries], orders["asked"])
        return judge(GROUND.site.account, self.callers.tally, entries, orders, positions, GROUND.keys)

    async def _settled(self) -> list[dict[str, Any]]:
        """Wait until no order is open and the read tables hold everything; return the positions that they tell."""
        async with (
            ExecutionClient(self.leader.target) as client,
            self.leader.rest() as web,
            asyncio.timeout(WITHIN_S),
        ):
            while True:
                sequence = await _sequence(web)
                told = await web.get("/api/positions", params={"min_sequence": sequence})
                works = [one async for one in client.orders(open_only=True) if not one.is_terminal]
                if told.status_code == httpx.codes.OK and not works and await _sequence(web) == sequence:
                    return list(told.json()["positions"])


def never_sent(taken: Iterable[str], facts: Sequence[Fact], asked: Mapping[str, int]) -> Counter[str]:
    """Return why orders that their callers were told are taken never reached the venue, by reason code."""
    names = {fact.operation_id: fact.client_order_id for fact in facts if isinstance(fact, OrderReleased)}
    why = {fact.operation_id: fact.code for fact in facts if isinstance(fact, OrderRefused | OrderRejected)}
    missing = [OperationId(name) for name in taken if names.get(OperationId(name)) not in asked]
    return Counter(str(why.get(name, "NOBODY_SAYS")) for name in missing)


async def _sequence(web: httpx.AsyncClient) -> str:
    """Return where the journal is."""
    parts = (await web.get("/api/health")).json()["parts"]
    (detail,) = [part["detail"] for part in parts if part["name"] == "journal"]
    return str(detail.split()[-1])


def _started(server: PostgresServer) -> None:
    """Start the server again; on a machine that others use, its recovery may take longer than one try waits."""
    for _ in range(10):
        with suppress(RuntimeError):
            server.start()
            return
    server.start()
