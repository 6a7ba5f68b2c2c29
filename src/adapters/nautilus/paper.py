"""A session of one paper venue."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from nautilus_trader.model.identifiers import InstrumentId

from adapters.nautilus.book import PaperBook, PaperOrder
from adapters.nautilus.desk import MatchingDesk
from adapters.nautilus.listing import Listing
from adapters.nautilus.orders import amend_command, cancel_command, nautilus_order
from adapters.nautilus.translate import UnholdableError
from ports.capabilities import PLAIN_ORDERS, Capabilities
from ports.errors import MailboxFullError, NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import BookSource, MarketSink, QuoteSource, Trade
from ports.reports import (
    AmendRefused,
    AmendReport,
    CancelRefused,
    FillReport,
    OrderEvidence,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    SessionDown,
    VenueBalance,
    VenueOrderStatus,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, OrderType, TimeInForce, VenueId
from ports.venue import ReportSink

_log = logging.getLogger(__name__)
_CAPABILITIES: Final = Capabilities(
    orders=PLAIN_ORDERS,
    is_paper=True,
    query_lag_ns=0,  # the book answers in the call that entered the order
)
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_RETRY_S: Final = 0.05
_LONGEST_TIMER_S: Final = 3600.0


class PaperVenueSession:
    """One account `PAPER-<VENUE>` at one paper venue; implements `ports.venue.VenueSession`.

    The paper venue lives in this process and dies with it. Of an order that this process did not send, `query`
    answers None: nothing of an earlier life works or fills any more. While a session is not connected its orders
    work on; `open_orders` and `fills_since` tell what happened.
    """

    def __init__(self, venue: VenueId, listings: Mapping[InstrumentKey, Listing], desk: MatchingDesk) -> None:
        self._venue = venue
        self._account = AccountId(f"PAPER-{venue}")
        self._listings = listings
        self._keys = {listing.id: key for key, listing in listings.items()}
        self._desk = desk
        self._book = PaperBook()
        self._reports: ReportSink | None = None
        self._quotes: MarketSink | None = None
        self._lost = ""  # why reports were lost, until the sink has been told
        self._telling: asyncio.TimerHandle | None = None
        self._expiries: dict[ClientOrderId, asyncio.TimerHandle] = {}

    @property
    def venue(self) -> VenueId:
        return self._venue

    @property
    def account(self) -> AccountId:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        if not self._desk.is_open:
            raise VenueUnavailableError(f"{self._venue}: the paper node is not running")
        await self.disconnect()
        self._reports, self._quotes = reports, quotes
        return tuple(listing.instrument for listing in self._listings.values())

    async def disconnect(self) -> None:
        self._reports = self._quotes = None
        self._lost = ""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    async def end_life(self) -> None:
        """Disconnect, and forget every order: the node that worked them is gone."""
        await self.disconnect()
        self._book = PaperBook()
        for expiry in self._expiries.values():
            expiry.cancel()
        self._expiries.clear()
        for listing in self._listings.values():
            listing.working = 0

    async def send(self, order: SendOrder) -> None:
        self._check_connected()
        listing = self._listings.get(order.instrument)
        if listing is None or order.account != self._account:
            raise NotSentError(f"{self._venue} does not list {order.instrument} for account {order.account}")
        if order.client_order_id in self._book:
            self._put(self._unknown(order.client_order_id, "this id was sent before; it was not sent again"))
            return
        now_ns = self._desk.now_ns()
        try:
            translated = nautilus_order(order, listing, now_ns)
        except UnholdableError as unholdable:
            raise NotSentError(f"{self._venue} cannot take {order.client_order_id}: {unholdable}") from unholdable
        listing.working += 1
        entry = self._book.open(order, now_ns)
        if order.expire_time_ns is not None and order.expire_time_ns <= now_ns:
            self._refuse(entry, now_ns, "its expiry time has passed")
            return
        self._desk.submit(translated, listing)
        self._follow_up(entry, listing)

    def _follow_up(self, entry: PaperOrder, listing: Listing) -> None:
        order = entry.order
        if entry.is_closed:
            return
        if order.time_in_force in _AT_ONCE:
            # An empty book: the sandbox accepts it, finds nothing to fill, and leaves it at that.
            self._desk.cancel(cancel_command(listing.id, order.client_order_id, None, self._desk.now_ns()), listing)
        elif order.order_type is OrderType.MARKET and entry.venue_order_id is None:
            self._refuse(entry, self._desk.now_ns(), "the sandbox gave no answer to a market order")
        elif order.expire_time_ns is not None:
            self._wait_for_expiry(order.client_order_id, order.expire_time_ns, listing)

    async def cancel(self, cancel: SendCancel) -> None:
        self._check_connected()
        entry = self._book.get(cancel.client_order_id)
        if entry is None or entry.is_closed:
            why = "no such order" if entry is None else f"it is {entry.status} already"
            self._put(CancelRefused(account=self._account, client_order_id=cancel.client_order_id, reason=why))
            return
        listing = self._listings[entry.order.instrument]
        command = cancel_command(listing.id, cancel.client_order_id, entry.venue_order_id, self._desk.now_ns())
        self._desk.cancel(command, listing)

    async def amend(self, amend: SendAmend) -> None:
        self._check_connected()
        entry = self._book.get(amend.client_order_id)
        if entry is None or entry.is_closed:
            why = "no such order" if entry is None else f"it is {entry.status} already"
            self._put(AmendRefused(account=self._account, client_order_id=amend.client_order_id, reason=why))
            return
        listing = self._listings[entry.order.instrument]
        try:
            command = amend_command(amend, listing, self._desk.now_ns())
        except UnholdableError as unholdable:
            raise NotSentError(f"{self._venue} cannot amend {amend.client_order_id}: {unholdable}") from unholdable
        self._desk.amend(command, listing)

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        self._check_answers()
        return self._book.evidence(order.client_order_id)

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        self._check_answers()
        return self._book.open_orders()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        self._check_answers()
        return self._book.fills_since(since_ns)

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return None: the paper venue forgets every position with its process, and has no word on them."""
        return None

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Return None: balances are fixed, and no order is refused for want of money."""
        return None

    def key_of(self, identifier: InstrumentId) -> InstrumentKey:
        return self._keys[identifier]

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        entry = self._book.get(client_order_id)
        return entry.filled if entry is not None else Decimal(0)

    def take(self, report: Report) -> None:
        """Enter a report into the book, and pass it on."""
        if isinstance(report, AmendReport):
            self._book.amend(report)
        elif isinstance(report, OrderStatusReport | FillReport) and self._book.take(report):
            self._closed(report)
        if isinstance(report, FillReport):
            self._desk.moved(self._listings[report.instrument])
        self._put(report)

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Pass the newest quote on to whoever is connected."""
        if self._quotes is not None:
            self._quotes.put_quote(instrument, source)

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Pass the newest depth on to whoever is connected."""
        if self._quotes is not None:
            self._quotes.put_book(instrument, source)

    def put_trade(self, trade: Trade) -> None:
        """Pass a public trade on to whoever is connected."""
        if self._quotes is not None:
            self._quotes.put_trade(trade)

    def fall(self, reason: str) -> None:
        """Report this session as down: as soon as the sink takes it, and as disconnected from then on."""
        if self._reports is None or self._lost:
            return
        self._lost = reason
        _log.error("%s is down: %s", self._venue, reason)
        self._tell()

    def _tell(self) -> None:
        if self._reports is None:
            return
        try:
            self._reports.put_report(SessionDown(account=self._account, venue=self._venue, reason=self._lost))
        except MailboxFullError:
            self._telling = asyncio.get_running_loop().call_later(_RETRY_S, self._tell)
        else:
            self._reports = self._quotes = self._telling = None
            self._lost = ""

    def _put(self, report: Report) -> None:
        if self._reports is None or self._lost:
            return  # the book has it, and tells whoever asks after the next connect
        try:
            self._reports.put_report(report)
        except MailboxFullError as full:
            self.fall(f"a report could not be taken: {full}")

    def _closed(self, report: OrderStatusReport | FillReport) -> None:
        self._listings[report.instrument].working -= 1
        if report.client_order_id is not None:
            self._desk.forget(report.client_order_id)
            expiry = self._expiries.pop(report.client_order_id, None)
            if expiry is not None:
                expiry.cancel()

    def _refuse(self, entry: PaperOrder, now_ns: int, reason: str) -> None:
        order = entry.order
        self.take(
            OrderStatusReport(
                account=self._account,
                instrument=order.instrument,
                client_order_id=order.client_order_id,
                status=VenueOrderStatus.REJECTED,
                filled_quantity=entry.filled,
                reason=reason,
                venue_time_ns=now_ns,
            )
        )

    def _wait_for_expiry(self, client_order_id: ClientOrderId, expire_time_ns: int, listing: Listing) -> None:
        wait_s = (expire_time_ns - self._desk.now_ns()) / 1e9
        if wait_s <= 0:
            self._expiries.pop(client_order_id, None)
            self._desk.expire(listing)
            return
        self._expiries[client_order_id] = asyncio.get_running_loop().call_later(
            min(wait_s, _LONGEST_TIMER_S), self._wait_for_expiry, client_order_id, expire_time_ns, listing
        )

    def _unknown(self, client_order_id: ClientOrderId, reason: str) -> OrderOutcomeUnknown:
        return OrderOutcomeUnknown(account=self._account, client_order_id=client_order_id, reason=reason)

    def _check_connected(self) -> None:
        if self._reports is None or self._lost or not self._desk.is_open:
            raise NotSentError(f"{self._venue} is not connected")

    def _check_answers(self) -> None:
        if not self._desk.is_open:
            raise VenueUnavailableError(f"{self._venue}: the paper node is not running")
