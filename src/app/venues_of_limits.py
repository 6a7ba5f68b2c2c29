"""Limits and routes of venues that nobody here knows: spelled wrong they would hold nothing, in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adapters.doors.limits import UNKNOWN_VENUE, venues_named
from app.external import VENUES
from app.settings import Settings
from app.settings_limits import risk_limits
from app.settings_problems import Problem, nearest
from app.settings_venues import LIVE_VENUES
from plugins.discovery import discover
from plugins.problems import PluginsRefusedError


def known_venues(settings: Settings) -> frozenset[str]:
    """Return every venue that an adapter or a plugin brings; none where plugins cannot be used."""
    try:
        of_plugins = discover(disabled=settings.disabled_plugins).factories
    except PluginsRefusedError:
        return frozenset()
    return frozenset({*(one.venue for one in LIVE_VENUES.values()), *VENUES.values(), *of_plugins})


def of_unknown_venues(settings: Settings) -> list[Problem]:
    """Return every limit and every rule of the router that names a venue which no adapter and no plugin brings.

    One that is known and not traded here is none of them: a file of limits may serve several processes. Where plugins
    cannot be used nothing is said, for then nothing starts.
    """
    known = known_venues(settings)
    if not known:
        return []
    return [
        Problem(where=where, what=UNKNOWN_VENUE.format(venue), remedy=_remedy(venue, known))
        for where, venue in _named(settings)
        if venue not in known
    ]


def _remedy(venue: str, known: Iterable[str]) -> str:
    near = nearest(venue, sorted(known))
    return f"did you mean {near}?" if near else f"write one of: {', '.join(sorted(known))}"


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    for where, venue in venues_named(risk_limits(settings)):
        yield f"risk_engine.{where}", venue
    router = settings.router
    for venue in router.allowed_venues:
        yield "router.allowed_venues", venue
    for strategy, venues in router.strategy_venues.items():
        for venue in venues:
            yield f"router.strategy_venues.{strategy}", venue
    for terms in router.venues:
        yield "router.venues", terms.venue
