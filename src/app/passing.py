"""A venue session that stands before another one and passes everything on, for those that change one thing."""

from __future__ import annotations

from collections.abc import Sequence

from ports.capabilities import Capabilities
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument
from ports.market_data import MarketSink
from ports.reports import (
    FillReport,
    FundingReport,
    OrderEvidence,
    OrderStatusReport,
    VenueBalance,
    VenueMargin,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, VenueId
from ports.venue import KnowsFunding, Paced, ReportSink, StatesMargin, VenueSession
from ports.venue_pulse import HasPulse, Pulse


class PassingSession:
    """Implements `ports.venue.VenueSession` by another session."""

    def __init__(self, inner: VenueSession) -> None:
        self._inner = inner

    @property
    def venue(self) -> VenueId:
        return self._inner.venue

    @property
    def account(self) -> AccountId:
        return self._inner.account

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    @property
    def orders_left(self) -> int:
        return self._inner.orders_left if isinstance(self._inner, Paced) else -1

    def pulse(self) -> Pulse:
        return self._inner.pulse() if isinstance(self._inner, HasPulse) else Pulse()

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        return await self._inner.connect(reports, quotes)

    async def disconnect(self) -> None:
        await self._inner.disconnect()

    async def send(self, order: SendOrder) -> None:
        await self._inner.send(order)

    async def cancel(self, cancel: SendCancel) -> None:
        await self._inner.cancel(cancel)

    async def amend(self, amend: SendAmend) -> None:
        await self._inner.amend(amend)

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        return await self._inner.query(order)

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        return await self._inner.open_orders()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        return await self._inner.fills_since(since_ns)

    async def funding_since(self, since_ns: int) -> Sequence[FundingReport]:
        return await self._inner.funding_since(since_ns) if isinstance(self._inner, KnowsFunding) else ()

    async def margin(self, order: SendOrder) -> VenueMargin:
        if not isinstance(self._inner, StatesMargin):
            raise VenueUnavailableError(f"{self.venue} states no margin")
        return await self._inner.margin(order)

    async def positions(self) -> Sequence[VenuePosition] | None:
        return await self._inner.positions()

    async def balances(self) -> Sequence[VenueBalance] | None:
        return await self._inner.balances()
