"""A session of one account at Interactive Brokers (`ports.venue.VenueSession`)."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from livexec_ibkr.contracts import Listed
from livexec_ibkr.executions import Executed
from livexec_ibkr.link import Link
from livexec_ibkr.names import IBKR
from livexec_ibkr.orders import ABILITIES
from livexec_ibkr.pacing import Pace
from livexec_ibkr.settings import IbkrSettings
from plugins.outlet import Outlet
from ports.capabilities import Capabilities
from ports.errors import NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import MarketSink, QuoteSource
from ports.reports import (
    FillReport,
    OrderEvidence,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    VenueBalance,
    VenueMargin,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, VenueId
from ports.venue import ReportSink
from ports.venue_pulse import Pulse

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 100_000  # client order ids that this process sent
_LONGEST_PAUSE_S: Final = 3.0
_LAG_NS: Final = 10_000_000_000  # TWS takes no deadline: how long an order may take from it to the venue's books


class IbkrSession:
    """One account of the login of one TWS or IB Gateway.

    A connection that may have missed something is given up (`SessionDown`), never mended: the next one is asked about
    every open order and every trade of the day. So it is through the nightly reset, and whenever TWS loses and finds
    Interactive Brokers (1100, 1101, 1102).
    """

    def __init__(self, settings: IbkrSettings, clock: Callable[[], int], pace: Pace | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._pace = pace or Pace(settings.messages_a_second, time.monotonic)
        self._link: Link | None = None
        self._outlet = Outlet(IBKR, settings.account)
        self._failed = 0  # connects and connections in a row
        self._sent: OrderedDict[ClientOrderId, None] = OrderedDict()
        self._bare: OrderedDict[str, Executed] = OrderedDict()  # trades whose commission is still to come
        self._capabilities = Capabilities(orders=ABILITIES, is_paper=False, query_lag_ns=_LAG_NS)

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return IBKR

    @property
    def account(self) -> AccountId:
        """The account that orders of this session belong to."""
        return self._settings.account

    @property
    def capabilities(self) -> Capabilities:
        """What Interactive Brokers can do."""
        return self._capabilities

    @property
    def orders_left(self) -> int:
        """How many new orders the rate limit lets go at once."""
        return self._pace.orders_left

    def pulse(self) -> Pulse:
        """Return how the connection is, from memory; nothing where there is none."""
        return Pulse() if self._link is None else self._link.pulse()

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        """Log in and hear; after a failure first wait a little, each time anew at random.

        Raises:
            VenueLoginError: TWS lets this connection not in, or lets it only look.
            VenueUnavailableError: nobody is there, or a name in the settings means nothing there; says so.
        """
        await self.disconnect()
        if self._failed:
            await asyncio.sleep(random.uniform(0, min(0.1 * 2**self._failed, _LONGEST_PAUSE_S)))
        self._failed = min(self._failed + 1, 10)
        link = Link(self._settings, self._pace, self, self._clock, self._bare)
        self._link = link
        self._outlet.open(reports, quotes)
        try:
            instruments = await link.open()
        except BaseException:
            await self.disconnect()
            raise
        if self._link is not link or not self._outlet.is_open:
            raise VenueUnavailableError(f"{self.account}: lost while connecting")
        self._failed = 0
        return instruments

    async def disconnect(self) -> None:
        """Hear nothing more and hang up; orders stay as they are."""
        link, self._link = self._link, None
        self._outlet.close()
        if link is not None:
            await link.close()

    async def send(self, order: SendOrder) -> None:
        """Hand `order` to the venue at most once.

        Raises:
            NotSentError: nothing was transmitted; says why.
        """
        link, listed = self._known(order.instrument, order.account)
        link.check_hours(order, listed)
        if order.client_order_id in self._sent:  # references are not unique there: it would be a second order
            reason = "it was sent before, and is not sent again"
            self.put(OrderOutcomeUnknown(account=self.account, client_order_id=order.client_order_id, reason=reason))
            return
        self._sent[order.client_order_id] = None
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        try:
            await link.trading.submit(order, listed)
        except NotSentError:
            self._sent.pop(order.client_order_id)
            raise

    async def margin(self, order: SendOrder) -> VenueMargin:
        """Return what the account's margin would be with `order`, as TWS reckons it; nothing is placed.

        Raises:
            NotSentError: TWS would not take such an order, or there is no connection.
            VenueUnavailableError: nothing was learnt.
        """
        link, listed = self._known(order.instrument, order.account)
        return await link.trading.margin(order, listed)

    async def cancel(self, cancel: SendCancel) -> None:
        """Ask the venue to cancel.

        Raises:
            NotSentError: nothing was transmitted.
        """
        link, _ = self._known(cancel.instrument, cancel.account)
        await link.trading.cancel(cancel)

    async def amend(self, amend: SendAmend) -> None:
        """Ask the venue to amend.

        Raises:
            NotSentError: nothing was transmitted.
        """
        link, listed = self._known(amend.instrument, amend.account)
        await link.trading.amend(amend, listed)

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        """Ask the venue about one order; None: it knows no such order.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.evidence(order.client_order_id, order.released_ns)

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.open_orders()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return the account's trades of today at or after `since_ns`, oldest first.

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
        """Return the cash of every currency that has any.

        Raises:
            VenueUnavailableError: nothing was learnt.
        """
        return await self._answering().questions.balances()

    def put(self, report: Report) -> None:
        """Pass a report on to whoever is connected."""
        self._outlet.put(report)

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Pass the newest quote on to whoever is connected."""
        self._outlet.put_quote(instrument, source)

    def fall(self, reason: str) -> None:
        """Report this session as down, and be disconnected from then on."""
        if self._outlet.is_open:
            self._failed = min(self._failed + 1, 10)
            _log.error("%s is down: %s", self.account, reason)
            self._outlet.fall(reason)

    def _known(self, instrument: InstrumentKey, account: AccountId) -> tuple[Link, Listed]:
        if self._link is None or not self._outlet.is_open:
            raise NotSentError(f"{self.account} is not connected to {self.venue}")
        listed = self._link.listed(instrument)
        if listed is None or account != self.account:
            raise NotSentError(
                f"{self.venue} has no {instrument} among the instruments of {self.account} for {account}"
            )
        return self._link, listed

    def _answering(self) -> Link:
        if self._link is None or not self._link.is_open:
            raise VenueUnavailableError(f"{self.account} is not connected to {self.venue}")
        return self._link
