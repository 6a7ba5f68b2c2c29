"""A venue session whose orders reach the venue only while its gate is open: after it has published its newest quote."""

from __future__ import annotations

import asyncio

from app.passing import PassingSession
from ports.requests import SendAmend, SendCancel, SendOrder
from ports.venue import VenueSession


class GatedSession(PassingSession):
    """Passes everything on; what is to be worked waits until `gate` is set."""

    def __init__(self, inner: VenueSession, gate: asyncio.Event) -> None:
        super().__init__(inner)
        self._gate = gate

    async def send(self, order: SendOrder) -> None:
        await self._gate.wait()
        await super().send(order)

    async def cancel(self, cancel: SendCancel) -> None:
        await self._gate.wait()
        await super().cancel(cancel)

    async def amend(self, amend: SendAmend) -> None:
        await self._gate.wait()
        await super().amend(amend)
