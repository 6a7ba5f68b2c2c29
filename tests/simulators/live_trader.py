"""A trader of one live session: makes orders, and waits for the reports that they bring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count

from ports.instruments import InstrumentKey
from ports.market_data import Book, BookSource, FundingRate, Quote, QuoteSource, Trade
from ports.reports import (
    AmendRefused,
    AmendReport,
    FillReport,
    OrderEvidence,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    SessionDown,
    VenueOrderStatus,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce
from ports.venue import VenueSession

from simulators.process import SimulatedVenue
from simulators.sites import Site

SOON_S = 20.0  # a bound, not a measurement: this machine may be crowded
_numbers = count(1)


class Inbox:
    """A report sink and market sink that can be waited at."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.quotes: dict[InstrumentKey, Quote] = {}
        self.books: dict[InstrumentKey, Book] = {}
        self.fundings: dict[InstrumentKey, FundingRate] = {}
        self.trades: list[Trade] = []
        self._news = asyncio.Event()

    def put_report(self, report: Report) -> None:
        self.reports.append(report)
        self._news.set()

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        self.quotes[instrument] = source()
        self._news.set()

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        self.books[instrument] = source()
        self._news.set()

    def put_trade(self, trade: Trade) -> None:
        self.trades.append(trade)
        self._news.set()

    def put_funding(self, funding: FundingRate) -> None:
        self.fundings[funding.instrument] = funding
        self._news.set()

    async def wait[T](self, found: Callable[[], T | None]) -> T:
        """Return what `found` finds, as soon as it does."""
        async with asyncio.timeout(SOON_S):
            while (thing := found()) is None:
                self._news.clear()
                await self._news.wait()
        return thing

    def of(self, client_order_id: ClientOrderId) -> list[Report]:
        """Return what was reported of one order."""
        return [one for one in self.reports if getattr(one, "client_order_id", None) == client_order_id]


class LiveTrader:
    """One connected session and what it reports."""

    def __init__(self, session: VenueSession, venue: SimulatedVenue, site: Site) -> None:
        self.session = session
        self.venue = venue
        self.site = site
        self.inbox = Inbox()

    async def connect(self) -> None:
        await self.session.connect(self.inbox, self.inbox)

    def order(
        self,
        side: Side = Side.BUY,
        quantity: str = "0.010",
        price: str | None = "59000",
        tif: TimeInForce = TimeInForce.GTC,
        *,
        post_only: bool = False,
        expire_time_ns: int | None = None,
        display: str | None = None,
        instrument: InstrumentKey | None = None,
        client_order_id: str = "",
    ) -> SendOrder:
        """Make an order of a fresh id; without a price it is a market order."""
        return SendOrder(
            account=self.session.account,
            instrument=instrument or self.site.btc,
            client_order_id=ClientOrderId(client_order_id or f"x{next(_numbers):030d}"),
            side=side,
            quantity=Quantity(Decimal(quantity)),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=None if price is None else Price(Decimal(price)),
            time_in_force=tif,
            expire_time_ns=expire_time_ns,
            post_only=post_only,
            display_quantity=None if display is None else Quantity(Decimal(display)),
        )

    async def send(self, order: SendOrder) -> ClientOrderId:
        await self.session.send(order)
        return order.client_order_id

    async def rest(self, **fields: object) -> ClientOrderId:
        """Send an order that rests, and wait until the venue has said so, on the stream or in its answer."""
        client_order_id = await self.send(self.order(**fields))  # type: ignore[arg-type]  # passed on as given
        await self.status(client_order_id, VenueOrderStatus.ACCEPTED)
        return client_order_id

    async def cancel(self, client_order_id: ClientOrderId) -> None:
        cancel = SendCancel(
            account=self.session.account,
            instrument=self.site.btc,
            client_order_id=client_order_id,
            venue_order_id=None,
        )
        await self.session.cancel(cancel)

    async def amend(
        self, client_order_id: ClientOrderId, quantity: str, price: str, instrument: InstrumentKey | None = None
    ) -> None:
        await self.session.amend(
            SendAmend(
                account=self.session.account,
                instrument=instrument or self.site.btc,
                client_order_id=client_order_id,
                venue_order_id=None,
                side=Side.BUY,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
            )
        )

    async def amended(self, client_order_id: ClientOrderId) -> AmendReport:
        return await self.report(client_order_id, AmendReport)

    async def amend_refused(self, client_order_id: ClientOrderId) -> AmendRefused:
        return await self.report(client_order_id, AmendRefused)

    def question(self, client_order_id: ClientOrderId, instrument: InstrumentKey | None = None) -> QueryOrder:
        return QueryOrder(
            account=self.session.account,
            instrument=instrument or self.site.btc,
            client_order_id=client_order_id,
        )

    async def status(self, client_order_id: ClientOrderId, status: VenueOrderStatus) -> OrderStatusReport:
        """Wait for a state."""
        return await self.inbox.wait(
            lambda: next(
                (
                    one
                    for one in self.inbox.of(client_order_id)
                    if isinstance(one, OrderStatusReport) and one.status is status
                ),
                None,
            )
        )

    async def report_of_hole(self, client_order_id: ClientOrderId) -> OrderEvidence:
        """Wait for the evidence that the session asked for by itself."""
        return await self.inbox.wait(
            lambda: next(
                (
                    one
                    for one in self.inbox.reports
                    if isinstance(one, OrderEvidence) and one.status.client_order_id == client_order_id
                ),
                None,
            )
        )

    async def report[R: Report](self, client_order_id: ClientOrderId, kind: type[R]) -> R:
        """Wait for the first report of a kind on an order."""
        return await self.inbox.wait(
            lambda: next((one for one in self.inbox.of(client_order_id) if isinstance(one, kind)), None)
        )

    async def fills(self, client_order_id: ClientOrderId, number: int) -> Sequence[FillReport]:
        """Wait until that many trades of an order have been reported."""

        def enough() -> list[FillReport] | None:
            found = [one for one in self.inbox.of(client_order_id) if isinstance(one, FillReport)]
            return found if len(found) >= number else None

        return await self.inbox.wait(enough)

    async def doubt(self, client_order_id: ClientOrderId) -> Report:
        """Wait until an order is in doubt: reported so, or with the whole session, which may be given up before."""
        return await self.inbox.wait(
            lambda: next(
                (
                    one
                    for one in self.inbox.reports
                    if isinstance(one, SessionDown)
                    or (isinstance(one, OrderOutcomeUnknown) and one.client_order_id == client_order_id)
                ),
                None,
            )
        )

    async def down(self) -> SessionDown:
        """Wait until the session is given up."""
        return await self.inbox.wait(
            lambda: next((one for one in self.inbox.reports if isinstance(one, SessionDown)), None)
        )
