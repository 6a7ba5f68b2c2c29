"""What a plugin can tell livexec: the hooks, their promises, and the version they are at.

A plugin is a module (or any object) that an entry point of the group `livexec.venues` names:

    [project.entry-points."livexec.venues"]
    deribit = "livexec_deribit.plugin"

It implements the hooks below, or those that it needs and the first, marked with `hookimpl`:

    from plugins.hookspecs import hookimpl

    @hookimpl
    def livexec_api_version() -> int:
        return 3

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

from collections.abc import Mapping, Sequence
from typing import Final

import pluggy

from ports.alerts import AlertSinkFactory
from ports.algorithms import PluginAlgorithm
from ports.risk import PluginRule
from ports.routing import RoutingPolicy
from ports.venue import VenueFactory

NAMESPACE: Final = "livexec"  # hooks are named livexec_…
ENTRY_POINT_GROUP: Final = "livexec.venues"
API_VERSION: Final = 3  # of these hooks and of `ports`
OLDEST_API_VERSION: Final = 1  # that still works; it grows when a plugin written before would go wrong
CHANGES: Final[Mapping[int, str]] = {  # what each version brought, for the authors of plugins of an older one
    2: "`ports.errors` has ThrottledError, MaybeSentError, VenueRefusedError and VenueLoginError; factories may list "
    "their settings (`ports.venue_settings`); `plugins.outlet` and `plugins.polling` do what every session needs; "
    "a session may be a `ports.webhooks.TakesHooks` (its venue calls back) or a `ports.venue_pulse.HasPulse`",
    3: "a plugin may bring execution algorithms (`livexec_algorithms`, `ports.algorithms.PluginAlgorithm`), a routing "
    "policy (`livexec_routing_policies`, `ports.routing`) and ways to tell people of alerts (`livexec_alert_sinks`, "
    "`ports.alerts`)",
}

hookspec: Final = pluggy.HookspecMarker(NAMESPACE)
hookimpl: Final = pluggy.HookimplMarker(NAMESPACE)


@hookspec(firstresult=True)
def livexec_api_version() -> int:  # type: ignore[empty-body]  # a specification is a name, a shape and a promise
    """Return the `API_VERSION` that the plugin was written for: a number in its own text, never our constant.

    An older one that still works is used, and told what changed (`livexec plugin list`, `livexec doctor`). A plugin
    without it, or of a version that does not, is refused by name and none of its other hooks are called.
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


@hookspec
def livexec_algorithms() -> Sequence[PluginAlgorithm]:  # type: ignore[empty-body]  # as above
    """Return the firm's own execution algorithms, which orders may then name; see `ports.algorithms.PluginAlgorithm`.

    One that raises, answers with something else, floods or takes longer than 50 ms ends its parent: everything of it is
    taken back, and the order says why. The others go on. Two of one name refuse the start.
    """


@hookspec
def livexec_routing_policies() -> Sequence[RoutingPolicy]:  # type: ignore[empty-body]  # as above
    """Return the firm's own routing policies; `router.policy` names the one that shares out SMART orders.

    It is shown the venues that the core would permit, and no others. One that raises, breaks a rule or takes longer
    than 50 ms refuses its order, in words. Orders that close a position are never asked about. Two of one name refuse
    the start.
    """


@hookspec
def livexec_alert_sinks() -> Sequence[AlertSinkFactory]:  # type: ignore[empty-body]  # as above
    """Return the factories of every way to people that the plugin knows, each with a name of its own; `ports.alerts`.

    A sink is made where the configuration names it. One that raises, hangs or takes long is contained: it is noted,
    told nothing more until it comes back, and nothing else waits for it. Two of one name refuse the start.
    """
