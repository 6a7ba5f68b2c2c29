"""Who a live connection works with: whoever owns it, and whoever asks the venue directly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ports.instruments import InstrumentKey
from ports.market_data import BookSource, QuoteSource, Trade
from ports.reports import (
    FillReport,
    FundingReport,
    OrderEvidence,
    OrderStatusReport,
    Report,
    VenueBalance,
    VenuePosition,
)
from ports.values import ClientOrderId


class Owner(Protocol):
    """Who hears of what happens on a connection."""

    def put(self, report: Report) -> None: ...

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None: ...

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None: ...

    def put_trade(self, trade: Trade) -> None: ...

    def left(self, client_order_id: ClientOrderId) -> None:
        """An order may be leaving at this very moment, however long ago it was handed over."""

    def fall(self, reason: str) -> None:
        """Give this connection up; whatever it was told from now on is unknown."""


class Questions(Protocol):
    """Direct questions. All raise VenueUnavailableError where the venue did not answer; then nothing was learnt."""

    async def evidence(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account."""

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of one instrument at or after a time; whose orders they are need not be known."""

    async def fills_since(
        self, instruments: Sequence[InstrumentKey], since_ns: int, now_ns: int
    ) -> Sequence[FillReport]:
        """Return the trades of `instruments` at or after `since_ns`, oldest first, each with its client order id."""

    async def funding_since(self, since_ns: int, now_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments at or after `since_ns`, oldest first; none where none is ever due."""

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position of the account that is not flat; None where the venue keeps none."""

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Return every balance of the account that is not zero; None where the venue keeps none."""
