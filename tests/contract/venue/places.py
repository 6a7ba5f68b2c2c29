"""The venues that sit the contract, each with what a test needs to make its market move."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Protocol

import httpx

from ports.errors import MailboxFullError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import BookSource, FundingRate, QuoteSource, Trade
from ports.reports import FillReport, OrderStatusReport, Report
from ports.requests import SendOrder
from ports.values import ClientOrderId, Price, Quantity
from ports.venue import VenueSession

from fakes.venue import FakeVenue


class Place(Protocol):
    """A venue with one session and one instrument, of which a buy at `resting` waits and does not trade."""

    @property
    def session(self) -> VenueSession:
        """The session that is examined."""

    @property
    def instrument(self) -> Instrument:
        """What orders here are of."""

    @property
    def resting(self) -> Price:
        """A price at which a buy waits; so it does a tick lower."""

    @property
    def can_amend(self) -> bool:
        """Whether this venue amends price and quantity of orders."""

    def trade_through(self, order: SendOrder) -> None:
        """Let the market fill a waiting order, whole."""


@dataclass
class Inbox:
    """Where the session puts reports and quotes; takes no report while it is full."""

    reports: list[Report] = field(default_factory=list)
    is_full: bool = False
    turned_away: int = 0

    def put_report(self, report: Report) -> None:
        if self.is_full:
            self.turned_away += 1
            raise MailboxFullError("the inbox is full")
        self.reports.append(report)

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Quotes are not what is examined."""

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Nor is depth."""

    def put_trade(self, trade: Trade) -> None:
        """Nor are public trades."""

    def put_funding(self, funding: FundingRate) -> None:
        """Nor is funding."""

    def statuses(self, name: ClientOrderId) -> list[str]:
        return [
            one.status for one in self.reports if isinstance(one, OrderStatusReport) and one.client_order_id == name
        ]

    def fills(self, name: ClientOrderId) -> list[FillReport]:
        return [one for one in self.reports if isinstance(one, FillReport) and one.client_order_id == name]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the loop run until `holds`; fails after ten seconds."""
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110  # what is waited for announces itself to nobody
                await asyncio.sleep(0)


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        key = InstrumentKey("FAKE:PERPETUAL:BTC-USDT@LIN")
        one = Quantity(Decimal(1))
        self.instrument = Instrument(key=key, tick_size=Price(Decimal(1)), lot_size=one, min_quantity=one)
        self.venue = FakeVenue([self.instrument], time.time_ns)
        self.session: VenueSession = self.venue.session()
        self.resting = Price(Decimal(90))
        self.can_amend = True

    def trade_through(self, order: SendOrder) -> None:
        self.venue.fill(order.client_order_id)


@asynccontextmanager
async def in_memory() -> AsyncIterator[Place]:
    yield InMemory()


class OnPaper:
    """A paper venue on the Nautilus sandbox; `show` puts a quote before it."""

    def __init__(self, session: VenueSession, instrument: Instrument, show: Callable[[str, str], None]) -> None:
        self.session = session
        self.instrument = instrument
        self.resting = Price(Decimal(50_000))
        self.can_amend = True
        self._show = show

    def open_market(self) -> None:
        self._show("60000", "60001")

    def trade_through(self, order: SendOrder) -> None:
        del order
        self._show("49998", "49999")
        self.open_market()


@asynccontextmanager
async def on_paper() -> AsyncIterator[Place]:
    from adapters.nautilus.node import PaperNode

    from fakes.paper_trader import INSTRUMENTS, PERPETUAL, quote

    node = PaperNode(INSTRUMENTS)
    await node.start()
    (instrument,) = INSTRUMENTS[PERPETUAL.venue]
    place = OnPaper(
        node.session(PERPETUAL.venue),
        instrument,
        lambda bid, ask: node.desk.feed(quote(PERPETUAL, bid, ask, "1000", "1000")),
    )
    place.open_market()
    yield place
    await node.stop()


class Simulated:
    """A live venue through the real adapter, simulated in a process of its own."""

    def __init__(
        self,
        session: VenueSession,
        instrument: Instrument,
        control: httpx.Client,
        *,
        resting: int = 590,
        can_amend: bool = False,
    ) -> None:
        self.session = session
        self.instrument = instrument
        self.resting = Price(Decimal(resting))
        self.can_amend = can_amend
        self._control = control

    def trade_through(self, order: SendOrder) -> None:
        fill = {"client_order_id": order.client_order_id}  # whatever is left of it
        self._control.post("/_control/fill", json=fill).raise_for_status()


@asynccontextmanager
async def simulated(name: str, instrument_key: str, *, can_amend: bool = False) -> AsyncIterator[Place]:
    from adapters.nautilus.live import LiveNode

    from simulators.okx_account import SITE
    from simulators.process import SimulatedVenue
    from simulators.sites import SITES

    (site,) = [one for one in (*SITES, SITE) if one.name == name]
    venue = await SimulatedVenue.start(name)
    await venue.command("limits", weight_1m=1_000_000, **site.time_limits)  # every test connects anew, and quickly
    node = LiveNode([site.settings(venue, {"instruments": (InstrumentKey(instrument_key),), "answer_s": 8.0})])
    await node.start()
    session = node.sessions[site.account]
    inbox = Inbox()
    (instrument,) = await session.connect(inbox, inbox)
    with httpx.Client(base_url=venue.http, trust_env=False) as control:
        yield Simulated(session, instrument, control, can_amend=can_amend)
    await node.stop()
    await venue.stop()


@asynccontextmanager
async def simulated_bybit() -> AsyncIterator[Place]:
    from adapters.nautilus.live import LiveNode

    from simulators.bybit_trader import settings_for, start_venue

    venue = await start_venue()
    sol = InstrumentKey("BYBIT:PERPETUAL:SOL-USDT@LIN")
    settings = settings_for(venue, instruments=(sol,), answer_s=8.0, probe_s=15.0)
    node = LiveNode([settings])
    await node.start()
    session = node.sessions[settings.account]
    inbox = Inbox()
    (instrument,) = await session.connect(inbox, inbox)
    with httpx.Client(base_url=venue.http, trust_env=False) as control:
        yield Simulated(session, instrument, control, resting=140, can_amend=True)
    await node.stop()
    await venue.stop()


class SimulatedDeribit:
    """Deribit through its plugin, simulated in a process of its own; an inverse perpetual, amounts in USD."""

    def __init__(self, session: VenueSession, instrument: Instrument, control: httpx.Client) -> None:
        self.session = session
        self.instrument = instrument
        self.resting = Price(Decimal(59_000))
        self.can_amend = True
        self._control = control

    def trade_through(self, order: SendOrder) -> None:
        now = next(one for one in self._orders() if one["clientOrderId"] == order.client_order_id)
        fill = {"client_order_id": order.client_order_id, "quantity": str(now["amount"])}
        self._control.post("/_control/fill", json=fill).raise_for_status()

    def _orders(self) -> list[dict[str, object]]:
        return list(self._control.get("/_control/orders").json()["orders"])


@asynccontextmanager
async def simulated_deribit() -> AsyncIterator[Place]:
    from livexec_deribit.credits import Credits
    from livexec_deribit.session import DeribitSession
    from livexec_deribit.settings import DeribitSettings

    from simulators.process import SimulatedVenue

    venue = await SimulatedVenue.start("deribit")
    plenty = (1e9, 1e9)  # every test connects anew, and quickly
    await venue.command("limits", matching=plenty, general=plenty, subscriptions=plenty, listings=plenty)
    credit = Credits(time.monotonic)
    for pool in (credit.matching, credit.general, credit.subscriptions, credit.listings):
        pool.resize(*plenty)
    settings = DeribitSettings.read(
        {
            "api_key": "simulated-key",
            "api_secret": "simulated-secret",
            "base_url": venue.ws,
            "instruments": "DERIBIT:PERPETUAL:BTC-USD@INV",
        }
    )
    session = DeribitSession(settings, time.time_ns, credit)
    inbox = Inbox()
    (instrument,) = await session.connect(inbox, inbox)
    with httpx.Client(base_url=venue.http, trust_env=False) as control:
        yield SimulatedDeribit(session, instrument, control)
    await session.disconnect()
    await venue.stop()


PLACES: Mapping[str, Callable[[], AbstractAsyncContextManager[Place]]] = {
    "in memory": in_memory,
    "on paper": on_paper,
    "simulated Binance Futures": partial(
        simulated, "binance_futures", "BINANCE-FUTURES:PERPETUAL:BNB-USDT@LIN", can_amend=True
    ),
    "simulated Binance Spot": partial(simulated, "binance_spot", "BINANCE-SPOT:SPOT_PAIR:BNB-USDT"),
    "simulated Bybit": simulated_bybit,
    "simulated OKX": partial(simulated, "okx", "OKX:PERPETUAL:BTC-USDT@LIN", can_amend=True),
    "simulated OKX, spot": partial(simulated, "okx", "OKX:SPOT_PAIR:BTC-USDT", can_amend=True),
    "simulated Deribit": simulated_deribit,
}
