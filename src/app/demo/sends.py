"""What the venues saw: every order handed to a session, counted outside of everything that is being proven."""

from __future__ import annotations

from collections.abc import Sequence

from app.passing import PassingSession
from app.venues import Venues
from ports.requests import SendOrder
from ports.values import ClientOrderId
from ports.venue import VenueSession


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


class _CountedSession(PassingSession):
    def __init__(self, inner: VenueSession, sends: list[ClientOrderId]) -> None:
        super().__init__(inner)
        self._sends = sends

    async def send(self, order: SendOrder) -> None:
        self._sends.append(order.client_order_id)
        await super().send(order)
