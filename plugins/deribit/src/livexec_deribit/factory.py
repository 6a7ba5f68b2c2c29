"""Makes sessions of Deribit from a configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from livexec_deribit.names import DERIBIT
from livexec_deribit.session import DeribitSession
from livexec_deribit.settings import SCHEMA, DeribitSettings
from ports.values import VenueId
from ports.venue import VenueSession
from ports.venue_settings import Setting


class DeribitFactory:
    """The venue factory of this plugin (`ports.venue.VenueFactory`)."""

    @property
    def venue(self) -> VenueId:
        """The venue's name as instrument keys spell it."""
        return DERIBIT

    @property
    def settings(self) -> Sequence[Setting]:
        """Every key that its section may have; how they depend on one another, `DeribitSettings.read` says."""
        return SCHEMA

    def session(self, settings: Mapping[str, str]) -> VenueSession:
        """Make a session, not yet connected (`DeribitSettings.read` says what it needs).

        Raises:
            InvalidInputError: a setting is missing or wrong; names it, and never shows a secret.
        """
        return DeribitSession(DeribitSettings.read(settings), time.time_ns)
