"""Where a plugin's own tests are: in the project that it was installed from, or in one that is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from ports.errors import InvalidInputError

SUITES: Final = "test_conformance*.py"


def project_of(name: str) -> Path | None:
    """Return the folder that a distribution was installed from, editable; None where it was installed otherwise."""
    try:
        origin = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    told = json.loads(origin) if origin else {}
    url = urlsplit(str(told.get("url", "")))
    return Path(unquote(url.path)) if url.scheme == "file" and told.get("dir_info", {}).get("editable") else None


def suites_in(project: Path) -> Sequence[Path]:
    """Return the files of a project that inherit the suites.

    Raises:
        InvalidInputError: there are none.
    """
    found = sorted(path for path in (project / "tests").rglob(SUITES) if "__pycache__" not in path.parts)
    if not found:
        raise InvalidInputError(
            "project", str(project), f"has no tests/{SUITES}; inherit a suite of plugins.conformance"
        )
    return found
