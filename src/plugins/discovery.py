"""Finds the venues that installed distributions bring, and refuses by name what cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, distributions, entry_points
from types import MappingProxyType
from typing import Final

from plugins.examination import examine
from plugins.hookspecs import ENTRY_POINT_GROUP
from plugins.problems import PluginProblem, PluginsRefusedError
from ports.alerts import AlertSinkFactory
from ports.algorithms import PluginAlgorithm
from ports.risk import PluginRule
from ports.routing import RoutingPolicy
from ports.values import VenueId
from ports.venue import VenueFactory

OURS: Final = "livexec"
_DISABLE: Final = "mend or uninstall it, or name it in `disabled_plugins`"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePlugin:
    """One plugin that can be used, and where it came from."""

    name: str
    distribution: str
    version: str
    api_version: int
    factories: Sequence[VenueFactory]
    rules: Sequence[PluginRule]
    algorithms: Sequence[PluginAlgorithm]
    policies: Sequence[RoutingPolicy]
    sinks: Sequence[AlertSinkFactory]
    notes: Sequence[str]  # what changed since it was written

    @property
    def brings(self) -> Sequence[str]:
        """What it brings, by its kind and name."""
        return (
            *(f"venue {one.venue}" for one in self.factories),
            *(f"risk rule {one.name}" for one in self.rules),
            *self.by_name,
        )

    @property
    def by_name(self) -> Sequence[str]:
        """What it brings that people call by its name."""
        return (
            *(f"algorithm {one.name}" for one in self.algorithms),
            *(f"routing policy {one.name}" for one in self.policies),
            *(f"alert sink {one.name}" for one in self.sinks),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Every plugin that is used, and every venue they bring."""

    plugins: Sequence[VenuePlugin]
    disabled: Sequence[str]
    factories: Mapping[VenueId, VenueFactory]

    @property
    def sinks(self) -> Mapping[str, AlertSinkFactory]:
        """The factories of alert sinks, by their names."""
        return {one.name: one for plugin in self.plugins for one in plugin.sinks}


def discover(
    builtin: Mapping[str, object] | None = None,
    disabled: Collection[str] = (),
    folders: Sequence[str] | None = None,
) -> Discovery:
    """Examine the plugins in `builtin` (by name) and those of every installed distribution; all or none are used.

    A plugin whose name or distribution is in `disabled` is not even imported. `folders` are searched for
    distributions in the place of `sys.path`.

    Raises:
        PluginsRefusedError: one fails to import, was written for another version of the hooks, implements a hook
            that does not exist, offers what is no venue factory, or brings a venue that another brings as well.
    """
    problems: list[PluginProblem] = []
    plugins: list[VenuePlugin] = []
    left_out: list[str] = []
    for candidate in _candidates(builtin or {}, folders):
        if {candidate.name, candidate.distribution} & set(disabled):
            left_out.append(candidate.name)
            continue
        found = _examined(candidate)
        if isinstance(found, PluginProblem):
            problems.append(found)
        else:
            plugins.append(found)
    problems += _repeated(plugins)
    problems += _named_twice(plugins)
    if problems:
        raise PluginsRefusedError(problems)
    factories = {factory.venue: factory for plugin in plugins for factory in plugin.factories}
    return Discovery(
        plugins=tuple(plugins), disabled=tuple(left_out), factories=MappingProxyType(dict(sorted(factories.items())))
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    name: str
    distribution: str
    version: str
    source: EntryPoint | object


def _candidates(builtin: Mapping[str, object], folders: Sequence[str] | None) -> Iterator[_Candidate]:
    for name, plugin in sorted(builtin.items()):
        yield _Candidate(name, OURS, "", plugin)
    found = map(_of_entry_point, entry_points(group=ENTRY_POINT_GROUP) if folders is None else _in_folders(folders))
    yield from sorted(found, key=lambda each: (each.name, each.distribution))


def _in_folders(folders: Sequence[str]) -> Iterator[EntryPoint]:
    for distribution in distributions(path=list(folders)):
        yield from distribution.entry_points.select(group=ENTRY_POINT_GROUP)


def _of_entry_point(entry: EntryPoint) -> _Candidate:
    if entry.dist is None:  # an entry point made by hand; installed ones know their distribution
        return _Candidate(entry.name, "no distribution", "", entry)
    return _Candidate(entry.name, entry.dist.name, entry.dist.version, entry)


def _examined(candidate: _Candidate) -> VenuePlugin | PluginProblem:
    findings = examine(candidate.name, candidate.source)
    if isinstance(findings, str):
        return PluginProblem(plugin=candidate.name, distribution=candidate.distribution, what=findings, remedy=_DISABLE)
    return VenuePlugin(
        name=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
        api_version=findings.api_version,
        factories=findings.factories,
        rules=findings.rules,
        algorithms=findings.algorithms,
        policies=findings.policies,
        sinks=findings.sinks,
        notes=findings.notes,
    )


def _repeated(plugins: Sequence[VenuePlugin]) -> Iterator[PluginProblem]:
    first: dict[VenueId, VenuePlugin] = {}
    for plugin in plugins:
        for factory in plugin.factories:
            earlier = first.setdefault(factory.venue, plugin)
            if earlier is not plugin or [each.venue for each in plugin.factories].count(factory.venue) > 1:
                yield PluginProblem(
                    plugin=plugin.name,
                    distribution=plugin.distribution,
                    what=f"venue {factory.venue} is brought by plugin {earlier.name} of {earlier.distribution} as well",
                    remedy="uninstall one, or name it in `disabled_plugins`",
                )


def _named_twice(plugins: Sequence[VenuePlugin]) -> Iterator[PluginProblem]:
    """Yield what has the name of another of its kind (risk rules are looked at where ours are known)."""
    first: dict[str, VenuePlugin] = {}
    for plugin in plugins:
        for brought in plugin.by_name:
            if brought in first:
                other = first[brought]
                yield PluginProblem(
                    plugin=plugin.name,
                    distribution=plugin.distribution,
                    what=f"{brought} is brought by plugin {other.name} of {other.distribution} as well",
                    remedy="rename one, or name its plugin in `disabled_plugins`",
                )
            first[brought] = plugin
