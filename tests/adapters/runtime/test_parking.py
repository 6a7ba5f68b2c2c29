"""A message that waits for old orders is decided on when they were read back, and everybody else goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.runtime import ActorHost, CommittedFeed, QuoteBoard
from adapters.runtime.mailbox import Envelope
from adapters.runtime.parking import ParkingLot
from core.book import Book
from core.orchestrator import Orchestrator
from ports.capabilities import PLAIN_ORDERS
from ports.errors import JournalUnavailableError, MailboxFullError
from ports.execution import Answer
from ports.journal import Entry
from ports.recall import LoadOrders
from ports.replies import CancelReply, OrderReply
from ports.reports import SessionUp
from ports.snapshots import NoSnapshots
from ports.values import OperationId, OrderStatus, VenueId

from fakes.desk import PATIENCE
from fakes.journal import AppendFails, MemoryJournal
from fakes.records import MemoryRecords
from fakes.sayings import ACCOUNTS, LISTED, PERP, accepted, cancel, canceled, statement, submit, traded
from fakes.spool import MemorySpool
from fakes.telemetry import RecordingTelemetry
from fakes.virtual_loop import pause, turns, virtual_now_ns


class Service:
    """A host over a real book that keeps one order which has ended; orders go nowhere, and tests are the venue."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.feed = CommittedFeed(self.journal)
        self.seen: list[Entry] = []
        self.records = MemoryRecords(lambda: self.seen)
        self.telemetry = RecordingTelemetry()
        self.host = ActorHost(
            lambda: Orchestrator(PATIENCE, keep=1),
            self.journal,
            MemorySpool(),
            self.feed,
            QuoteBoard(),
            virtual_now_ns,
            self.telemetry,
            self.records,
            NoSnapshots(),
        )
        self.host.venue_request = lambda request: None
        self._follower: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Service":
        await self.host.start("test")
        self._follower = asyncio.create_task(self._follow())
        await self.connect()
        return self

    async def connect(self) -> None:
        account = ACCOUNTS[PERP]
        up = SessionUp(account=account, venue=VenueId(PERP.venue), instruments=[LISTED[PERP]], abilities=PLAIN_ORDERS)
        for message in (up, statement(account, virtual_now_ns())):
            self.host.put_report(message)
        await self.host.drained()

    async def __aexit__(self, *_: object) -> None:
        self.records.away = False
        await asyncio.wait_for(self.host.stop(), 60)
        self.feed.close()
        if self._follower is not None:
            await self._follower

    async def _follow(self) -> None:
        async for batch in self.feed.follow(0):
            self.seen.extend(batch)

    async def end(self, *names: str) -> None:
        """Let orders be traded or canceled, half of each traded, and so leave one after the other."""
        for name in names:
            await self.host.ask(submit(name, buy="1", at="50000"))
            for report in (accepted(name), traded(name, f"t-{name}", "0.5"), canceled(name)):
                self.host.put_report(report)
            await self.host.drained()

    def held(self) -> str:
        (_, position), *_ = self.book.positions
        return str(position.holding.quantity)

    @property
    def book(self) -> Book:
        assert isinstance(self.host.actor, Orchestrator)
        return self.host.actor.book


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with Service() as one:
        await one.end("op-1", "op-2", "op-3")
        yield one


async def test_a_repeated_submit_is_answered_when_its_order_was_read_back(service: Service) -> None:
    answer = await service.host.ask(submit("op-1", buy="1", at="50000"))
    assert isinstance(answer.reply, OrderReply)
    assert (answer.reply.repeated, answer.reply.order.status) == (True, OrderStatus.CANCELED)
    assert len(service.records.loads) == 1


async def test_others_go_on_while_one_waits(service: Service) -> None:
    service.records.away = True
    service.host.put_report(traded("op-1", "t-late", "0.25"))
    await service.host.ask(submit("op-new", buy="1", at="50000"))
    assert service.held() == "1.5"
    service.records.away = False
    await service.host.drained()
    assert service.held() == "1.75"


async def test_each_late_trade_is_decided_on_what_the_one_before_made_true(service: Service) -> None:
    for trade in ("t-late-1", "t-late-2", "t-late-1"):
        service.host.put_report(traded("op-1", trade, "0.2"))
    await service.host.drained()
    answer = await service.host.ask(cancel("op-1"))
    assert isinstance(answer.reply, CancelReply)
    assert answer.reply.order is not None
    assert str(answer.reply.order.filled_quantity) == "0.9"
    assert service.held() == "1.9"


async def test_a_caller_is_told_that_nobody_knows_where_the_records_do_not_answer(service: Service) -> None:
    service.records.away = True
    asked = [asyncio.create_task(service.host.ask(cancel(name))) for name in ("op-1", "op-2")]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in answers] == [JournalUnavailableError] * 2
    assert service.telemetry.noted("orders.not_read_back")
    service.records.away = False
    assert isinstance((await service.host.ask(cancel("op-1"))).reply, CancelReply)


async def test_a_report_waits_until_the_records_answer_however_long_that_takes(service: Service) -> None:
    service.records.away = True
    service.host.put_report(traded("op-1", "t-late", "0.25"))
    await pause(3_600)
    service.records.away = False
    await service.host.drained()
    assert service.held() == "1.75"


async def test_a_report_that_waits_survives_a_lost_commit_and_a_new_epoch(service: Service) -> None:
    service.records.away = True
    service.host.put_report(traded("op-1", "t-late", "0.25"))
    service.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    with pytest.raises(JournalUnavailableError):
        await service.host.ask(submit("op-new", buy="1", at="50000"))
    service.records.away = False
    await service.host.drained()
    assert service.held() == "1.75"


async def test_a_late_trade_whose_commit_was_lost_is_booked_once(service: Service) -> None:
    service.journal.fail_next_append(AppendFails.AFTER_DURABLE)
    service.host.put_report(traded("op-1", "t-late", "0.25"))
    await service.host.drained()
    assert service.held() == "1.75"
    service.host.put_report(traded("op-1", "t-late", "0.25"))
    await service.host.drained()
    assert service.held() == "1.75"


async def test_more_commands_than_may_wait_are_refused_and_cancels_of_open_orders_pass(service: Service) -> None:
    await service.host.ask(submit("op-open", buy="1", at="40000"))
    service.records.slow = True
    asked = [asyncio.create_task(service.host.ask(cancel("op-1"))) for _ in range(1_001)]
    await turns(3)
    passed = await service.host.ask(cancel("op-open"))
    service.records.slow = False
    answers: list[Answer | BaseException] = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(passed.reply, CancelReply)
    assert [type(one) for one in answers].count(MailboxFullError) == 1


async def test_a_lot_is_full_before_a_report_would_have_to_be_dropped() -> None:
    records = MemoryRecords()
    records.away = True
    ready: list[Envelope] = []
    lot = ParkingLot(records, ready.append, lambda: None, lambda: 0, RecordingTelemetry(), lambda task: None)
    wanted = LoadOrders(operation_ids=frozenset([OperationId("op-1")]))
    for number in range(9_999):
        lot.park(Envelope(traded("op-1", f"t-{number}", "1")), wanted)
    assert not lot.is_full
    lot.park(Envelope(traded("op-1", "t-last", "1")), wanted)
    assert (lot.is_full, lot.waiting, ready) == (True, 10_000, [])
    lot.abandon("the end")
    await lot.idle()
