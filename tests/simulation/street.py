"""One calm venue, the real book on a real host, and one order: for what happens once, and not in a storm."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from random import Random

from adapters.sql.codec import NO_CHECKSUM, decode_rows
from core.orders.order import Order
from ports.commands import AmendOrder, CancelOrder, OrderTerms, SubmitOrder
from ports.execution import Answer as HostAnswer
from ports.journal import Entry
from ports.snapshots import NoSnapshots
from ports.values import AmendId, ClientOrderId, OperationId, OrderStatus, OrderType, Price, Quantity, Side

from fakes.journal import AppendFails, MemoryStore
from fakes.spool import MemorySpool
from fakes.venue import Answer, FakeVenue
from fakes.virtual_loop import pause, virtual_now_ns
from simulation.clients import CLIENT, KEYS, STRATEGIES
from simulation.journal import Disk, MortalJournal, MortalSpool
from simulation.process import Process, Table
from simulation.world import PATIENCE, instrument

OP = OperationId("op")


class Street:
    """One calm venue, and a process that is connected to it after `open`; every order is of two units."""

    def __init__(self, answer: Answer = Answer.ACKNOWLEDGE) -> None:
        self.store = MemoryStore()
        self.venue = FakeVenue([instrument(KEYS[0])], virtual_now_ns, answer=lambda order: answer)
        self.spool = MemorySpool()
        self.disk = Disk(Random(0))
        self.table = Table()
        self._begin()

    def _begin(self) -> None:
        self.journal = MortalJournal(self.store, self.disk)
        spool = MortalSpool(self.spool, self.disk)
        self.process = Process(
            self.journal, spool, lambda: self.store.head().seq, [self.venue], self.table, PATIENCE, NoSnapshots()
        )

    async def open(self) -> "Street":
        await self.process.start()
        await pause(1)
        return self

    async def crash(self) -> None:
        """Die as by kill -9; `open` starts the next life."""
        self.process.die()
        for task in self.process.tasks:
            task.cancel()
        await asyncio.gather(*self.process.tasks, return_exceptions=True)
        self.venue.sessions.clear()
        self._begin()

    async def submit(self, operation_id: OperationId = OP) -> HostAnswer:
        terms = OrderTerms(
            operation_id=operation_id,
            strategy_id=STRATEGIES[0],
            instrument=KEYS[0],
            side=Side.BUY,
            quantity=Quantity(Decimal(2)),
            order_type=OrderType.LIMIT,
            price=Price(Decimal(100)),
        )
        return await self.process.host.ask(SubmitOrder(terms=terms, principal=CLIENT, received_ns=virtual_now_ns()))

    async def arrived(self) -> "Street":
        """Open, and let one order arrive."""
        await self.open()
        await self.submit()
        await pause(0.1)
        assert self.venue.arrivals == [self.client_order_id]
        return self

    @property
    def order(self) -> Order:
        return self.process.book.oms.recorded(OP)

    @property
    def status(self) -> OrderStatus:
        return self.order.status

    @property
    def client_order_id(self) -> ClientOrderId:
        return self.order.released().client_order_id

    @property
    def reserved(self) -> Decimal:
        """What open buys reserve."""
        return self.process.book.exposure.of_instrument(KEYS[0]).open_buys

    def entries(self) -> Sequence[Entry]:
        """Return the whole journal."""
        return decode_rows(self.store.rows, 0, NO_CHECKSUM)

    def fail_next_append(self, when: AppendFails) -> None:
        self.journal.fail_next_append(when)

    @staticmethod
    def a_cancel() -> CancelOrder:
        return CancelOrder(operation_id=OP, principal=CLIENT)

    async def cancel(self) -> None:
        await self.process.host.ask(self.a_cancel())
        await pause(0.1)

    async def amend(self, quantity: Quantity) -> None:
        amend = AmendOrder(operation_id=OP, amend_id=AmendId("other"), quantity=quantity, price=None, principal=CLIENT)
        await self.process.host.ask(amend)
        await pause(0.1)

    async def unheard(self, happens: Callable[[], object]) -> None:
        """Let something happen at the venue of which no report arrives."""
        sessions, self.venue.sessions = self.venue.sessions, []
        happens()
        self.venue.sessions = sessions

    async def unasked(self, happens: Callable[[], Awaitable[object]]) -> None:
        """Let something happen while the venue answers no question."""
        self.venue.is_reachable = False
        await happens()
        await pause(1)
        self.venue.is_reachable = True

    async def close(self) -> None:
        """Let a long calm go by, and stop."""
        await pause(1_000)
        await self.process.stop()
