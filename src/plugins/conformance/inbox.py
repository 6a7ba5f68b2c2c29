"""Where a session that is examined puts its reports and quotes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from plugins.conformance.demands import NonconformanceError
from ports.errors import MailboxFullError
from ports.instruments import InstrumentKey
from ports.market_data import BookSource, FundingRate, QuoteSource, Trade
from ports.reports import FillReport, OrderStatusReport, Report
from ports.values import ZERO, ClientOrderId


class Inbox:
    """Keeps every report since the check began; takes none while it `is_full`."""

    def __init__(self, patience_s: float) -> None:
        self.reports: list[Report] = []
        self.is_full = False
        self.turned_away = 0
        self._patience_s = patience_s
        self._news = asyncio.Event()

    def put_report(self, report: Report) -> None:
        """Take one report; a session meets a full inbox as it would a full mailbox."""
        self._news.set()
        if self.is_full:
            self.turned_away += 1
            raise MailboxFullError("the inbox is full")
        self.reports.append(report)

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Take a quote; the market is not what is examined."""

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Take a depth."""

    def put_trade(self, trade: Trade) -> None:
        """Take a public trade."""

    def put_funding(self, funding: FundingRate) -> None:
        """Take a funding rate."""

    def of[R: Report](self, kind: type[R], name: ClientOrderId | None = None) -> list[R]:
        """Return the reports of a kind, of one order or of all."""
        return [
            one
            for one in self.reports
            if isinstance(one, kind) and (name is None or getattr(one, "client_order_id", None) == name)
        ]

    def statuses(self, name: ClientOrderId) -> list[str]:
        """Return the states of one order in the order of their telling."""
        return [str(one.status) for one in self.of(OrderStatusReport, name)]

    def filled(self, name: ClientOrderId) -> Decimal:
        """Return how much of an order its trades add up to, each counted once."""
        return sum({one.trade_id: one.quantity for one in self.of(FillReport, name)}.values(), ZERO)

    async def until(self, holds: Callable[[], object], mend: str) -> None:
        """Wait until something is so.

        Raises:
            NonconformanceError: it was not in time; with what has to be mended.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                while not holds():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            told = ", ".join(map(_short, self.reports[-6:])) or "nothing"
            raise NonconformanceError(mend, f"in {self._patience_s:g} s the session told: {told}") from None


def _short(report: Report) -> str:
    about = [str(getattr(report, name)) for name in ("status", "quantity", "reason") if getattr(report, name, None)]
    return f"{type(report).__name__}({', '.join(about)[:120]})"
