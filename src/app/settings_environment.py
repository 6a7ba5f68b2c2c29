"""What the environment says in a configuration: `${NAME}` in its texts, and variables that outrank its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.settings_problems import Problem

type Path = tuple[str | int, ...]

# These say where this machine keeps things, so they outrank the file, which travels between machines.
OVERRIDES: Final[Mapping[str, tuple[str, str]]] = {
    "DATABASE_URL": ("database", "url"),
    "REDIS_URL": ("redis", "url"),
    "UNIFIED_CLOUD_LOCAL_PATH": ("results", "local_path"),
    "EXECUTION_STORE_GCS_BUCKET": ("gcs", "execution_bucket"),
    "UNIFIED_CLOUD_SERVICES_GCS_BUCKET": ("gcs", "market_data_bucket"),
    "UNIFIED_CLOUD_SERVICES_USE_DIRECT_GCS": ("gcs", "use_direct"),
    "GCS_FUSE_MOUNT_PATH": ("gcs", "mount_path"),
    "STORAGE_EMULATOR_HOST": ("gcs", "endpoint"),
}
# These complete a section, and make none.
SECTION_OVERRIDES: Final[Mapping[str, tuple[str, str, str]]] = {
    "IB_HOST": ("external_adapters", "INTERACTIVE_BROKERS", "host"),
    "IB_PORT": ("external_adapters", "INTERACTIVE_BROKERS", "port"),
}
_REFERENCE: Final = re.compile(
    r"\$(?P<escaped>\$)\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>[^}]*))?\}|(?P<wrong>\$\{)"
)


def override(tree: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return `tree` with the keys that set variables outrank; an empty variable counts as not set."""
    made = {key: dict(value) if isinstance(value, dict) else value for key, value in tree.items()}
    for name, (section, key) in OVERRIDES.items():
        if environ.get(name) and isinstance(made.setdefault(section, {}), dict):
            made[section][key] = _escaped(environ[name])
    for name, (section, part, key) in SECTION_OVERRIDES.items():
        outer = made.get(section)
        if environ.get(name) and isinstance(outer, dict) and isinstance(outer.get(part), dict):
            outer[part] = {**outer[part], key: _escaped(environ[name])}
    return made


def _escaped(text: str) -> str:
    return text.replace("${", "$${")


@dataclass(slots=True)
class Expanded:
    """A tree whose references are replaced; `missing` in order of appearance, each name once."""

    tree: Any = None
    missing: dict[str, None] = field(default_factory=dict)
    incomplete: set[Path] = field(default_factory=set)  # texts that still lack a variable
    referring: set[Path] = field(default_factory=set)  # texts that a variable is part of: never shown
    problems: list[Problem] = field(default_factory=list)


def expand(tree: Any, environ: Mapping[str, str]) -> Expanded:
    """Replace `${NAME}` and `${NAME:-default}` (used where NAME is unset or empty); `$${` writes `${` itself."""
    result = Expanded()
    result.tree = _walk(tree, (), environ, result)
    return result


def _walk(node: Any, path: Path, environ: Mapping[str, str], result: Expanded) -> Any:
    if isinstance(node, dict):
        return {key: _walk(value, (*path, key), environ, result) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(value, (*path, at), environ, result) for at, value in enumerate(node)]
    if not isinstance(node, str) or "${" not in node:
        return node

    def replace(found: re.Match[str]) -> str:
        if found["escaped"]:
            return "${"
        if found["wrong"]:
            result.problems.append(
                Problem(where=dotted(path), what="a reference is malformed", remedy="write ${NAME} or ${NAME:-default}")
            )
            return ""
        result.referring.add(path)
        name, default = found["name"], found["default"]
        value = environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            result.missing[name] = None
            result.incomplete.add(path)
            return ""
        return value

    return _REFERENCE.sub(replace, node)


def dotted(path: Path) -> str:
    """Write a key's path as people do: `trading_node.data_clients[0].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "(the whole file)"
