"""Keeping the lease: renewed while nothing is committed, and given up aloud where another process leads."""

from __future__ import annotations

import asyncio

from adapters.sql.postgres.lease import Lease
from ports.errors import JournalLostError, JournalUnavailableError
from ports.telemetry import Telemetry


class LeaseKeeper:
    """Runs beside everything else that the process does."""

    def __init__(self, lease: Lease, telemetry: Telemetry) -> None:
        self._lease = lease
        self._telemetry = telemetry

    async def run(self) -> None:
        """Keep it until cancelled.

        Raises:
            JournalLostError: another process leads; this one must end.
        """
        beating = asyncio.create_task(self._beat())
        try:
            await self._renew()
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self) -> None:
        """Beats do not wait for renewals: a journal that is away must not look like a process that sleeps."""
        while True:
            if self._lease.beat():
                self._telemetry.note("lease.closed", detail="nothing new is sent to venues until the journal answers")
            await asyncio.sleep(self._lease.beat_s)

    async def _renew(self) -> None:
        is_told = False
        while True:
            await asyncio.sleep(self._lease.beat_s)
            if not self._lease.is_due:
                continue
            try:
                await self._lease.renew()
            except JournalLostError as lost:
                self._telemetry.note("lease.lost", error=str(lost))
                raise
            except JournalUnavailableError as failure:
                if not is_told:
                    self._telemetry.note("lease.not_renewed", error=str(failure))
                is_told = True
            else:
                is_told = False
