"""Looks at one plugin, trusting nothing of it: imports it, asks its version, checks its hooks, takes what it brings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Final

import pluggy

from plugins import hookspecs
from plugins.hookspecs import API_VERSION, CHANGES, NAMESPACE, OLDEST_API_VERSION
from ports.alerts import AlertSinkFactory
from ports.algorithms import PluginAlgorithm
from ports.instruments import SMART
from ports.risk import PluginRule
from ports.routing import RoutingPolicy
from ports.venue import VenueFactory

_VENUE: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")  # as instrument keys spell it
_WORDS: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_CAPITALS: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_MARK: Final = f"{NAMESPACE}_impl"  # what `hookimpl` leaves on a function


@dataclass(frozen=True, slots=True)
class _Kind[Thing]:
    """What plugins bring by name: the hook that it comes by, what it does, and how its names are written."""

    what: str
    hook: str
    does: str
    names: re.Pattern[str]
    example: str


_ALGORITHM: Final = _Kind[PluginAlgorithm]("algorithm", "livexec_algorithms", "planner", _CAPITALS, "ACME_SNIPER")
_POLICY: Final = _Kind[RoutingPolicy]("routing policy", "livexec_routing_policies", "share", _WORDS, "acme_dark")
_SINK: Final = _Kind[AlertSinkFactory]("alert sink", "livexec_alert_sinks", "sink", _WORDS, "acme_pager")


class _Unfit(Exception):
    """What is wrong with a plugin, in words."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a plugin brings."""

    api_version: int
    factories: tuple[VenueFactory, ...]
    rules: tuple[PluginRule, ...]
    algorithms: tuple[PluginAlgorithm, ...]
    policies: tuple[RoutingPolicy, ...]
    sinks: tuple[AlertSinkFactory, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What changed since the version that it was written for."""
        return changes_since(self.api_version)


def changes_since(version: int) -> tuple[str, ...]:
    """Return what each newer version of the hooks brought, oldest first."""
    return tuple(f"version {newer} of the hooks: {CHANGES[newer]}" for newer in sorted(CHANGES) if newer > version)


def examine(name: str, source: EntryPoint | object) -> Findings | str:
    """Return what a plugin brings, or what is wrong with it.

    `source` is the plugin itself, or the entry point that leads to it.
    """
    try:
        plugin = _guarded("cannot be imported", source.load) if isinstance(source, EntryPoint) else source
        return _findings(name, plugin)
    except _Unfit as unfit:
        return str(unfit)


def _findings(name: str, plugin: object) -> Findings:
    manager = pluggy.PluginManager(NAMESPACE)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, name)
    except pluggy.PluginValidationError as wrong:
        raise _Unfit(f"a hook has another shape than its specification: {_first_line(wrong)}") from wrong
    mine = _guarded("cannot be looked at", lambda: _named_like_hooks(plugin))
    _check_marks(mine)
    # The version comes before the hooks: a plugin for other hooks would otherwise be blamed for every difference.
    version = _checked_version(_guarded("fails in livexec_api_version", manager.hook.livexec_api_version))
    _check_hooks(manager, mine)
    return Findings(
        api_version=version,
        factories=tuple([_checked(each) for each in _offered(manager, "livexec_venue_factories", "factories")]),
        rules=tuple([_checked_rule(each) for each in _offered(manager, "livexec_risk_rules", "rules")]),
        algorithms=tuple([_described(one) for one in _named(manager, _ALGORITHM)]),
        policies=_named(manager, _POLICY),
        sinks=_named(manager, _SINK),
    )


def _offered(manager: pluggy.PluginManager, hook: str, what: str) -> list[object]:
    offered: list[object] = []
    for answer in _guarded(f"fails in {hook}", getattr(manager.hook, hook)):
        if not isinstance(answer, list | tuple):
            raise _Unfit(f"{hook} returned {type(answer).__name__} and not a list of {what}")
        offered += answer
    return offered


def _named[Thing](manager: pluggy.PluginManager, kind: _Kind[Thing]) -> tuple[Thing, ...]:
    return tuple([_checked_named(kind, each) for each in _offered(manager, kind.hook, f"what is called {kind.what}s")])


def _described(algorithm: PluginAlgorithm) -> PluginAlgorithm:
    """Read once what it says of itself: those who show it do not expect it to fail."""
    says, parameters = _guarded("fails to describe its algorithm", lambda: (algorithm.says, dict(algorithm.parameters)))
    if not all(isinstance(text, str) for text in (says, *parameters, *parameters.values())):
        raise _Unfit(f"algorithm {algorithm.name} does not describe itself in texts (`says`, `parameters`)")
    return algorithm


def _guarded[Answer](what: str, call: Callable[[], Answer]) -> Answer:
    """Run a plugin's code; whatever it raises becomes a word about that plugin, so that all are examined."""
    try:
        return call()
    except (Exception, SystemExit) as failure:  # other people's code may raise anything
        raise _Unfit(f"it {what}: {type(failure).__name__}: {failure}") from failure


def _checked_version(version: object) -> int:
    if version is None:
        raise _Unfit(f"it does not say which version of the hooks it was written for (livexec_api_version); {_ours()}")
    if not isinstance(version, int) or isinstance(version, bool) or version > API_VERSION:
        raise _Unfit(f"it was written for version {version!r} of the hooks; {_ours()}")
    if version < OLDEST_API_VERSION:
        changed = "; ".join(changes_since(version))
        raise _Unfit(f"it was written for version {version!r} of the hooks; {_ours()}; since then: {changed}")
    return version


def _ours() -> str:
    return f"this livexec speaks versions {OLDEST_API_VERSION} to {API_VERSION}"


def _named_like_hooks(plugin: object) -> Mapping[str, object]:
    named = {name: getattr(plugin, name) for name in dir(plugin) if name.startswith(f"{NAMESPACE}_")}
    return {name: value for name, value in named.items() if callable(value)}


def _check_marks(mine: Mapping[str, object]) -> None:
    unmarked = [name for name, function in mine.items() if not hasattr(function, _MARK)]
    if unmarked:
        raise _Unfit(f"{', '.join(unmarked)} is not marked with @hookimpl and would never be called")


def _check_hooks(manager: pluggy.PluginManager, mine: Mapping[str, object]) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        known = [each for each in dir(hookspecs) if each.startswith(f"{NAMESPACE}_")]
        unknown = sorted(set(mine) - set(known)) or ["a marked function"]
        raise _Unfit(f"{', '.join(unknown)} is no hook; hooks are: {', '.join(known)}") from None


def _checked(factory: object) -> VenueFactory:
    venue = _guarded("fails to name its venue", lambda: getattr(factory, "venue", None))
    if not callable(getattr(factory, "session", None)) or not isinstance(venue, str):
        raise _Unfit(f"{type(factory).__name__} is no venue factory: it needs `venue` and `session(settings)`")
    if _VENUE.fullmatch(venue) is None or venue == SMART:
        raise _Unfit(f"{venue!r} is no name for a venue; write upper-case words joined by -, such as MY-VENUE")
    return factory  # type: ignore[return-value]  # what a factory needs was looked at above


def _checked_rule(rule: object) -> PluginRule:
    name = _guarded("fails to name its risk rule", lambda: getattr(rule, "name", None))
    if not callable(getattr(rule, "judge", None)) or not isinstance(name, str):
        raise _Unfit(f"{type(rule).__name__} is no risk rule: it needs `name` and `judge(order)`")
    return rule  # type: ignore[return-value]  # what a rule needs was looked at above


def _checked_named[Thing](kind: _Kind[Thing], thing: object) -> Thing:
    name = _guarded(f"fails to name its {kind.what}", lambda: getattr(thing, "name", None))
    if not callable(getattr(thing, kind.does, None)) or not isinstance(name, str):
        raise _Unfit(f"{type(thing).__name__} is no {kind.what}: it needs `name` and `{kind.does}`")
    if kind.names.fullmatch(name) is None:
        raise _Unfit(f"{name!r} is no name of its {kind.what}; write words such as {kind.example}")
    return thing  # type: ignore[return-value]  # what such a thing needs was looked at above


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
