"""A venue worker, running, on a session that misbehaves when a test says so."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from adapters.runtime import QuoteBoard, VenueWorker, WorkerLimits
from ports.errors import MailboxFullError
from ports.instruments import Instrument
from ports.reports import OrderEvidence, OrderStatusReport, Report, SessionDown, SessionUp
from ports.requests import QueryOrder, SendCancel, SendOrder
from ports.values import ClientOrderId, OrderType, Price, Quantity, TimeInForce

from fakes.scribe import PERPETUAL, send_order
from fakes.telemetry import RecordingTelemetry
from fakes.venue import FakeSession, FakeVenue
from fakes.virtual_loop import virtual_now_ns

INSTRUMENT = Instrument(
    key=PERPETUAL, tick_size=Price(Decimal(1)), lot_size=Quantity(Decimal(1)), min_quantity=Quantity(Decimal(1))
)
LIMITS = WorkerLimits(queue=5, queries_at_once=2, connect_s=30, call_s=10)
ACCOUNT = send_order("x").account


def cancel_of(name: str) -> SendCancel:
    return SendCancel(account=ACCOUNT, instrument=PERPETUAL, client_order_id=ClientOrderId(name), venue_order_id=None)


def query_of(name: str) -> QueryOrder:
    return QueryOrder(account=ACCOUNT, instrument=PERPETUAL, client_order_id=ClientOrderId(name))


def resting(name: str) -> SendOrder:
    return replace(
        send_order(name), order_type=OrderType.LIMIT, price=Price(Decimal(100)), time_in_force=TimeInForce.GTC
    )


class Inbox:
    """Where reports go; full when told to be."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.is_full = False

    def put_report(self, report: Report) -> None:
        if self.is_full:
            raise MailboxFullError("full")
        self.reports.append(report)

    def of(self, name: str) -> list[Report]:
        """The reports about one order, in order; fills and states of the venue's own accord included."""
        return [one for one in self.reports if _order_of(one) == name]

    def kinds(self, name: str) -> list[str]:
        return [type(one).__name__ for one in self.of(name)]

    def statuses(self, name: str) -> list[str]:
        return [one.status for one in self.of(name) if isinstance(one, OrderStatusReport)]

    def sessions(self) -> list[str]:
        return [type(one).__name__ for one in self.reports if isinstance(one, (SessionUp, SessionDown))]


def _order_of(report: Report) -> str | None:
    if isinstance(report, OrderEvidence):
        return report.status.client_order_id
    return getattr(report, "client_order_id", None)


class WilfulSession(FakeSession):
    """A session whose calls hang or raise, one by one, when a test says so."""

    def __init__(self, venue: FakeVenue) -> None:
        super().__init__(venue)
        self.raises: dict[str, Exception] = {}  # by call; stays until taken away
        self.hangs: dict[str, asyncio.Event] = {}
        self.calls: list[str] = []

    async def connect(self, reports: object, quotes: object) -> Sequence[Instrument]:
        await self._misbehave("connect", "")
        return await super().connect(reports, quotes)  # type: ignore[arg-type]  # passed on as they came

    async def disconnect(self) -> None:
        await super().disconnect()
        await self._misbehave("disconnect", "")

    async def send(self, order: SendOrder) -> None:
        await self._misbehave("send", order.client_order_id)
        await super().send(order)

    async def cancel(self, cancel: SendCancel) -> None:
        await self._misbehave("cancel", cancel.client_order_id)
        await super().cancel(cancel)

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        await self._misbehave("query", order.client_order_id)
        return await super().query(order)

    async def _misbehave(self, call: str, name: str) -> None:
        self.calls.append(f"{call} {name}".rstrip())
        if call in self.hangs:
            await self.hangs[call].wait()
        if call in self.raises:
            raise self.raises[call]


class Terms:
    """A lease that lasts as long as a test says."""

    def __init__(self) -> None:
        self.orders_s = self.cancels_s = 3_600.0

    def order_s(self) -> float:
        return self.orders_s

    def cancel_s(self) -> float:
        return self.cancels_s


class Bench:
    """A worker on a session that misbehaves, running."""

    def __init__(self, speak: type[WilfulSession] = WilfulSession) -> None:
        self.lease = Terms()
        self.venue = FakeVenue([INSTRUMENT], virtual_now_ns)
        self.session = speak(self.venue)
        self.inbox = Inbox()
        self.telemetry = RecordingTelemetry()
        self.worked_s = 0.0  # on the stopwatch; what a call takes without giving way
        self.worker = VenueWorker(
            self.session,
            self.inbox,
            QuoteBoard(),
            virtual_now_ns,
            self.telemetry,
            limits=LIMITS,
            stopwatch=lambda: self.worked_s,
            lease=self.lease,
        )
        self.running = asyncio.create_task(self.worker.run())

    def hang(self, call: str) -> asyncio.Event:
        self.session.hangs[call] = asyncio.Event()
        return self.session.hangs[call]
