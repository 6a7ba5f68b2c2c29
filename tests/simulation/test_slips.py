"""What storms have shown to go wrong, each as small as it gets."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random

from core.orders.order import Order
from ports.commands import CancelOrder, OrderTerms, SubmitOrder
from ports.reports import CancelRefused
from ports.values import ClientOrderId, OperationId, OrderStatus, OrderType, Price, Quantity, Side

from fakes.journal import MemoryStore
from fakes.venue import Answer, FakeVenue
from fakes.virtual_loop import pause, run_virtually, turns, virtual_now_ns
from simulation.journal import Disk, MortalJournal
from simulation.process import Process, Table
from simulation.world import CLIENT, KEYS, PATIENCE, STRATEGIES, instrument

OP = OperationId("op")


class Street:
    """One calm venue, and one order of two units that has arrived there."""

    def __init__(self) -> None:
        store = MemoryStore()
        self.venue = FakeVenue([instrument(KEYS[0])], virtual_now_ns)
        journal = MortalJournal(store, Disk(Random(0)))
        self.process = Process(journal, lambda: store.head().seq, [self.venue], Table(), PATIENCE)

    async def open(self, answer: Answer) -> "Street":
        await self.process.start()
        await pause(1)
        self.venue.answer = lambda order: answer
        terms = OrderTerms(
            operation_id=OP,
            strategy_id=STRATEGIES[0],
            instrument=KEYS[0],
            side=Side.BUY,
            quantity=Quantity(Decimal(2)),
            order_type=OrderType.LIMIT,
            price=Price(Decimal(100)),
        )
        await self.process.host.ask(SubmitOrder(terms=terms, principal=CLIENT, received_ns=virtual_now_ns()))
        await pause(0.1)
        assert self.venue.arrivals == [self.client_order_id]
        return self

    @property
    def order(self) -> Order:
        return self.process.book.oms.recorded(OP)

    @property
    def client_order_id(self) -> ClientOrderId:
        return self.order.released().client_order_id

    async def cancel(self) -> None:
        await self.process.host.ask(CancelOrder(operation_id=OP, principal=CLIENT))
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
        await pause(1_000)
        await self.process.stop()


def test_a_cancel_that_arrived_before_its_order_is_sent_again() -> None:
    async def scenario() -> OrderStatus:
        street = await Street().open(Answer.SILENCE)
        session = street.venue.sessions[0]
        sessions, street.venue.sessions = street.venue.sessions, []
        await street.cancel()  # taken back at the venue, of which nothing is heard
        street.venue.orders[street.client_order_id].status = street.venue.orders[street.client_order_id].status.ACCEPTED
        street.venue.sessions = sessions
        account, name = street.venue.account, street.client_order_id
        session.hear(CancelRefused(account=account, client_order_id=name, reason="no such order"))
        await turns()
        street.venue.acknowledge(name)
        await street.close()
        return street.order.status

    assert run_virtually(scenario()) is OrderStatus.CANCELED


def test_an_order_whose_cancel_was_refused_is_asked_about_until_there_is_an_answer() -> None:
    async def scenario() -> OrderStatus:
        street = await Street().open(Answer.ACKNOWLEDGE)
        await street.unheard(lambda: street.venue.fill(street.client_order_id))
        await street.unasked(street.cancel)  # refused: it is filled already
        await street.close()
        return street.order.status

    assert run_virtually(scenario()) is OrderStatus.FILLED


def test_an_order_that_ended_with_trades_missing_ends_when_they_have_come() -> None:
    async def scenario() -> OrderStatus:
        street = await Street().open(Answer.ACKNOWLEDGE)
        name, sessions = street.client_order_id, list(street.venue.sessions)

        async def end_before_its_trade() -> None:
            street.venue.sessions.clear()
            trade = street.venue.fill(name, Decimal(1))
            street.venue.sessions[:] = sessions
            street.venue.cancel(name)
            await turns()
            sessions[0].hear(trade)

        await street.unasked(end_before_its_trade)
        await street.close()
        return street.order.status

    assert run_virtually(scenario()) is OrderStatus.CANCELED
