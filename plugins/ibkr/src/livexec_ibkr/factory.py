"""Makes sessions of Interactive Brokers from a configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from livexec_ibkr.names import IBKR
from livexec_ibkr.session import IbkrSession
from livexec_ibkr.settings import SCHEMA, IbkrSettings
from ports.values import VenueId
from ports.venue import VenueSession
from ports.venue_settings import Setting


class IbkrFactory:
    """The venue factory of this plugin (`ports.venue.VenueFactory`)."""

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return IBKR

    @property
    def settings(self) -> Sequence[Setting]:
        """Every key that its section may have; how they depend on one another, `IbkrSettings.read` says."""
        return SCHEMA

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        """Make a session, not yet connected (`IbkrSettings.read` says what it needs).

        Raises:
            InvalidInputError: a setting is missing or wrong; names it, and never shows a secret.
        """
        return IbkrSession(IbkrSettings.read(settings), time.time_ns)
