"""Everything outside the process: venues and their networks, a disk, clients, trouble; all from one seed."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

from core.reconciliation.patience import Patience
from ports.actor import Command
from ports.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    HaltMode,
    HaltScope,
    LiftHalt,
    Limits,
    OrderTerms,
    RaiseHalt,
    SetLimits,
    SubmitOrder,
)
from ports.errors import JournalUnavailableError, MailboxFullError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote
from ports.replies import CancelReply, Reply
from ports.requests import SendOrder
from ports.values import AmendId, OperationId, OrderType, Price, Principal, Quantity, Side, StrategyId, TimeInForce

from fakes.journal import MemoryStore
from fakes.network import StormyNetwork
from fakes.telemetry import Release
from fakes.venue import Answer, FakeVenue
from fakes.virtual_loop import pause, turns, virtual_now_ns
from simulation.journal import Disk, MortalJournal
from simulation.process import Process, Table

KEYS = (InstrumentKey("SIMA:PERPETUAL:BTC-USDT@LIN"), InstrumentKey("SIMB:SPOT_PAIR:BTC-USDT"))
STRATEGIES = (StrategyId("alpha"), StrategyId("beta"))
CLIENT = Principal("client")
PATIENCE = Patience(answer_ns=5_000_000_000, not_found_lag_ns=1_000_000_000)
QUERY_LAG_S = 0.4  # with the longest delay of a request, 0.3 s, within the patience of 1 s
OPERATIONS = 40
LIMITS = Limits(
    max_position_per_instrument={"*": Decimal(60)},
    max_order_quantity={"*": Decimal(9)},
    max_orders_per_second=20,
    usd_per={"USDT": Decimal(1)},
)


class World:
    """One seed's world. `answers` keeps what clients were told, by operation id, newest last.

    `look` is asked once after the storm, when everything should be settled, and before every order is canceled.
    """

    def __init__(self, seed: int, look: "Callable[[World], list[str]]" = lambda world: []) -> None:
        self.random = Random(seed)
        self._look = look
        self.store = MemoryStore()
        self.disk = Disk(Random(seed + 1), failing=self.random.choice((0.0, 0.02, 0.1)))
        loss, repeat = self.random.choice((0.0, 0.03, 0.12)), self.random.choice((0.0, 0.2))
        busy_s = self.random.choice((0.05, 0.3, 4.0, 12.0))  # beyond 10 s the worker gives a call up
        self.networks = [
            StormyNetwork(Random(seed + 2 + place), longest_busy_s=busy_s, loss=loss, repeat=repeat) for place in (0, 1)
        ]
        self.venues = [
            FakeVenue([instrument(key)], virtual_now_ns, network, self._venue_answer, QUERY_LAG_S)
            for key, network in zip(KEYS, self.networks, strict=True)
        ]
        for venue in self.venues:
            venue.keeps_order = self.random.random() < 0.5
        self.table = Table()
        self.answers: dict[OperationId, list[Reply]] = {}
        self.cancels: list[CancelReply] = []
        self.unsettled: list[str] = []  # what was not as it should be after the calm, before the end
        self.releases: list[Release] = []
        self.crashes = self.lost_commits = 0
        self._dead: list[Process] = []
        self._mine: set[asyncio.Task[object]] = set()  # not of the process: they outlive it
        self.process = self._new_process()

    async def run(self) -> None:
        """Live through the storm, then the calm after it; ends with no order open and a process that has stopped."""
        self._mine.add(_current())
        await self._start()
        clients = [self._world_task(self._client(command, at_s)) for at_s, command in self._commands()]
        around = [self._world_task(work) for work in (self._market(), self._quotes(), self._trouble())]
        await around[2]
        await asyncio.gather(*clients)
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
        return Process(journal, lambda: self.store.head().seq, self.venues, self.table, PATIENCE)

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

    # -- trouble

    async def _trouble(self) -> None:
        for _ in range(self.random.randint(2, 8)):
            await pause(self.random.uniform(0.0, 4.0))
            match self.random.choice(("crash", "crash", "disconnect", "outage", "disk", "disk", "nothing")):
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

    def _commands(self) -> Iterator[tuple[float, Command]]:
        yield 0.0, SetLimits(limits=LIMITS, principal=CLIENT, reason="")
        at_s = 4.0  # when most venues are connected
        for number in range(OPERATIONS):
            at_s += self.random.choice((0.0, 0.0, 0.05, 0.3, 1.0, 3.0))
            submit = self._depending(self._submit(OperationId(f"op-{number}")), number)
            yield at_s, submit
            if self.random.random() < 0.15:
                yield at_s + self.random.uniform(0.0, 8.0), submit  # the same again, by a nervous client
            if self.random.random() < 0.4:
                cancel = CancelOrder(operation_id=submit.terms.operation_id, principal=CLIENT)
                yield at_s + self.random.choice((-0.05, 0.0, *[0.001, 0.03, 0.2, 0.6, 3.0] * 3)), cancel
            if self.random.random() < 0.08:
                yield at_s, CancelAll(principal=CLIENT, strategy_id=self.random.choice((None, *STRATEGIES)))
            if self.random.random() < 0.03:
                yield from self._halt(at_s)
            if self.random.random() < 0.15:
                yield from self._parent(OperationId(f"parent-{number}"), at_s)

    def _parent(self, operation_id: OperationId, at_s: float) -> Iterator[tuple[float, Command]]:
        """An order that an algorithm works, and what befalls it: repeated, canceled, amended, halted, resumed."""
        name, params = self.random.choice(
            (
                ("TWAP", {"horizon_secs": "6", "intervals": "4", "stale_secs": "60"}),
                ("TWAP", {"horizon_secs": "8", "interval_secs": "2", "passive_secs": "1", "stale_secs": "60"}),
                ("ICEBERG", {"visible_pct": "40", "stale_secs": "60"}),
            )
        )
        is_market = name == "TWAP" and self.random.random() < 0.5
        terms = OrderTerms(
            operation_id=operation_id,
            strategy_id=self.random.choice(STRATEGIES),
            instrument=self.random.choice(KEYS),
            side=self.random.choice(list(Side)),
            quantity=Quantity(Decimal(self.random.randint(4, 12))),
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            price=None if is_market else Price(Decimal(self.random.randint(95, 105))),
            exec_algorithm=name,
            exec_algorithm_params=params,
        )
        submit = SubmitOrder(terms=terms, principal=CLIENT, received_ns=virtual_now_ns())
        yield at_s, submit
        later_s = at_s + self.random.uniform(0.0, 8.0)
        match self.random.choice(("repeated", "canceled", "amended", "halted", "nothing")):
            case "repeated":
                yield later_s, submit
            case "canceled":
                yield later_s, CancelOrder(operation_id=operation_id, principal=CLIENT)
            case "amended":
                more = Quantity(terms.quantity + self.random.randint(1, 4))  # less could be traded beyond: a break
                amend_id = AmendId("more")
                yield (
                    later_s,
                    AmendOrder(
                        operation_id=operation_id, amend_id=amend_id, quantity=more, price=None, principal=CLIENT
                    ),
                )
            case "halted":
                scope, mode = HaltScope.ORDER, self.random.choice((HaltMode.HALT, HaltMode.CANCEL))
                yield (
                    later_s,
                    RaiseHalt(scope=scope, value=operation_id, mode=mode, principal=CLIENT, reason=""),
                )
                yield later_s + 3, LiftHalt(scope=scope, value=operation_id, principal=CLIENT, reason="")
            case _:
                pass

    def _halt(self, at_s: float) -> Iterator[tuple[float, Command]]:
        scope, value = self.random.choice(
            ((HaltScope.GLOBAL, ""), (HaltScope.STRATEGY, "alpha"), (HaltScope.INSTRUMENT, str(KEYS[0])))
        )
        mode = self.random.choice(list(HaltMode))
        yield at_s, RaiseHalt(scope=scope, value=value, mode=mode, principal=CLIENT, reason="")
        yield at_s + self.random.uniform(0.1, 2.0), LiftHalt(scope=scope, value=value, principal=CLIENT, reason="")

    def _submit(self, operation_id: OperationId) -> SubmitOrder:
        is_market = self.random.random() < 0.3
        terms = OrderTerms(
            operation_id=operation_id,
            strategy_id=self.random.choice(STRATEGIES),
            instrument=self.random.choice(KEYS),
            side=self.random.choice(list(Side)),
            quantity=Quantity(Decimal(self.random.randint(1, 10))),
            order_type=OrderType.MARKET if is_market else OrderType.LIMIT,
            price=None if is_market else Price(Decimal(self.random.randint(90, 110))),
            time_in_force=TimeInForce.IOC if is_market else TimeInForce.GTC,
        )
        return SubmitOrder(terms=terms, principal=CLIENT, received_ns=virtual_now_ns())

    def _depending(self, plain: SubmitOrder, number: int) -> SubmitOrder:
        """Return the order as it is or, two times of five, as one that depends on the market or on others."""
        terms = plain.terms
        trigger = Price(Decimal(self.random.randint(92, 108)))
        group = self.random.choice(("", "left", "right"))
        before = OperationId(f"op-{max(number - self.random.randint(1, 4), 0)}")
        match self.random.choice((*["plain"] * 6, "waits", "trails", "reduces", "follows", "group")):
            case "waits":
                kind = self.random.choice((OrderType.STOP_MARKET, OrderType.MARKET_IF_TOUCHED))
                priced = {"order_type": kind, "trigger_price": trigger, "price": None}
                terms = replace(terms, **priced, oco_group=group, time_in_force=TimeInForce.GTC)  # type: ignore[arg-type] # by name
            case "trails":
                priced = {"order_type": OrderType.TRAILING_STOP, "trailing_offset": Price(Decimal(4)), "price": None}
                terms = replace(terms, **priced, time_in_force=TimeInForce.GTC)  # type: ignore[arg-type] # by name
            case "reduces":
                terms = replace(terms, reduce_only=True, oco_group=group)
            case "follows":
                terms = replace(terms, after_operation_id=before, oco_group=group)
            case "group":
                terms = replace(terms, oco_group=group)
            case _:
                pass
        return replace(plain, terms=terms)

    async def _client(self, command: Command, at_s: float) -> None:
        await pause(at_s)
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
                    return (await self.process.host.ask(command)).reply
            except (JournalUnavailableError, MailboxFullError, TimeoutError):
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
