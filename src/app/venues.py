"""The venues of a service, as one thing that starts and stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from adapters.nautilus.market import PaperMarket
from adapters.nautilus.node import PaperNode
from ports.venue import VenueSession


class Venues(Protocol):
    """Sessions, and whatever has to run for them to be connected."""

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """One session an account; each is connected by its worker."""

    async def start(self) -> None:
        """Make the sessions connectable; called once, before any connects.

        Raises:
            VenueUnavailableError: they cannot be.
        """

    async def stop(self) -> None:
        """Stop what `start` started; called after every session was disconnected."""


class PaperVenues:
    """The paper venues: one Nautilus node, and the market that is played into it."""

    def __init__(self, node: PaperNode, market: PaperMarket) -> None:
        self._node = node
        self._market = market

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """One session a paper venue."""
        return tuple(self._node.sessions.values())

    async def start(self) -> None:
        """Start the node, then the market."""
        await self._node.start()
        self._market.start()

    async def stop(self) -> None:
        """Stop the market, then the node."""
        await self._market.stop()
        await self._node.stop()
