"""Simulators that one test run starts once, and whose next module finds them as if they had just been started."""

from __future__ import annotations

import asyncio

from simulators.process import SimulatedVenue


class KeptVenues:
    """Running simulators by name: starting one costs more than most tests at it."""

    def __init__(self) -> None:
        self._running: dict[str, SimulatedVenue] = {}

    async def take(self, name: str, limits: dict[str, int]) -> SimulatedVenue:
        """Return a simulator without orders, trades, requests and faults. `hang_up` when done with it."""
        if name not in self._running:
            self._running[name] = await SimulatedVenue.start(name)
        venue = self._running[name]
        for command in ("calm", "forget"):
            await venue.command(command)
        await venue.command("limits", **limits)
        return venue

    def stop(self) -> None:
        """End them all, where no loop runs."""
        for venue in self._running.values():
            asyncio.run(venue.stop())
