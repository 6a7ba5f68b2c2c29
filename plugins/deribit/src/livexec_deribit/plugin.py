"""What livexec asks of this plugin (`plugins.hookspecs`)."""

from __future__ import annotations

from collections.abc import Sequence

from livexec_deribit.factory import DeribitFactory
from plugins.hookspecs import hookimpl
from ports.venue import VenueFactory


@hookimpl
def livexec_api_version() -> int:
    """Written for version 3 of the hooks."""
    return 3


@hookimpl
def livexec_venue_factories() -> Sequence[VenueFactory]:
    """Return the one venue of this plugin."""
    return [DeribitFactory()]
