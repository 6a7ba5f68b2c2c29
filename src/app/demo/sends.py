"""What the venues saw: every order handed to a session, counted outside of everything that is being proven."""

from __future__ import annotations

from collections.abc import Sequence

from app.venues import Venues
from ports.capabilities import Capabilities
from ports.instruments import Instrument
from ports.market_data import MarketSink
from ports.reports import FillReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, VenueId
from ports.venue import ReportSink, VenueSession


class CountedVenues:
    """Venues whose sessions write down each new order before passing it on."""

    def __init__(self, inner: Venues) -> None:
        self._inner = inner
        self.sends: list[ClientOrderId] = []
        self._sessions = tuple(_CountedSession(session, self.sends) for session in inner.sessions)

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """The counted sessions."""
        return self._sessions

    async def start(self) -> None:
        """Start the venues."""
        await self._inner.start()

    async def stop(self) -> None:
        """Stop the venues."""
        await self._inner.stop()


class _CountedSession:
    def __init__(self, inner: VenueSession, sends: list[ClientOrderId]) -> None:
        self._inner = inner
        self._sends = sends

    @property
    def venue(self) -> VenueId:
        return self._inner.venue

    @property
    def account(self) -> AccountId:
        return self._inner.account

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    async def connect(self, reports: ReportSink, quotes: MarketSink) -> Sequence[Instrument]:
        return await self._inner.connect(reports, quotes)

    async def disconnect(self) -> None:
        await self._inner.disconnect()

    async def send(self, order: SendOrder) -> None:
        self._sends.append(order.client_order_id)
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

    async def positions(self) -> Sequence[VenuePosition] | None:
        return await self._inner.positions()

    async def balances(self) -> Sequence[VenueBalance] | None:
        return await self._inner.balances()
