"""The way out of a session: reports to whoever is connected, and the session's end when one finds no room."""

from __future__ import annotations

import asyncio
from typing import Final

from ports.errors import MailboxFullError
from ports.instruments import InstrumentKey
from ports.market_data import BookSource, FundingRate, MarketSink, QuoteSource, Trade
from ports.reports import Report, SessionDown
from ports.values import AccountId, VenueId
from ports.venue import ReportSink

_RETRY_S: Final = 0.05


class Outlet:
    """What every session of a plugin needs between its venue and its worker.

    A report that finds no room is lost, and so nothing more is passed on: the session is down, as soon as the sink
    takes that word, and is asked about everything after its next connect.
    """

    def __init__(self, venue: VenueId, account: AccountId) -> None:
        self._venue = venue
        self._account = account
        self._reports: ReportSink | None = None
        self._market: MarketSink | None = None
        self._lost = ""  # why, until the sink has been told
        self._telling: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody is connected and has lost nothing."""
        return self._reports is not None and not self._lost

    def open(self, reports: ReportSink, market: MarketSink) -> None:
        """Pass everything on to these from now on."""
        self.close()
        self._reports, self._market = reports, market

    def close(self) -> None:
        """Pass nothing on any more. Harmless to repeat."""
        self._reports = self._market = None
        self._lost = ""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    def put(self, report: Report) -> None:
        """Pass a report on; where it finds no room the session falls."""
        if self._reports is None or self._lost:
            return  # the venue is asked after the next connect
        try:
            self._reports.put_report(report)
        except MailboxFullError as full:
            self.fall(f"a report could not be taken: {full}")

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Pass the newest quote on."""
        if self._market is not None and not self._lost:
            self._market.put_quote(instrument, source)

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Pass the newest depth on."""
        if self._market is not None and not self._lost:
            self._market.put_book(instrument, source)

    def put_trade(self, trade: Trade) -> None:
        """Pass a public trade on."""
        if self._market is not None and not self._lost:
            self._market.put_trade(trade)

    def put_funding(self, funding: FundingRate) -> None:
        """Pass on what a perpetual's next funding is to be."""
        if self._market is not None and not self._lost:
            self._market.put_funding(funding)

    def fall(self, reason: str) -> None:
        """Report the session as down, once; what it was told since its last report is unknown."""
        if not self.is_open:
            return
        self._lost = reason
        self._tell()

    def _tell(self) -> None:
        if self._reports is None:
            return
        try:
            self._reports.put_report(SessionDown(account=self._account, venue=self._venue, reason=self._lost))
        except MailboxFullError:
            self._telling = asyncio.get_running_loop().call_later(_RETRY_S, self._tell)
        else:
            self._reports = self._market = self._telling = None
