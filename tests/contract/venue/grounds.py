"""The venues of ours that sit the conformance suites, each with what a test needs to make its market move."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

from plugins.conformance import Fault, Ground, cannot_show
from plugins.conformance.inbox import Inbox
from ports.instruments import Instrument, InstrumentKey
from ports.requests import SendOrder
from ports.values import ClientOrderId, Price, Quantity
from ports.venue import VenueSession

from fakes.venue import FakeVenue
from simulators.process import SimulatedVenue
from simulators.sites import Site


class InMemory(Ground):
    """The fake."""

    resting = Price(Decimal(90))

    def __init__(self) -> None:
        key = InstrumentKey("FAKE:PERPETUAL:BTC-USDT@LIN")
        one = Quantity(Decimal(1))
        self.instrument = Instrument(key=key, tick_size=Price(Decimal(1)), lot_size=one, min_quantity=one)
        self.venue = FakeVenue([self.instrument], time.time_ns)

    def session(self) -> VenueSession:
        return self.venue.session()

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        self.venue.fill(order.client_order_id, quantity)

    async def arrivals(self, name: ClientOrderId) -> int:
        return self.venue.arrivals.count(name)

    async def fault(self, fault: Fault) -> None:
        if fault is not Fault.UNANSWERED:
            await super().fault(fault)
        self.venue.is_reachable = False

    async def calm(self) -> None:
        self.venue.is_reachable = True


@asynccontextmanager
async def in_memory() -> AsyncIterator[Ground]:
    yield InMemory()


class OnPaper(Ground):
    """A paper venue on the Nautilus sandbox; `show` puts a quote before it."""

    resting = Price(Decimal(50_000))

    def __init__(self, session: VenueSession, instrument: Instrument, show: Callable[[str, str, str], None]) -> None:
        self.instrument = instrument
        self._session = session
        self._show = show

    def session(self) -> VenueSession:
        """The one of its node: a process has one."""
        return self._session

    def open_market(self) -> None:
        self._show("60000", "60001", "1000")

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        if quantity != order.quantity:
            cannot_show("trades of a part: this market trades all that it reaches")
        self._show("49998", "49999", "1000")
        self.open_market()


@asynccontextmanager
async def on_paper() -> AsyncIterator[Ground]:
    from adapters.nautilus.node import PaperNode

    from fakes.paper_trader import INSTRUMENTS, PERPETUAL, quote

    node = PaperNode(INSTRUMENTS)
    await node.start()
    (instrument,) = INSTRUMENTS[PERPETUAL.venue]
    ground = OnPaper(
        node.session(PERPETUAL.venue),
        instrument,
        lambda bid, ask, size: node.desk.feed(quote(PERPETUAL, bid, ask, "1000", size)),
    )
    ground.open_market()
    yield ground
    await node.stop()


class Simulated(Ground):
    """A live venue through the real adapter, simulated in a process of its own; `questions` are its requests."""

    def __init__(
        self, session: VenueSession, venue: SimulatedVenue, instrument: Instrument, questions: Sequence[str]
    ) -> None:
        self.instrument = instrument
        self._session = session
        self._venue = venue
        self._questions = questions

    def session(self) -> VenueSession:
        """The one of its node: a process has one."""
        return self._session

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        await self._venue.command("fill", client_order_id=order.client_order_id, quantity=str(quantity))

    async def arrivals(self, name: ClientOrderId) -> int:
        return await self._venue.times_asked(name)

    async def fault(self, fault: Fault) -> None:
        if fault is not Fault.UNANSWERED:
            await super().fault(fault)
        for question in self._questions:
            await self._venue.fault(question, "no_answer", times=1_000)

    async def calm(self) -> None:
        await self._venue.command("calm")


@asynccontextmanager
async def simulated(site: Site, key: str, resting: int, trades: str, *, can_amend: bool) -> AsyncIterator[Ground]:
    from adapters.nautilus.live import LiveNode

    venue = await SimulatedVenue.start(site.name)
    weights = {"weight_1m": 10_000_000} if site.name.startswith("binance") else {}
    await venue.command("limits", **site.time_limits, **weights)  # some checks connect anew, and quickly
    given: dict[str, object] = {"instruments": (InstrumentKey(key),), "answer_s": 2.0, "probe_s": 15.0}
    node = LiveNode([site.settings(venue, given)])
    await node.start()
    session, inbox = node.sessions[site.account], Inbox(patience_s=10)
    (instrument,) = await session.connect(inbox, inbox)
    ground = Simulated(session, venue, instrument, (site.query, site.open_orders, f"GET {trades}"))
    ground.resting, ground.can_amend = Price(Decimal(resting)), can_amend
    yield ground
    await node.stop()
    await venue.stop()
