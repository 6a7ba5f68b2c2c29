"""The venues of a service, as one thing that starts and stops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from adapters.nautilus.market import PaperMarket
from adapters.nautilus.node import PaperNode
from plugins.builtin import BuiltinVenues
from plugins.discovery import discover
from ports.values import VenueId
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


class PaperFactory:
    """One paper venue of the node, offered as a plugin offers its own."""

    def __init__(self, node: PaperNode, venue: VenueId) -> None:
        self._node = node
        self._venue = venue

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return self._venue

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        """Return the node's one session of this venue; a paper venue is configured with its node."""
        return self._node.session(self._venue)


class PaperVenues:
    """The paper venues: one Nautilus node, and the market that is played into it.

    Installed plugins are examined as well, and one that cannot be used refuses the start: a venue that is silently
    missing is worse than a service that says why it does not start.
    """

    def __init__(self, node: PaperNode, market: PaperMarket, disabled_plugins: Collection[str] = ()) -> None:
        self._node = node
        self._market = market
        self._disabled_plugins = disabled_plugins
        self._factories = [PaperFactory(node, venue) for venue in node.sessions]

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """One session a paper venue."""
        return tuple(factory.session({}) for factory in self._factories)

    async def start(self) -> None:
        """Examine the plugins, start the node, then the market.

        Raises:
            PluginsRefusedError: a plugin cannot be used; names it and says what to do.
            VenueUnavailableError: the node did not come up.
        """
        discover({"paper": BuiltinVenues(self._factories)}, self._disabled_plugins)
        await self._node.start()
        self._market.start()

    async def stop(self) -> None:
        """Stop the market, then the node."""
        await self._market.stop()
        await self._node.stop()
