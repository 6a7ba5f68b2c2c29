"""A session of one account at Deribit (`ports.venue.VenueSession`)."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from livexec_deribit.credits import Credits
from livexec_deribit.link import Link
from livexec_deribit.names import DERIBIT
from livexec_deribit.orders import ABILITIES, Listed, check
from livexec_deribit.sequences import Sequences
from livexec_deribit.settings import DeribitSettings
from ports.capabilities import Capabilities
from ports.errors import MailboxFullError, NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import BookSource, FundingRate, MarketSink, QuoteSource, Trade
from ports.reports import (
    FillReport,
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
from ports.venue_pulse import Pulse

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 100_000  # client order ids that this process sent
_RETRY_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 3.0
_LAG_NS: Final = 2_000_000_000  # clocks that differ, and the venue's own copies


class DeribitSession:
    """One account, main or sub.

    A connection that may have missed something is given up (`SessionDown`), never mended: the next one is asked about
    every open order, and about every trade since the newest that is known.
    """

    def __init__(self, settings: DeribitSettings, clock: Callable[[], int], credit: Credits | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._credit = credit or Credits(time.monotonic)
        self._sequences = Sequences()
        self._link: Link | None = None
        self._reports: ReportSink | None = None
        self._quotes: MarketSink | None = None
        self._lost = ""  # why this connection was given up, until the sink has been told
        self._failed = 0  # connects and connections in a row
        self._telling: asyncio.TimerHandle | None = None
        self._sent: OrderedDict[ClientOrderId, None] = OrderedDict()
        self._capabilities = Capabilities(
            orders=ABILITIES,
            is_paper=False,
            query_lag_ns=settings.valid_ms * 1_000_000 + _LAG_NS,  # later the venue does not begin it
        )

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return DERIBIT

    @property
    def account(self) -> AccountId:
        """The account that orders of this session belong to."""
        return self._settings.account

    @property
    def capabilities(self) -> Capabilities:
        """What Deribit can do."""
        return self._capabilities

    def pulse(self) -> Pulse:
        """Return how the connection is, from memory; nothing where there is none."""
        return Pulse() if self._link is None else self._link.pulse()

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        """Log in and hear; after a failure first wait a little, each time anew at random, so that many do not crowd.

        Raises:
            VenueUnavailableError: the venue did not answer or refused the login (its own words inside).
        """
        await self.disconnect()
        if self._failed:
            await asyncio.sleep(random.uniform(0, min(0.1 * 2**self._failed, _LONGEST_PAUSE_S)))
        link = Link(self._settings, self._credit, self, self._clock, self._sequences)
        self._reports, self._quotes, self._link = reports, quotes, link
        self._failed = min(self._failed + 1, 10)
        try:
            instruments = await link.open()
        except BaseException:
            await self.disconnect()
            raise
        if self._link is not link or self._lost:
            raise VenueUnavailableError(f"{self.account}: lost while connecting: {self._lost or 'disconnected'}")
        self._failed = 0
        return instruments

    async def disconnect(self) -> None:
        """Hear nothing more and hang up; orders stay, unless cancel-on-disconnect is configured."""
        link, self._link = self._link, None
        self._reports = self._quotes = None
        self._lost = ""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if link is not None:
            await link.close()

    async def send(self, order: SendOrder) -> None:
        """Hand `order` to the venue at most once.

        Raises:
            NotSentError: nothing was transmitted; says why.
        """
        link = self._connected()
        listed = self._known(link, order.instrument, order.account)
        check(order, listed)
        if order.client_order_id in self._sent:  # labels are not unique there: a second sending would be a second order
            reason = "it was sent before, and is not sent again"
            self.put(OrderOutcomeUnknown(account=self.account, client_order_id=order.client_order_id, reason=reason))
            return
        self._sent[order.client_order_id] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        try:
            await link.submit(order, listed)
        except NotSentError:
            self._sent.pop(order.client_order_id)
            raise

    async def cancel(self, cancel: SendCancel) -> None:
        """Ask the venue to cancel; together with those of the same turn of the loop, where they are all there is.

        Raises:
            NotSentError: nothing was transmitted.
        """
        link = self._connected()
        self._known(link, cancel.instrument, cancel.account)
        link.cancel(cancel)

    async def amend(self, amend: SendAmend) -> None:
        """Ask the venue to amend.

        Raises:
            NotSentError: nothing was transmitted.
        """
        link = self._connected()
        listed = self._known(link, amend.instrument, amend.account)
        listed.check_price(amend.price)
        await link.amend(amend, listed)

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        """Ask the venue about one order; None: it knows no such order.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.evidence(order.instrument, order.client_order_id)

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.open_orders()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return the account's trades at or after `since_ns`, oldest first.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.fills_since(since_ns)

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position that is not flat.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.positions()

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Return every balance that is not zero.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
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

    def put_funding(self, funding: FundingRate) -> None:
        """Pass on what a perpetual's next funding is to be."""
        if self._quotes is not None:
            self._quotes.put_funding(funding)

    def fall(self, reason: str) -> None:
        """Report this session as down: as soon as the sink takes it, and as disconnected from then on."""
        if self._reports is None or self._lost:
            return
        self._lost = reason
        self._failed = min(self._failed + 1, 10)
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

    def _connected(self) -> Link:
        if self._link is None or self._reports is None or self._lost:
            raise NotSentError(f"{self.account} is not connected to {self.venue}")
        return self._link

    def _answering(self) -> Link:
        if self._link is None:
            raise VenueUnavailableError(f"{self.account} is not connected to {self.venue}")
        return self._link

    def _known(self, link: Link, instrument: InstrumentKey, account: AccountId) -> Listed:
        listed = link.listed(instrument)
        if listed is None or account != self.account:
            raise NotSentError(
                f"{self.venue} has no {instrument} among the instruments of {self.account} for {account}"
            )
        return listed
