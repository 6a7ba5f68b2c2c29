"""What a plugin can tell livexec: the hooks, their promises, and the version they are at.

A plugin is a module (or any object) that an entry point of the group `livexec.venues` names:

    [project.entry-points."livexec.venues"]
    deribit = "livexec_deribit.plugin"

It implements the hooks below, or those that it needs and the first, marked with `hookimpl`:

    from plugins.hookspecs import hookimpl

    @hookimpl
    def livexec_api_version() -> int:
        return 1

    @hookimpl
    def livexec_venue_factories() -> Sequence[VenueFactory]:
        return [DeribitFactory()]

    @hookimpl
    def livexec_risk_rules() -> Sequence[PluginRule]:
        return [AcmeQuota()]

Hooks are called once, before the service starts. They open nothing and connect to nothing: a factory does that, when
it is asked for a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pluggy

from ports.risk import PluginRule
from ports.venue import VenueFactory

NAMESPACE: Final = "livexec"  # hooks are named livexec_…
ENTRY_POINT_GROUP: Final = "livexec.venues"
API_VERSION: Final = 1  # of these hooks and of `ports`; grows when a plugin written before would go wrong

hookspec: Final = pluggy.HookspecMarker(NAMESPACE)
hookimpl: Final = pluggy.HookimplMarker(NAMESPACE)


@hookspec(firstresult=True)
def livexec_api_version() -> int:  # type: ignore[empty-body]  # a specification is a name, a shape and a promise
    """Return the `API_VERSION` that the plugin was written for: a number in its own text, never our constant.

    A plugin without it, or of another version, is refused by name and none of its other hooks are called.
    """


@hookspec
def livexec_venue_factories() -> Sequence[VenueFactory]:  # type: ignore[empty-body]  # as above
    """Return the factories of every venue that the plugin brings, each with a `venue` of its own.

    Two factories of one venue, in one plugin or in two, refuse the start and name both distributions.
    """


@hookspec
def livexec_risk_rules() -> Sequence[PluginRule]:  # type: ignore[empty-body]  # as above
    """Return the firm's own risk rules, asked of every order and amend after ours; see `ports.risk`.

    They are asked whenever limits are switched on. Two rules of one name, or one with the name of ours, refuse the
    start. A rule that raises refuses the order with RISK_ and its name, and opens a break.
    """
