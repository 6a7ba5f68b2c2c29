"""Venues that come with the program, offered the way a plugin offers its own."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.hookspecs import hookimpl
from ports.venue import VenueFactory


class BuiltinVenues:
    """A plugin made of factories at hand."""

    def __init__(self, factories: Sequence[VenueFactory]) -> None:
        self._factories = tuple(factories)

    @hookimpl
    def livexec_api_version(self) -> int:
        """Written with the hooks beside it."""
        return 3

    @hookimpl
    def livexec_venue_factories(self) -> Sequence[VenueFactory]:
        """Return them as they were given."""
        return self._factories
