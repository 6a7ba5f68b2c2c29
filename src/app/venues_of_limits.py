"""Limits and routes of venues that nobody here knows: spelled wrong they would hold nothing, in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.external import VENUES
from app.settings import Settings
from app.settings_problems import Problem, nearest
from app.settings_venues import LIVE_VENUES
from plugins.discovery import discover
from plugins.problems import PluginsRefusedError
from ports.instruments import InstrumentKey
from ports.limits import ANY_KEY, LIMIT_FIELDS, LimitKind

_BY_VENUE = frozenset({LimitKind.AMOUNT_BY_VENUE, LimitKind.COUNT_BY_VENUE, LimitKind.VENUES})
_BY_KEY = frozenset({LimitKind.AMOUNT_BY_INSTRUMENT, LimitKind.INSTRUMENTS, LimitKind.HOURS})


def of_unknown_venues(settings: Settings) -> list[Problem]:
    """Return every limit and every rule of the router that names a venue which no adapter and no plugin brings.

    One that is known and not traded here is none of them: a file of limits may serve several processes. Where plugins
    cannot be used nothing is said, for then nothing starts.
    """
    try:
        of_plugins = discover(disabled=settings.disabled_plugins).factories
    except PluginsRefusedError:
        return []
    known = sorted({*(one.venue for one in LIVE_VENUES.values()), *VENUES.values(), *of_plugins})
    return [
        Problem(where=where, what=f"nobody here knows {venue}, so that it holds nothing", remedy=_remedy(venue, known))
        for where, venue in _named(settings)
        if venue not in known
    ]


def _remedy(venue: str, known: list[str]) -> str:
    near = nearest(venue, known)
    return f"did you mean {near}?" if near else f"write one of: {', '.join(known)}"


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    for field in LIMIT_FIELDS:
        if field.kind in _BY_VENUE | _BY_KEY:
            given: Mapping[str, Any] | tuple[str, ...] = getattr(settings.risk_engine, field.name)
            for name in given:
                if name != ANY_KEY:
                    venue = InstrumentKey(name).venue if ":" in name else name
                    yield f"risk_engine.{field.name}: {name}", venue
    router = settings.router
    for venue in router.allowed_venues:
        yield "router.allowed_venues", venue
    for strategy, venues in router.strategy_venues.items():
        for venue in venues:
            yield f"router.strategy_venues.{strategy}", venue
    for terms in router.venues:
        yield "router.venues", terms.venue
