"""`livexec plugin`: what is installed, what it has shown, and a beginning for another."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import App, Parameter

from app.cli.failures import FAILED, FailedError, usage
from app.cli.options import DATA_GROUP, HERE, Config, Connection, Json, StateDir
from app.cli.output import emit, note
from app.cli.service import overridden
from app.cli.tables import section, table

if TYPE_CHECKING:
    from app.settings import Settings
    from plugins.conformance.tiers import Finding
    from plugins.discovery import Discovery, VenuePlugin

OURS: Final = "livexec"  # the venues that come with the program
_COLUMNS: Final = ("name", "version", "venue", "tier", "health", "brings", "speaks")
_FINDINGS: Final = ("tier", "outcome", "name")

plugin = App(name="plugin", group=DATA_GROUP, help="Venues and rules that other packages bring.")


@plugin.command(name="list")
def list_plugins(*, config: Config = None, state_dir: StateDir = None, connection: Connection = HERE) -> int:
    """Show every plugin: its version, venues, tier as last examined, and health as a running service has it."""
    from app.plugin_tiers import tier_noted

    settings = _settings(config, state_dir)
    found = _discovered(settings)
    states = _states(connection)
    rows: list[dict[str, Any]] = [
        {
            "name": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "venue": [str(factory.venue) for factory in each.factories],
            "tier": tier_noted(settings.state_dir, each.name, each.version),
            "health": [_health(states, factory.venue) for factory in each.factories],
            "brings": each.brings,
            "speaks": each.api_version,
            "notes": each.notes,
        }
        for each in found.plugins
    ]
    human = table(rows, _COLUMNS) if rows else "no plugin is installed"
    said = [f"{row['name']}: {line}" for row in rows for line in row["notes"]]
    disabled = [f"disabled: {', '.join(found.disabled)}"] if found.disabled else []
    document = {"ok": True, "plugins": rows, "disabled": list(found.disabled)}
    emit(document, "\n".join([human, *said, *disabled]), as_json=connection.json)
    return 0


@plugin.command
def check(
    name: str,
    *,
    project: Annotated[Path | None, Parameter(help="The plugin's folder, where it is not installed from it.")] = None,
    config: Config = None,
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Run the conformance suites that a plugin inherits, and print the tier that it earns.

    Parameters
    ----------
    name:
        The plugin's; livexec for the venues that come with the program.
    """
    from app.plugin_tiers import note_tier
    from plugins.conformance.run import run_suites
    from plugins.projects import suites_in

    settings = _settings(config, state_dir)
    distribution, version = _installed(settings, name)
    files = suites_in(_project(name, distribution, project))
    note(f"examining {name} {version}: {', '.join(map(str, files))}")
    document = {"plugin": name, "distribution": distribution, "version": version} | _verdict(run_suites(files))
    note_tier(settings.state_dir, name, version, document["tier"])
    emit(document, _text(document), as_json=json)
    return 0 if document["ok"] else FAILED


@plugin.command
def new(
    name: str,
    *,
    folder: Annotated[Path | None, Parameter(help="Where to put it; without it, NAME in the working folder.")] = None,
    json: Json = False,
) -> int:
    """Begin a plugin: a package that installs, is found, and passes its tests against a toy venue.

    Parameters
    ----------
    name:
        The venue's, in small letters and digits, such as acme.
    """
    from plugins.scaffold import begin

    place = folder or Path(name)
    written = begin(name, place)
    document = {"ok": True, "folder": str(place), "files": [str(each) for each in written]}
    lines = [*map(str, written), "", f"next: cd {place} && make test, and read README.md there"]
    emit(document, "\n".join(lines), as_json=json)
    return 0


def _settings(config: Path | None, state_dir: Path | None) -> Settings:
    from app.settings import load_settings

    return overridden(load_settings(config, os.environ), state_dir=state_dir)


def _discovered(settings: Settings) -> Discovery:
    from plugins.discovery import discover

    return discover(disabled=settings.disabled_plugins)


def _installed(settings: Settings, name: str) -> tuple[str, str]:
    if name == OURS:
        return OURS, version_of(OURS)
    plugins: Mapping[str, VenuePlugin] = {each.name: each for each in _discovered(settings).plugins}
    if name not in plugins:
        raise usage("name", name, f"installed are: {', '.join([OURS, *sorted(plugins)])}")
    return plugins[name].distribution, plugins[name].version


def _project(name: str, distribution: str, named: Path | None) -> Path:
    from plugins.projects import project_of

    place = named or project_of(distribution)
    if place is None:
        raise usage("--project", "", f"name the folder that holds the tests of {name}; a wheel has none")
    return place


def _health(states: Mapping[str, str] | None, venue: str) -> str:
    return "not known" if states is None else states.get(venue, "not traded")


def _states(connection: Connection) -> Mapping[str, str] | None:
    """Return the state of each venue as a running service says it; None where none answers."""
    from app.cli.rest import Rest

    try:
        with Rest.of(connection) as service:
            return {one["venue"]: one["state"] for one in service.read("/api/venues")["venues"]}
    except FailedError as away:
        note(f"no service answers, so that health is not known: {away}")
        return None


def _verdict(findings: Sequence[Finding]) -> dict[str, Any]:
    from plugins.conformance.tiers import Tier, earned

    classes = sorted({one.name.partition("::")[0] for one in findings})
    tiers = {name: earned([one for one in findings if one.name.startswith(f"{name}::")]) for name in classes}
    order = list(Tier)
    tier = min(tiers.values(), key=order.index, default=Tier.NONE)
    failed = sum(one.outcome == "failed" for one in findings)
    return {
        "ok": not failed and tier is not Tier.NONE,
        "tier": str(tier),
        "tiers": {name: str(each) for name, each in tiers.items()},
        "checks": [
            {"name": one.name, "value": int(one.is_kept), "limit": 1, "unit": str(one.tier), "ok": one.is_kept}
            for one in findings
        ],
        "findings": [
            {"name": one.name, "tier": str(one.tier), "outcome": one.outcome, "said": one.said}
            for one in findings
            if one.outcome != "passed"
        ],
    }


def _text(document: Mapping[str, Any]) -> str:
    failed = [one for one in document["findings"] if one["outcome"] == "failed"]
    kept = sum(one["ok"] for one in document["checks"])
    said = [section(one["name"], one["said"]) for one in failed]
    skipped = [one | {"outcome": one["said"]} for one in document["findings"] if one["outcome"] == "skipped"]
    tiers = "\n".join(f"{name}: {tier}" for name, tier in document["tiers"].items())
    parts = [
        section("left out", table(skipped, _FINDINGS) if skipped else ""),
        *said,
        f"\n{document['plugin']} {document['version']}: tier {document['tier']}",
        f"{kept} of {len(document['checks'])} checks kept\n{tiers}",
    ]
    return "\n".join(part for part in parts if part)
