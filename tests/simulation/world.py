"""Everything outside the process: venues and their networks, a disk, clients, trouble; all from one seed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

from core.orchestrator import KEPT_IN_MEMORY
from core.reconciliation.patience import Patience
from ports.actor import Command
from ports.commands import CancelAll, SubmitOrder
from ports.errors import JournalUnavailableError, MailboxFullError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote
from ports.replies import CancelReply, Reply
from ports.requests import SendOrder
from ports.values import OperationId, OrderType, Price, Quantity

from fakes.journal import MemoryStore
from fakes.network import StormyNetwork
from fakes.spool import MemorySpool
from fakes.telemetry import Release
from fakes.venue import Answer, FakeVenue
from fakes.virtual_loop import pause, turns, virtual_now_ns
from simulation.clients import CLIENT, KEYS, Clients
from simulation.journal import Disk, MortalJournal, MortalSpool
from simulation.process import Process, Table
from simulation.snapshots import SimulatedSnapshots

PATIENCE = Patience(answer_ns=5_000_000_000, not_found_lag_ns=1_000_000_000)
QUERY_LAG_S = 0.4  # with the longest delay of a request, 0.3 s, within the patience of 1 s


class World:
    """One seed's world. `answers` keeps what clients were told, by operation id, newest last.

    `look` is asked once after the storm, when everything should be settled, and before every order is canceled.
    """

    def __init__(self, seed: int, look: "Callable[[World], list[str]]" = lambda world: []) -> None:
        self.random = Random(seed)
        self.keep = 3 if seed % 2 else KEPT_IN_MEMORY  # half of the worlds forget at once what has ended
        self._look = look
        self.store = MemoryStore()
        self.snapshots = SimulatedSnapshots(self.store, Random(seed + 4))
        self.spool = MemorySpool()
        self.disk = Disk(Random(seed + 1), failing=self.random.choice((0.0, 0.02, 0.1)))
        loss, repeat = self.random.choice((0.0, 0.03, 0.12)), self.random.choice((0.0, 0.2))
        busy_s = self.random.choice((0.05, 0.3, 4.0, 12.0))  # beyond 10 s the worker gives a call up
        self.networks = [
            StormyNetwork(Random(seed + 2 + place), longest_busy_s=busy_s, loss=loss, repeat=repeat) for place in (0, 1)
        ]
        self.venues = [
            FakeVenue([instrument(key)], self._clock(), network, self._venue_answer, QUERY_LAG_S)
            for key, network in zip(KEYS, self.networks, strict=True)
        ]
        for venue in self.venues:
            venue.keeps_order = self.random.random() < 0.5
        self.table = Table()
        self.answers: dict[OperationId, list[Reply]] = {}
        self.cancels: list[CancelReply] = []
        self.unsettled: list[str] = []  # what was not as it should be after the calm, before the end
        self.releases: list[Release] = []
        self.crashes = self.lost_commits = self.spooled = 0
        self._dead: list[Process] = []
        self._mine: set[asyncio.Task[object]] = set()  # not of the process: they outlive it
        self.process = self._new_process()

    async def run(self) -> None:
        """Live through the storm, then the calm after it; ends with no order open and a process that has stopped."""
        self._mine.add(_current())
        await self._start()
        clients = Clients(self.random, [venue.account for venue in self.venues])
        asking = [self._world_task(self._client(command, at_s)) for at_s, command in clients.commands()]
        around = [self._world_task(work) for work in (self._market(), self._quotes(), self._trouble())]
        await around[2]
        await asyncio.gather(*asking)
        around[0].cancel()
        self._calm()
        await pause(400)  # the longest pause between two looks at an order is 320 s
        self.unsettled = self._look(self)
        for _ in range(3):
            await self._ask(CancelAll(principal=CLIENT, reason="the end"))
            await pause(100)
        around[1].cancel()
        await asyncio.gather(*around, return_exceptions=True)
        await self.process.stop()
        self._bury()

    # -- the process

    def _new_process(self) -> Process:
        journal = MortalJournal(self.store, self.disk)
        spool = MortalSpool(self.spool, self.disk)
        return Process(
            journal,
            spool,
            lambda: self.store.head().seq,
            self.venues,
            self.table,
            PATIENCE,
            self.snapshots,
            self.keep,
        )

    async def _start(self) -> None:
        while True:
            try:
                await self.process.start()
                return
            except JournalUnavailableError:
                await self._sweep()
                await pause(0.5)
                self.process = self._new_process()

    async def _crash(self) -> None:
        self.crashes += 1
        self.snapshots.may_be_written()
        await self._sweep()
        await pause(self.random.choice((0.0, 0.5, 20.0)))
        self.process = self._new_process()
        await self._start()

    async def _sweep(self) -> None:
        self.process.die()
        self._dead.append(self.process)
        self._bury()
        for venue in self.venues:
            venue.sessions.clear()  # the kernel closes a dead process's sockets
        for _ in range(5):  # what is cancelled may begin something more
            for task in sorted(asyncio.all_tasks() - self._mine, key=lambda task: task.get_name()):
                task.cancel()
            await turns(3)

    def _bury(self) -> None:
        self.releases += self.process.telemetry.releases
        self.lost_commits += len(self.process.telemetry.noted("journal.unavailable"))
        self.spooled += len(self.process.telemetry.noted("spool.kept"))

    # -- trouble

    async def _trouble(self) -> None:
        for _ in range(self.random.randint(2, 8)):
            await pause(self.random.uniform(0.0, 4.0))
            match self.random.choice(("crash", "crash", "disconnect", "outage", "silence", "disk", "disk", "nothing")):
                case "crash":
                    await turns(self.random.randint(0, 6))
                    await self._crash()
                case "disconnect":
                    self.random.choice(self.venues).disconnect()
                case "outage":
                    venue = self.random.choice(self.venues)
                    venue.is_reachable = False
                    venue.disconnect("outage")
                    await pause(self.random.uniform(0.1, 8.0))
                    venue.is_reachable = True
                case "silence":  # the stream says nothing although the venue answers, until somebody notices
                    place = self.random.choice((0, 1))
                    self.networks[place].is_silent = True
                    await pause(self.random.uniform(0.1, 8.0))
                    self.networks[place].is_silent = False
                    self.venues[place].disconnect("the stream was silent")
                case "disk":
                    self.disk.is_away = True
                    await pause(self.random.uniform(0.01, 3.0))
                    self.disk.is_away = False
                case _:
                    pass

    def _calm(self) -> None:
        self.disk.failing = 0.0
        for network in self.networks:
            network.is_calm = True

    # -- venues

    def _clock(self) -> Callable[[], int]:
        """A venue's clock is not ours."""
        ahead_ns = self.random.choice((0, 0, -3_000_000_000, 3_000_000_000))
        return lambda: virtual_now_ns() + ahead_ns

    def _venue_answer(self, order: SendOrder) -> Answer:
        if order.order_type is OrderType.MARKET:
            return self.random.choice((Answer.FILL, Answer.FILL, Answer.ACKNOWLEDGE, Answer.REJECT))
        return self.random.choice((*[Answer.ACKNOWLEDGE] * 4, Answer.SILENCE, Answer.FILL, Answer.REJECT))

    async def _market(self) -> None:
        while True:
            await pause(self.random.uniform(0.05, 0.5))
            venue = self.random.choice(self.venues)
            working = [name for name, order in venue.orders.items() if order.works]
            if not working:
                continue
            name = self.random.choice(working)
            match self.random.choice(("part", "part", "whole", "cancel", "expire", "nothing", "nothing")):
                case "part":
                    venue.fill(name, min(Decimal(1), venue.orders[name].remaining))
                case "whole":
                    venue.fill(name)
                case "cancel":
                    venue.cancel(name, "the venue's own reasons")
                case "expire":
                    venue.expire(name)
                case _:
                    pass

    async def _quotes(self) -> None:
        while True:
            for key in KEYS:
                bid = Price(Decimal(self.random.randint(90, 110)))
                self.process.quotes.put_quote(key, lambda key=key, bid=bid: _quote(key, bid))  # type: ignore[misc]  # bound now
            await pause(self.random.uniform(0.5, 2.0) if self.random.random() < 0.9 else 30.0)

    # -- clients

    async def _client(self, command: Command, at_s: float) -> None:
        await pause(at_s)
        if isinstance(command, SubmitOrder):
            command = replace(command, received_ns=virtual_now_ns())
        reply = await self._ask(command)
        if isinstance(reply, CancelReply):
            self.cancels.append(reply)
        if isinstance(command, SubmitOrder):
            self.answers.setdefault(command.terms.operation_id, []).append(reply)

    async def _ask(self, command: Command) -> Reply:
        """Ask until there is an answer, as a client library does: nobody knows is no answer."""
        while True:
            try:
                async with asyncio.timeout(5):
                    return await self.process.ask(command)
            except (ConnectionError, JournalUnavailableError, MailboxFullError, TimeoutError):
                await pause(self.random.uniform(0.05, 1.0))

    def _world_task(self, work: object) -> "asyncio.Task[object]":
        task: asyncio.Task[object] = asyncio.ensure_future(work)  # type: ignore[call-overload]  # any coroutine
        self._mine.add(task)
        return task


def _current() -> "asyncio.Task[object]":
    task = asyncio.current_task()
    assert task is not None
    return task


def instrument(key: InstrumentKey) -> Instrument:
    """Return what a simulated venue lists."""
    return Instrument(
        key=key, tick_size=Price(Decimal(1)), lot_size=Quantity(Decimal(1)), min_quantity=Quantity(Decimal(1))
    )


def _quote(key: InstrumentKey, bid: Price) -> Quote:
    return Quote(
        instrument=key,
        bid=bid,
        ask=Price(bid + 1),
        bid_size=Decimal(5),
        ask_size=Decimal(5),
        event_time_ns=0,
        received_ns=0,
    )
