"""A session of one account at a live venue, through Nautilus's real adapter: what holds for every such venue."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.nautilus.cancel_desk import AT_ONCE as CANCELS_AT_ONCE
from adapters.nautilus.live_link import AT_ONCE, STRATEGY, LiveLink
from adapters.nautilus.live_roles import Owner
from adapters.nautilus.live_words import Listed
from adapters.nautilus.orders import nautilus_order
from adapters.nautilus.translate import UnholdableError
from adapters.nautilus.venue_sizes import in_venue_sizes
from ports.capabilities import Capabilities
from ports.errors import MailboxFullError, NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import BookSource, MarketSink, QuoteSource, Trade
from ports.reports import (
    FillReport,
    FundingReport,
    OrderEvidence,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    SessionDown,
    VenueBalance,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, VenueId
from ports.venue import ReportSink
from ports.venue_pulse import Budget, Pulse

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 100_000  # client order ids that this process sent
_RETRY_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVenue:
    """What one venue is like. `objection` says why it could not take an order, None where nothing speaks against it."""

    venue: VenueId
    account: AccountId
    capabilities: Capabilities
    client_order_id: re.Pattern[str]
    objection: Callable[[SendOrder], str | None]
    link: Callable[[Owner], LiveLink]
    orders_left: Callable[[], int]
    budgets: Callable[[], Sequence[Budget]]


class LiveSession:
    """One account; implements `ports.venue.VenueSession`.

    Fills and states are read from the venue's own words (user stream and HTTP), by its trade ids; what Nautilus makes
    of them is for its cache alone. A connection that may have missed something is given up (`SessionDown`), never
    mended: the next one is asked about every open order.
    """

    def __init__(self, live: LiveVenue, clock: Callable[[], int]) -> None:
        self._live = live
        self._clock = clock
        self._link: LiveLink | None = None
        self._reports: ReportSink | None = None
        self._quotes: MarketSink | None = None
        self._lost = ""  # why this connection was given up, until the sink has been told
        self._telling: asyncio.TimerHandle | None = None
        self._sent: OrderedDict[ClientOrderId, None] = OrderedDict()
        self._left_ns: OrderedDict[ClientOrderId, int] = OrderedDict()  # of those that a lost connection was sending

    @property
    def venue(self) -> VenueId:
        return self._live.venue

    @property
    def account(self) -> AccountId:
        return self._live.account

    @property
    def capabilities(self) -> Capabilities:
        return self._live.capabilities

    @property
    def orders_left(self) -> int:
        return self._live.orders_left()

    def pulse(self) -> Pulse:
        """Return what is left of the venue's rate limits, and whether it takes orders back without us."""
        dead_man = None if self._link is None else self._link.dead_man
        return Pulse(budgets=self._live.budgets(), dead_man_s=0 if dead_man is None else dead_man.waits_s)

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        await self.disconnect()
        link = self._live.link(self)
        self._reports, self._quotes, self._link = reports, quotes, link
        try:
            instruments = await link.open()
        except BaseException:
            await self.disconnect()
            raise
        if self._link is not link or self._lost:
            raise VenueUnavailableError(f"{self.account}: lost while connecting: {self._lost or 'disconnected'}")
        return instruments

    async def disconnect(self) -> None:
        link, self._link = self._link, None
        self._reports = self._quotes = None
        self._lost = ""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if link is not None:
            await link.close()

    async def send(self, order: SendOrder) -> None:
        link = self._connected()
        listed = self._listed(link, order.instrument, order.account)
        self._check(order, link)
        if order.client_order_id in self._sent:
            reason = "this id was sent before; it was not sent again"
            self.put(OrderOutcomeUnknown(account=self.account, client_order_id=order.client_order_id, reason=reason))
            return
        try:
            translated = nautilus_order(*in_venue_sizes(order, listed), self._clock(), STRATEGY)
        except UnholdableError as unholdable:
            raise NotSentError(f"{self.venue} cannot take {order.client_order_id}: {unholdable}") from unholdable
        self._sent[order.client_order_id] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        link.submit(translated)

    def _check(self, order: SendOrder, link: LiveLink) -> None:
        if self._live.client_order_id.fullmatch(order.client_order_id) is None:
            raise NotSentError(f"{order.client_order_id!r} is no client order id that {self.venue} takes")
        if (objection := self._live.objection(order)) is not None:
            raise NotSentError(f"{self.venue} {objection}")
        if link.sending >= AT_ONCE:
            raise NotSentError(f"{link.sending} orders wait for the answer of {self.venue} already")

    async def cancel(self, cancel: SendCancel) -> None:
        link = self._connected()
        listed = self._listed(link, cancel.instrument, cancel.account)
        if link.cancels.waiting >= CANCELS_AT_ONCE:
            raise NotSentError(f"{link.cancels.waiting} cancels wait for the answer of {self.venue} already")
        link.cancels.cancel(cancel, listed)

    async def amend(self, amend: SendAmend) -> None:
        link = self._connected()
        link.amend(amend, self._listed(link, amend.instrument, amend.account))

    def _listed(self, link: LiveLink, instrument: InstrumentKey, account: AccountId) -> Listed:
        listed = link.listed(instrument)
        if listed is None or account != self.account:
            raise NotSentError(f"{self.venue} does not list {instrument} for account {account}")
        return listed

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        link = self._answering()
        listed = link.listed(order.instrument)
        if listed is None:
            raise VenueUnavailableError(f"{order.instrument} is none of the instruments of {self.account}")
        name = order.client_order_id
        left_ns = self._left_ns.get(name)
        has_just_left = left_ns is not None and self._clock() < left_ns + self._query_lag_ns
        is_under_way = has_just_left or link.is_submitting(name)
        evidence = await link.questions.evidence(listed.instrument.key, name)
        if evidence is None and is_under_way:  # it may have waited for its turn, or for a cancel of all to be over
            raise VenueUnavailableError(f"{name} is under way to {self.venue}: that it is not there yet proves nothing")
        return evidence

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        return await self._answering().questions.open_orders()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return the trades of the instruments in the settings, as far back as the venue keeps them."""
        link = self._answering()
        return await link.questions.fills_since(link.instruments, since_ns, self._clock())

    async def funding_since(self, since_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments, as far back as the venue keeps them."""
        return await self._answering().questions.funding_since(since_ns, self._clock())

    async def positions(self) -> Sequence[VenuePosition] | None:
        return await self._answering().questions.positions()

    async def balances(self) -> Sequence[VenueBalance] | None:
        return await self._answering().questions.balances()

    def put(self, report: Report) -> None:
        """Pass a report on to whoever is connected."""
        if self._reports is None or self._lost:
            return  # the venue is asked after the next connect
        try:
            self._reports.put_report(report)
        except MailboxFullError as full:
            self.fall(f"a report could not be taken: {full}")

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

    def left(self, client_order_id: ClientOrderId) -> None:
        """Remember an order that may be leaving as its connection ends, for as long as a question may miss it."""
        now_ns = self._clock()
        while self._left_ns and next(iter(self._left_ns.values())) + self._query_lag_ns <= now_ns:
            self._left_ns.popitem(last=False)
        self._left_ns[client_order_id] = now_ns

    @property
    def _query_lag_ns(self) -> int:
        return self._live.capabilities.query_lag_ns

    def fall(self, reason: str) -> None:
        """Report this session as down: as soon as the sink takes it, and as disconnected from then on."""
        if self._reports is None or self._lost:
            return
        self._lost = reason
        _log.error("%s is down: %s", self.account, reason)
        self._tell()

    def _tell(self) -> None:
        if self._reports is None:
            return
        try:
            self._reports.put_report(SessionDown(account=self.account, venue=self.venue, reason=self._lost))
        except MailboxFullError:
            self._telling = asyncio.get_running_loop().call_later(_RETRY_S, self._tell)
        else:
            self._reports = self._quotes = self._telling = None

    def _connected(self) -> LiveLink:
        if self._link is None or self._reports is None or self._lost:
            raise NotSentError(f"{self.account} is not connected to {self.venue}")
        return self._link

    def _answering(self) -> LiveLink:
        if self._link is None:
            raise VenueUnavailableError(f"{self.account} is not connected to {self.venue}")
        return self._link
