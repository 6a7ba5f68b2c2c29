"""Which tier each version of a plugin has earned, kept in one small file beside the journal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

NOT_EXAMINED: Final = "not examined"
_FILE: Final = "plugin-tiers.json"


def note_tier(state_dir: Path, plugin: str, version: str, tier: str) -> None:
    """Note what a version of a plugin has earned, in the place of what was noted before."""
    known = _read(state_dir)
    known[plugin] = {"version": version, "tier": tier}
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = state_dir / f"{_FILE}.new"
    written.write_text(json.dumps(known, indent=4, sort_keys=True) + "\n", encoding="utf-8")
    written.replace(state_dir / _FILE)


def tier_noted(state_dir: Path, plugin: str, version: str) -> str:
    """Return what was noted of this very version."""
    noted = _read(state_dir).get(plugin, {})
    return noted.get("tier", NOT_EXAMINED) if noted.get("version") == version else NOT_EXAMINED


def _read(state_dir: Path) -> dict[str, dict[str, str]]:
    try:
        read = json.loads((state_dir / _FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # it can be made again by examining again
        return {}
    return read if isinstance(read, dict) else {}
