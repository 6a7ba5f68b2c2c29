"""The venues of a service, as one thing that starts and stops."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from adapters.nautilus.market import PaperMarket
from adapters.nautilus.node import PaperNode
from app.shadow import ShadowSession
from plugins.builtin import BuiltinVenues
from plugins.discovery import discover
from ports.values import VenueId
from ports.venue import VenueSession

if TYPE_CHECKING:
    from adapters.nautilus.live import LiveNode  # half a second to import, which paper need not wait for


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


class NodeFactory:
    """One venue of a Nautilus node, offered as a plugin offers its own."""

    def __init__(self, session: VenueSession) -> None:
        self._session = session

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return self._session.venue

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        """Return the node's one session of this venue; it was configured with its node."""
        return self._session


class PaperVenues:
    """The paper venues: one Nautilus node, and the market that is played into it.

    Installed plugins are examined as well, and one that cannot be used refuses the start: a venue that is silently
    missing is worse than a service that says why it does not start.
    """

    def __init__(self, node: PaperNode, market: PaperMarket, disabled_plugins: Collection[str] = ()) -> None:
        self._node = node
        self._market = market
        self._disabled_plugins = disabled_plugins
        self._factories = [NodeFactory(node.session(venue)) for venue in node.sessions]

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


class LiveVenues:
    """The live venues: one Nautilus node whose sessions come and go, and the sessions of plugins. Orders are real.

    Plugins are examined as for paper, with the same consequence. `node` is None where plugins bring all of them.
    Where `is_shadow`, none of them is handed an order, a cancel or an amend.
    """

    def __init__(
        self,
        node: LiveNode | None,
        disabled_plugins: Collection[str] = (),
        external: Sequence[VenueSession] = (),
        *,
        is_shadow: bool = False,
    ) -> None:
        self._node = node
        self._disabled_plugins = disabled_plugins
        self._factories = [NodeFactory(session) for session in node.sessions.values()] if node else []
        sessions = (*(factory.session({}) for factory in self._factories), *external)
        self._sessions: Sequence[VenueSession] = tuple(map(ShadowSession, sessions)) if is_shadow else sessions

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """One session an account."""
        return self._sessions

    async def start(self) -> None:
        """Examine the plugins, then start the node; no venue is contacted yet.

        Raises:
            PluginsRefusedError: a plugin cannot be used; names it and says what to do.
            VenueUnavailableError: the node did not come up.
        """
        discover({"nautilus": BuiltinVenues(self._factories)}, self._disabled_plugins)
        if self._node is not None:
            await self._node.start()

    async def stop(self) -> None:
        """Stop the node; orders stay at their venues."""
        if self._node is not None:
            await self._node.stop()
